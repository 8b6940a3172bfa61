"""Exams: suites, what versions score in them, and why."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aird.client._async.jobs import AsyncJob
from aird.client._async.transport import AsyncTransport
from aird.client.http import Json
from aird.client.refs import path_of, split_ref
from aird.client.schema_gen import (
    ComparisonRead,
    GroupedSkills,
    RunExplained,
    RunRead,
    SkillsHistory,
    SuiteDetail,
    SuiteRead,
)


class AsyncEvaluations:
    """Measure versions on suites."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        versions: Sequence[str],
        suites: Sequence[str] | None = None,
        split: str | None = None,
        *,
        engine: str | None = None,
        checks: Sequence[str] | None = None,
        anchors: int | None = None,
    ) -> AsyncJob:
        """Queue one evaluation of all these versions and give its job; no suites means every suite.

        `engine` "lm_eval" has lm-evaluation-harness hold the exam, `checks` look at reliability beside the score,
        `anchors` asks so many items that tell most instead of all.
        """
        for ref in versions:
            split_ref(ref)
        body: Json = {"versions": list(versions), "suites": None if suites is None else list(suites)}
        said = {"split": split, "engine": engine, "checks": checks and list(checks), "anchors": anchors}
        body |= {name: value for name, value in said.items() if value is not None}
        return AsyncJob(await self._transport.post("/evaluations", body), self._transport)

    def list(
        self, *, version: str | None = None, suite: str | None = None, limit: int | None = None
    ) -> AsyncIterator[RunRead]:
        """Past runs."""
        return self._transport.pages(RunRead, "/evaluations", {"version": version, "suite": suite}, limit=limit)

    async def explain(self, run: str, *, against: str | None = None, change: str | None = None) -> RunExplained:
        """Why a run has its score: the items won and lost against the parent's run, or another one."""
        return RunExplained(await self._transport.get(f"/evaluations/{run}", {"against": against, "change": change}))

    async def compare(
        self,
        version: str,
        reference: str,
        suites: Sequence[str],
        *,
        question: str = "better",
        margin: float | None = None,
    ) -> AsyncJob:
        """Queue an examination beside a reference that stops as soon as the answer is clear.

        `question` is "better" or "noninferior".
        """
        body: Json = {"version": version, "reference": reference, "suites": list(suites), "question": question}
        if margin is not None:
            body["margin"] = margin
        return AsyncJob(await self._transport.post("/comparisons", body), self._transport)

    def comparisons(self, *, version: str | None = None, limit: int | None = None) -> AsyncIterator[ComparisonRead]:
        """Past comparisons."""
        return self._transport.pages(ComparisonRead, "/comparisons", {"version": version}, limit=limit)

    async def skills(
        self,
        *,
        by: str = "skill",
        slot: str | None = None,
        department: str | None = None,
        every: bool = False,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> GroupedSkills:
        """Measured versions against skills, or `by` "slot": {groups, rows: [{ref, kind, state, cells}], next}.

        The newest measured version of each model, or with `every` all of them.
        """
        said = {"by": by, "slot": slot, "department": department, "cursor": cursor, "limit": limit}
        return GroupedSkills(await self._transport.get("/skills/groups", said | {"all": every or None}))

    async def evolution(self, model: str, *, limit: int | None = None) -> SkillsHistory:
        """How the model's skills went from version to version, with what each won and lost against the one before."""
        return SkillsHistory(await self._transport.get(f"/models/{path_of(model)}/skills", {"limit": limit}))


class AsyncSuites:
    """What is asked in an evaluation: a data set's split and the scorer for it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> AsyncIterator[SuiteRead]:
        """Every suite."""
        return self._transport.pages(SuiteRead, "/suites", limit=limit)

    async def get(self, name: str) -> SuiteDetail:
        """One suite with its settings and, for those who may see them, its first items."""
        return SuiteDetail(await self._transport.get(f"/suites/{path_of(name)}"))

    async def create(
        self,
        name: str,
        *,
        dataset: str,
        split: str,
        scorer: str,
        title: str,
        skill: str | None = None,
        slot: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> SuiteRead:
        """Add a suite; the scorer is "choice", "exact", "f1", "regex", "json", "perplexity" or "judge"."""
        body = {"name": name, "title": title, "dataset": dataset, "split": split, "scorer": scorer}
        said = {"skill": skill, "slot": slot, "settings": dict(settings) if settings else None}
        return SuiteRead(await self._transport.post("/suites", body | {k: v for k, v in said.items() if v}))

    async def take(
        self, name: str, yaml: str, documents: str, *, shots: str | None = None, dry_run: bool = False
    ) -> Json:
        """Make a suite of a task of lm-evaluation-harness: its YAML, and its documents as JSON lines."""
        body = {"name": name, "yaml": yaml, "documents": documents, "dry_run": dry_run} | (
            {"shots": shots} if shots else {}
        )
        found: Json = await self._transport.post("/suites/import", body)
        return found
