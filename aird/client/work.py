"""What makes and measures versions: trainings, merges, distillations, evaluations; each gives a job back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aird.client.refs import split_ref
from aird.client.transport import Json, Transport

Recipe = str | Mapping[str, Any]
"""The text of a YAML recipe, sent as it is, or the recipe as an object."""


def _recipe_body(recipe: Recipe) -> Json:
    return {"yaml": recipe} if isinstance(recipe, str) else {"recipe": dict(recipe)}


class Trainings:
    """Train a version from data (apiVersion aird/v1, kind Train)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, recipe: Recipe) -> Json:
        """Queue the training and give its job."""
        job: Json = self._transport.post("/trainings", _recipe_body(recipe))
        return job


class Distillations:
    """Have teachers train a student (apiVersion aird/v1, kind Distill)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, recipe: Recipe) -> Json:
        """Queue the distillation and give its job."""
        job: Json = self._transport.post("/distillations", _recipe_body(recipe))
        return job


class Merges:
    """Merge versions by a recipe in mergekit's YAML."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def plan(self, yaml: str, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> Json:
        """What the merge would do (MergePlan), without doing it."""
        plan: Json = self._transport.post("/merges/plan", self._body(yaml, model, search))
        return plan

    def start(self, yaml: str, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> Json:
        """Queue the merge and give its job; `model` ("department/name") is where the child is filed."""
        job: Json = self._transport.post("/merges", self._body(yaml, model, search))
        return job

    def _body(self, yaml: str, model: str | None, search: Mapping[str, Any] | None) -> Json:
        body: Json = {"yaml": yaml}
        if model is not None:
            body["model"] = model
        if search is not None:
            body["search"] = dict(search)
        return body


class Evaluations:
    """Measure versions on suites."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        versions: Sequence[str],
        suites: Sequence[str] | None = None,
        split: str | None = None,
    ) -> Json:
        """Queue one evaluation of all these versions and give its job; no suites means every suite."""
        for ref in versions:
            split_ref(ref)
        body: Json = {"versions": list(versions), "suites": None if suites is None else list(suites)}
        if split is not None:
            body["split"] = split
        job: Json = self._transport.post("/evaluations", body)
        return job

    def list(self, *, version: str | None = None, limit: int | None = None) -> Iterator[Json]:
        """Past runs."""
        return self._transport.pages("/evaluations", {"version": version}, limit=limit)


class Suites:
    """What is asked in an evaluation: a data set's split and the scorer for it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> Iterator[Json]:
        """Every suite."""
        return self._transport.pages("/suites", limit=limit)

    def create(self, name: str, *, dataset: str, split: str, scorer: str, title: str) -> Json:
        """Add a suite; the scorer is "choice" or "exact"."""
        body = {"name": name, "title": title, "dataset": dataset, "split": split, "scorer": scorer}
        suite: Json = self._transport.post("/suites", body)
        return suite


class Gates:
    """What a version must reach before it may be approved."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> Iterator[Json]:
        """Every gate."""
        return self._transport.pages("/gates", limit=limit)

    def create(self, name: str, *, department: str, rules: Sequence[Mapping[str, Any]]) -> Json:
        """Add a gate of rules {suite, at_least, measure, reference}."""
        body = {"name": name, "department": department, "rules": [dict(each) for each in rules]}
        gate: Json = self._transport.post("/gates", body)
        return gate
