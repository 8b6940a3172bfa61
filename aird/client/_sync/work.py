# Written by scripts/make-client.py from aird/client/_async/work.py; change that one.
"""What makes versions: trainings and distillations, which give a job back; and the gates they have to pass."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aird.client._sync.jobs import Job
from aird.client._sync.transport import Transport
from aird.client.http import Json
from aird.client.schema_gen import (
    DistillationEstimate,
    GateRead,
    MatchList,
    TrainingEstimate,
)

Recipe = str | Mapping[str, Any]
"""The text of a YAML recipe, sent as it is, or the recipe as an object."""


def _recipe_body(recipe: Recipe) -> Json:
    return {"yaml": recipe} if isinstance(recipe, str) else {"recipe": dict(recipe)}


class Trainings:
    """Train a version from data (apiVersion aird/v1, kind Train)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, recipe: Recipe) -> Job:
        """Queue the training and give its job."""
        return Job(self._transport.post("/trainings", _recipe_body(recipe)), self._transport)

    def estimate(self, recipe: Recipe) -> TrainingEstimate:
        """What the training would take, without doing it; what would stop it stands in `findings`."""
        return TrainingEstimate(self._transport.post("/trainings/estimate", _recipe_body(recipe)))


class Distillations:
    """Have teachers train a student (apiVersion aird/v1, kind Distill)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, recipe: Recipe) -> Job:
        """Queue the distillation and give its job."""
        return Job(self._transport.post("/distillations", _recipe_body(recipe)), self._transport)

    def estimate(self, recipe: Recipe) -> DistillationEstimate:
        """What the distillation would take, without doing it; what would stop it stands in `findings`."""
        return DistillationEstimate(self._transport.post("/distillations/estimate", _recipe_body(recipe)))

    def matches(self, *, student: str | None = None, skill: str | None = None, limit: int | None = None) -> MatchList:
        """Which version should teach which skill to whom, the best first, each with its recipe or what stops it."""
        asked = {"student": student, "skill": skill, "limit": limit}
        return MatchList(self._transport.get("/mentoring/matches", asked))


class Gates:
    """What a version must reach before it may be approved."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> Iterator[GateRead]:
        """Every gate."""
        return self._transport.pages(GateRead, "/gates", limit=limit)

    def create(self, name: str, *, department: str, rules: Sequence[Mapping[str, Any]]) -> GateRead:
        """Add a gate of rules {suite, at_least, measure, reference}."""
        body = {"name": name, "department": department, "rules": [dict(each) for each in rules]}
        return GateRead(self._transport.post("/gates", body))
