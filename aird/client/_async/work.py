"""What makes versions: trainings and distillations, which give a job back; and the gates they have to pass."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aird.client._async.jobs import AsyncJob
from aird.client._async.transport import AsyncTransport
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


class AsyncTrainings:
    """Train a version from data (apiVersion aird/v1, kind Train)."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(self, recipe: Recipe) -> AsyncJob:
        """Queue the training and give its job."""
        return AsyncJob(await self._transport.post("/trainings", _recipe_body(recipe)), self._transport)

    async def estimate(self, recipe: Recipe) -> TrainingEstimate:
        """What the training would take, without doing it; what would stop it stands in `findings`."""
        return TrainingEstimate(await self._transport.post("/trainings/estimate", _recipe_body(recipe)))


class AsyncDistillations:
    """Have teachers train a student (apiVersion aird/v1, kind Distill)."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(self, recipe: Recipe) -> AsyncJob:
        """Queue the distillation and give its job."""
        return AsyncJob(await self._transport.post("/distillations", _recipe_body(recipe)), self._transport)

    async def estimate(self, recipe: Recipe) -> DistillationEstimate:
        """What the distillation would take, without doing it; what would stop it stands in `findings`."""
        return DistillationEstimate(await self._transport.post("/distillations/estimate", _recipe_body(recipe)))

    async def matches(
        self, *, student: str | None = None, skill: str | None = None, limit: int | None = None
    ) -> MatchList:
        """Which version should teach which skill to whom, the best first, each with its recipe or what stops it."""
        asked = {"student": student, "skill": skill, "limit": limit}
        return MatchList(await self._transport.get("/mentoring/matches", asked))


class AsyncGates:
    """What a version must reach before it may be approved."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> AsyncIterator[GateRead]:
        """Every gate."""
        return self._transport.pages(GateRead, "/gates", limit=limit)

    async def create(self, name: str, *, department: str, rules: Sequence[Mapping[str, Any]]) -> GateRead:
        """Add a gate of rules {suite, at_least, measure, reference}."""
        body = {"name": name, "department": department, "rules": [dict(each) for each in rules]}
        return GateRead(await self._transport.post("/gates", body))
