"""What a plan would take before anything of it runs: what is there already, what is known, and what is not.

A stage that begins from what another makes is estimated as if it began from what that one begins from: an adapter
trained on has its parent's size. A merge of versions that are not made yet, and an exam, have no estimate and are
counted as unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.errors import AirdError
from aird.core.schemas import Finding
from aird.core.settings import Settings
from aird.jobs.needs import Estimate
from aird.planning import dag, recipe, works
from aird.planning.models import StageKind
from aird.planning.recipe import PlanDocument
from aird.planning.resolving import Resolved, Resolving
from aird.planning.schemas import PlanForecast, StageForecast
from aird.store.artifacts import Store
from aird.training import mentoring
from aird.training import recipe as training_recipe
from aird.training import service as training
from aird.training.recipe import DistillSpec, TrainSpec


def forecast(session: Session, store: Store, settings: Settings, actor: Actor, text: str) -> PlanForecast:
    """Every stage of the plan in this YAML; nothing is ordered or written. Raises as service.apply does."""
    document = recipe.parse(text)
    department = auth_queries.get_department(session, document.metadata.name.partition("/")[0])
    auth.require(actor, Permission.RUN_JOBS, department.id)
    resolved = Resolving(session, actor).stages(document)
    told = _Forecast(session, store, settings, actor, resolved, _origins(resolved, document))
    stages = [told.stage(name, document.spec.stages[name].kind) for name in resolved]
    known = [each for each in stages if each.estimate is not None]
    return PlanForecast(
        stages=stages,
        shared=sum(each.shared for each in stages),
        unknown=sum(each.estimate is None and not each.shared for each in stages),
        seconds=sum(each.estimate.seconds for each in known if each.estimate),
        micro=sum(each.estimate.micro for each in known if each.estimate),
        kwh=sum(each.estimate.kwh for each in known if each.estimate),
    )


def _origins(resolved: Mapping[str, Resolved], document: PlanDocument) -> dict[str, str]:
    """By stage, the version of the catalog that its own begins from."""
    found: dict[str, str] = {}
    for name, each in resolved.items():
        spec, kind = each.spec, document.spec.stages[name].kind
        begins = {
            StageKind.TRAIN: spec.get("base"),
            StageKind.MENTOR: spec.get("student"),
            StageKind.MERGE: next((part["model"] for part in spec.get("models") or [] if "model" in part), None),
        }.get(kind)
        if isinstance(begins, str) and dag.named_in(begins) <= found.keys():
            found[name] = dag.filled(begins.partition("+")[0], lambda need: found[need])
    return found


@dataclass
class _Forecast:
    """What the estimates of one plan are made from."""

    session: Session
    store: Store
    settings: Settings
    actor: Actor
    resolved: Mapping[str, Resolved]
    origins: Mapping[str, str]

    def stage(self, name: str, kind: StageKind) -> StageForecast:
        """One stage; what stands against it is a finding."""
        found = self.resolved[name]
        if works.find(self.session, self.actor, found.key) is not None:
            return StageForecast(name=name, kind=kind, shared=True, estimate=None, findings=[])
        try:
            estimate, findings = self._told(kind, found.spec)
        except AirdError as error:
            estimate, findings = None, [Finding(level="stop", code=error.code, message=error.message)]
        return StageForecast(name=name, kind=kind, shared=False, estimate=estimate, findings=findings)

    def _told(self, kind: StageKind, spec: Mapping[str, Any]) -> tuple[Estimate | None, list[Finding]]:
        if kind not in (StageKind.TRAIN, StageKind.MENTOR) or not dag.named_in(spec) <= self.origins.keys():
            return None, []
        content = dag.filled(spec, lambda need: self.origins[need])
        if kind is StageKind.TRAIN:
            asked = cast(TrainSpec, training_recipe.check(content, "Train"))
            told = training.estimate_training(self.session, self.actor, asked, store=self.store, settings=self.settings)
            return told.estimate, told.findings
        lesson = cast(DistillSpec, training_recipe.check(content, "Distill"))
        taught = mentoring.estimate(self.session, self.actor, lesson, store=self.store, settings=self.settings)
        return taught.estimate, taught.findings
