"""What a plan names, looked up: outside versions pinned to their numbers, data sets and exams found, stage keys made.

A plan is held against the catalog when it is applied, with the rights of who applies it; each stage's order checks all
of it again with the rights of who advances the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.errors import AirdError
from aird.datasets import queries as dataset_queries
from aird.datasets import service as datasets
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.models import Suite
from aird.planning import dag, keys, recipe
from aird.planning.errors import PlanRefused
from aird.planning.models import StageKind
from aird.planning.recipe import PlanDocument, StageSpec
from aird.training import recipe as training_recipe
from aird.training.recipe import DistillSpec, TrainSpec

VERSIONS = frozenset({"base", "tokenizer_from", "student", "version", "versions", "model", "base_model", "reference"})
DATASETS = frozenset({"dataset", "datasets"})
SUITES = frozenset({"suite", "suites"})
"""Under which keys of the four kinds of recipes a text is a name of the catalog."""


@dataclass(frozen=True)
class Resolved:
    """One stage with its outside names pinned, and its key."""

    spec: dict[str, Any]
    key: str
    rules: dict[str, Any]


@dataclass
class Resolving:
    """The names of one plan, each looked up once."""

    session: Session
    actor: Actor
    versions: dict[str, Version] = field(default_factory=dict)
    datasets: dict[str, tuple[str, str]] = field(default_factory=dict)
    suites: dict[str, str] = field(default_factory=dict)

    def stages(self, document: PlanDocument) -> dict[str, Resolved]:
        """Every stage, in order. Raises PlanRefused, and what the catalog raises for what is not there or not
        allowed, each with the stage's name before its message."""
        found: dict[str, Resolved] = {}
        plan = document.spec
        for suite in plan.exams:
            self._suite(suite)
        for name in dag.in_order(plan.graph):
            try:
                found[name] = self._stage(document, plan.stages[name], {each: found[each].key for each in found})
            except PlanRefused:
                raise
            except AirdError as error:
                error.message = f"spec.stages.{name}: {error.message}"
                raise
        return found

    def _stage(self, document: PlanDocument, stage: StageSpec, made: Mapping[str, str]) -> Resolved:
        content = dict(stage.content)
        if stage.kind is StageKind.EXAM:
            content.setdefault("suites", document.spec.exams)
        target = recipe.checked(stage.kind, dag.filled(content, lambda name: recipe.STAND_IN.format(name)))
        if target is not None:
            self._may_file_in(target)
        self._may_learn(stage.kind, content)
        spec = keys.mapped(content, (), self._pinned)
        rules = {
            "gate": [keys.mapped(rule, (), self._pinned) for rule in stage.gate],
            "forgetting": (stage.forgetting or document.spec.forgetting).model_dump(mode="json"),
            "teaches": stage.teaches,
        }
        return Resolved(spec, keys.stage_key(stage.kind, self._content(stage.kind, spec, made)), rules)

    def _may_file_in(self, target: str) -> None:
        """A stage that could not file its child in hours is refused now."""
        department = auth_queries.get_department(self.session, target.partition("/")[0])
        model = catalog_queries.find_model(self.session, target)
        owner = model.department_id if model is not None else department.id
        for right in (Permission.WRITE_MODELS, Permission.RUN_JOBS):
            auth.require(self.actor, right, owner)

    def _may_learn(self, kind: StageKind, content: dict[str, Any]) -> None:
        """Data that nobody may learn from, such as what an exam asks, is refused now and not in hours."""
        content = dag.filled(content, lambda name: recipe.STAND_IN.format(name))
        if kind is StageKind.TRAIN:
            asked = cast(TrainSpec, training_recipe.check(content, "Train"))
            for ref in asked.datasets:
                datasets.usable(self.session, self.actor, ref, asked.split)
        elif kind is StageKind.MENTOR:
            for each in cast(DistillSpec, training_recipe.check(content, "Distill")).teachers:
                datasets.usable(self.session, self.actor, each.dataset, each.split)

    def _content(self, kind: StageKind, spec: dict[str, Any], made: Mapping[str, str]) -> dict[str, Any]:
        """What the key covers: every name by its digest, nothing that is only a label."""
        bare = dict(spec)
        if kind is StageKind.MERGE:
            bare["aird"] = keys.without_labels(bare["aird"])
        elif kind is not StageKind.EXAM:
            bare = keys.without_labels(bare)
        content: dict[str, Any] = keys.mapped(bare, (), lambda text, place: self._digest(text, place, made))
        if kind is StageKind.EXAM:
            content["suites"] = sorted(content["suites"])
        return content

    def _digest(self, text: str, place: tuple[str, ...], made: Mapping[str, str]) -> str:
        if place[-1] in DATASETS and text in self.datasets:
            return self.datasets[text][1]
        if place[-1] in SUITES and text in self.suites:
            return self.suites[text]
        if place[-1] not in VERSIONS:
            return text
        parts = [
            self.versions[part].artifact if part in self.versions else dag.filled(part, lambda name: made[name])
            for part in text.split("+")
        ]
        return "+".join(parts)

    def _pinned(self, text: str, place: tuple[str, ...]) -> str:
        """A name of the catalog with its number; any other text as it is."""
        if place[-1] in DATASETS:
            return self._dataset(text)
        if place[-1] in SUITES:
            return self._suite(text)
        if place[-1] == "path":
            raise PlanRefused(
                "A plan names versions in one word: write 'department/model@3' instead of a path and a revision.",
                reason="bad_reference",
                key=".".join(place),
            )
        if place[-1] not in VERSIONS or place[-2:] == ("aird", "model") or place == ("model",):
            return text
        return "+".join(part if dag.named_in(part) else self._version(part) for part in text.split("+"))

    def _version(self, ref: str) -> str:
        version = access.get_ref(self.session, self.actor, ref.strip().removeprefix("aird://"))
        access.require_weights(self.session, self.actor, version.model)
        self.versions[version.ref] = version
        return version.ref

    def _dataset(self, ref: str) -> str:
        found = dataset_queries.get_ref(self.session, ref)
        auth.require(self.actor, Permission.READ_DATASETS, found.dataset.department_id)
        self.datasets[found.ref] = (found.ref, found.artifact)
        return found.ref

    def _suite(self, name: str) -> str:
        suite = evaluation_queries.get_suite(self.session, name)
        self.suites[name] = suite_digest(suite)
        return name


def suite_digest(suite: Suite) -> str:
    """Exactly this exam: items, scorer, settings; and the split, which an evaluation may replace."""
    return f"{suite.digest}:{suite.split}"


def exam_key(made: str, suites: Sequence[Suite]) -> str:
    """The key of sitting these exams with what the stage `made` (its key); an exam stage of that one version has the
    same, so that the two share their work."""
    content = {"versions": [made], "suites": sorted(suite_digest(each) for each in suites)}
    return keys.stage_key(StageKind.EXAM, content)
