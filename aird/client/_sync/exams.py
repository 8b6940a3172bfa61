# Written by scripts/make-client.py from aird/client/_async/exams.py; change that one.
"""Exams: suites, what versions score in them, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aird.client._sync.jobs import Job
from aird.client._sync.transport import Transport
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


class Evaluations:
    """Measure versions on suites."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        versions: Sequence[str],
        suites: Sequence[str] | None = None,
        split: str | None = None,
        *,
        engine: str | None = None,
        checks: Sequence[str] | None = None,
        anchors: int | None = None,
    ) -> Job:
        """Queue one evaluation of all these versions and give its job; no suites means every suite.

        `engine` "lm_eval" has lm-evaluation-harness hold the exam, `checks` look at reliability beside the score,
        `anchors` asks so many items that tell most instead of all.
        """
        for ref in versions:
            split_ref(ref)
        body: Json = {"versions": list(versions), "suites": None if suites is None else list(suites)}
        said = {"split": split, "engine": engine, "checks": checks and list(checks), "anchors": anchors}
        body |= {name: value for name, value in said.items() if value is not None}
        return Job(self._transport.post("/evaluations", body), self._transport)

    def list(
        self, *, version: str | None = None, suite: str | None = None, limit: int | None = None
    ) -> Iterator[RunRead]:
        """Past runs."""
        return self._transport.pages(RunRead, "/evaluations", {"version": version, "suite": suite}, limit=limit)

    def explain(self, run: str, *, against: str | None = None, change: str | None = None) -> RunExplained:
        """Why a run has its score: the items won and lost against the parent's run, or another one."""
        return RunExplained(self._transport.get(f"/evaluations/{run}", {"against": against, "change": change}))

    def compare(
        self,
        version: str,
        reference: str,
        suites: Sequence[str],
        *,
        question: str = "better",
        margin: float | None = None,
    ) -> Job:
        """Queue an examination beside a reference that stops as soon as the answer is clear.

        `question` is "better" or "noninferior".
        """
        body: Json = {"version": version, "reference": reference, "suites": list(suites), "question": question}
        if margin is not None:
            body["margin"] = margin
        return Job(self._transport.post("/comparisons", body), self._transport)

    def comparisons(self, *, version: str | None = None, limit: int | None = None) -> Iterator[ComparisonRead]:
        """Past comparisons."""
        return self._transport.pages(ComparisonRead, "/comparisons", {"version": version}, limit=limit)

    def skills(
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
        return GroupedSkills(self._transport.get("/skills/groups", said | {"all": every or None}))

    def evolution(self, model: str, *, limit: int | None = None) -> SkillsHistory:
        """How the model's skills went from version to version, with what each won and lost against the one before."""
        return SkillsHistory(self._transport.get(f"/models/{path_of(model)}/skills", {"limit": limit}))


class Suites:
    """What is asked in an evaluation: a data set's split and the scorer for it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> Iterator[SuiteRead]:
        """Every suite."""
        return self._transport.pages(SuiteRead, "/suites", limit=limit)

    def get(self, name: str) -> SuiteDetail:
        """One suite with its settings and, for those who may see them, its first items."""
        return SuiteDetail(self._transport.get(f"/suites/{path_of(name)}"))

    def create(
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
        return SuiteRead(self._transport.post("/suites", body | {k: v for k, v in said.items() if v}))

    def take(self, name: str, yaml: str, documents: str, *, shots: str | None = None, dry_run: bool = False) -> Json:
        """Make a suite of a task of lm-evaluation-harness: its YAML, and its documents as JSON lines."""
        body = {"name": name, "yaml": yaml, "documents": documents, "dry_run": dry_run} | (
            {"shots": shots} if shots else {}
        )
        found: Json = self._transport.post("/suites/import", body)
        return found
