"""What makes and measures versions: trainings, distillations, evaluations; each gives a job back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aird.client._async.jobs import AsyncJob
from aird.client._async.transport import AsyncTransport
from aird.client.http import Json
from aird.client.refs import split_ref
from aird.client.schema_gen import GateRead, RunRead, SuiteRead

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


class AsyncDistillations:
    """Have teachers train a student (apiVersion aird/v1, kind Distill)."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(self, recipe: Recipe) -> AsyncJob:
        """Queue the distillation and give its job."""
        return AsyncJob(await self._transport.post("/distillations", _recipe_body(recipe)), self._transport)


class AsyncEvaluations:
    """Measure versions on suites."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        versions: Sequence[str],
        suites: Sequence[str] | None = None,
        split: str | None = None,
    ) -> AsyncJob:
        """Queue one evaluation of all these versions and give its job; no suites means every suite."""
        for ref in versions:
            split_ref(ref)
        body: Json = {"versions": list(versions), "suites": None if suites is None else list(suites)}
        if split is not None:
            body["split"] = split
        return AsyncJob(await self._transport.post("/evaluations", body), self._transport)

    def list(self, *, version: str | None = None, limit: int | None = None) -> AsyncIterator[RunRead]:
        """Past runs."""
        return self._transport.pages(RunRead, "/evaluations", {"version": version}, limit=limit)


class AsyncSuites:
    """What is asked in an evaluation: a data set's split and the scorer for it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> AsyncIterator[SuiteRead]:
        """Every suite."""
        return self._transport.pages(SuiteRead, "/suites", limit=limit)

    async def create(self, name: str, *, dataset: str, split: str, scorer: str, title: str) -> SuiteRead:
        """Add a suite; the scorer is "choice" or "exact"."""
        body = {"name": name, "title": title, "dataset": dataset, "split": split, "scorer": scorer}
        return SuiteRead(await self._transport.post("/suites", body))


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
