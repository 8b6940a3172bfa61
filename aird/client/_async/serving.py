"""Endpoints that answer questions, and what their use costs."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

from aird.client._async.transport import AsyncTransport
from aird.client.http import API, Json
from aird.client.refs import path_of
from aird.client.schema_gen import (
    Bill,
    BudgetRead,
    CaptureRead,
    DatasetVersionRead,
    EndpointDetail,
    EndpointRead,
    EngineRead,
    EvidenceTable,
    ExchangeRead,
    FeedbackFiled,
    FeedbackItemRead,
    FitsRead,
    JobsUsage,
    RolloutDetail,
    RolloutRead,
    RouteRead,
    UnitCosts,
)


class AsyncEndpoints:
    """Places in a department where an approved version answers."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, department: str | None = None, limit: int | None = None) -> AsyncIterator[EndpointRead]:
        """Every endpoint with what was deployed there and what answers now."""
        return self._transport.pages(EndpointRead, "/endpoints", {"department": department}, limit=limit)

    async def get(self, name: str) -> EndpointDetail:
        """One endpoint with its history and replicas."""
        return EndpointDetail(await self._transport.get(f"/endpoints/{path_of(name)}"))

    async def fits(self, version: str) -> FitsRead:
        """Where a version can run, the best place first, and why it cannot elsewhere."""
        return FitsRead(await self._transport.get("/fits", {"version": version}))

    async def evidence(self) -> EvidenceTable:
        """What was verified on which kinds of chips."""
        return EvidenceTable(await self._transport.get("/evidence"))

    async def try_runtime(
        self, base: str, *, runtime: str, adapter: str | None = None, chip: str | None = None
    ) -> dict[str, Any]:
        """Order a run of the conformance suite; the job."""
        body = {"base": base, "adapter": adapter, "runtime": runtime, "chip": chip}
        found: dict[str, Any] = await self._transport.post("/evidence/runs", body)
        return found

    async def create(self, name: str, *, title: str) -> EndpointRead:
        """Open an endpoint; nothing runs there yet."""
        path_of(name)
        return EndpointRead(await self._transport.post("/endpoints", {"name": name, "title": title}))

    async def deploy(
        self, name: str, *, approval: str | None = None, version: str | None = None, digest: str | None = None
    ) -> EndpointDetail:
        """Put an approved version to work: the one of an `approval` (its id), or a `version` by its ref.

        What answered before goes on until the new one is ready, and is kept for a rollback.
        """
        body: Json = {"version": version, "digest": digest, "approval": approval}
        if version is None:
            signed = await self._transport.get(f"/approvals/{approval}")
            body |= {"version": signed["version"], "digest": digest or signed["digest"]}
        return EndpointDetail(await self._transport.post(f"/endpoints/{path_of(name)}/deploy", body))

    async def rollback(self, name: str, *, reason: str) -> EndpointDetail:
        """Put the previous version back."""
        return EndpointDetail(await self._transport.post(f"/endpoints/{path_of(name)}/rollback", {"reason": reason}))

    async def stop(self, name: str, *, reason: str) -> EndpointDetail:
        """Stop answering."""
        return EndpointDetail(await self._transport.post(f"/endpoints/{path_of(name)}/stop", {"reason": reason}))

    def engines(self) -> AsyncIterator[EngineRead]:
        """Every engine with what it holds, what it was expected to take and what it took, in bytes."""
        return self._transport.pages(EngineRead, "/engines")

    async def configure(self, name: str, **wanted: object) -> EndpointDetail:
        """Choose what it runs on: `runtime`, `replicas`, `chip`; None is the house's default, left out stays.

        What answers now does so until the new engines hold its version.
        """
        return EndpointDetail(await self._transport.call("PATCH", f"/endpoints/{path_of(name)}/capacity", json=wanted))

    async def capture(self, name: str) -> CaptureRead:
        """What it keeps of what is said on it."""
        return CaptureRead(await self._transport.get(f"/endpoints/{path_of(name)}/capture"))

    async def set_capture(self, name: str, days: int | None, *, agreed: str = "", erase: bool = False) -> CaptureRead:
        """Keep exchanges for so many days, or with None no longer; `agreed` says how those who ask were told.

        `erase` takes away at once what is kept.
        """
        body: Json = {"days": days, "agreed": agreed, "erase": erase}
        return CaptureRead(await self._transport.call("PUT", f"/endpoints/{path_of(name)}/capture", json=body))

    def exchanges(self, name: str, *, limit: int | None = None) -> AsyncIterator[ExchangeRead]:
        """What is kept of it, without personal data, newest first."""
        return self._transport.pages(ExchangeRead, f"/endpoints/{path_of(name)}/exchanges", {}, limit=limit)

    async def route(self, name: str) -> RouteRead:
        """Where the callers go now: each version with its share in thousandths."""
        return RouteRead(await self._transport.get(f"/endpoints/{path_of(name)}/route"))

    def rollouts(self, name: str, *, limit: int | None = None) -> AsyncIterator[RolloutRead]:
        """Versions that were tried there beside what answered, newest first."""
        return self._transport.pages(RolloutRead, f"/endpoints/{path_of(name)}/rollouts", {}, limit=limit)

    async def rollout(self, name: str, number: int) -> RolloutDetail:
        """One trial with its live health and what that means."""
        return RolloutDetail(await self._transport.get(f"/endpoints/{path_of(name)}/rollouts/{number}"))

    async def try_version(
        self, name: str, *, approval: str | None = None, version: str | None = None, **how: object
    ) -> RolloutDetail:
        """Try an approved version beside what answers there; `how` are the other fields of RolloutStart.

        A canary answers callers by `steps` (thousandths); `kind="shadow"` with `share` and `agreed` answers copies,
        which people compare, the endpoint `judge`, or an exam's scorer: `scoring={"scorer": "f1"}`.
        """
        body: Json = {"approval": approval, "version": version, **how}
        return RolloutDetail(await self._transport.post(f"/endpoints/{path_of(name)}/rollouts", body))

    async def advance(self, name: str, number: int, *, weight: int | None = None, reason: str = "") -> RolloutDetail:
        """Take a trial to its next step, or to a share in thousandths."""
        body: Json = {"weight": weight, "reason": reason}
        return RolloutDetail(await self._transport.post(f"/endpoints/{path_of(name)}/rollouts/{number}/advance", body))

    async def promote(self, name: str, number: int, *, reason: str) -> RolloutDetail:
        """Make what is tried what the endpoint serves."""
        path = f"/endpoints/{path_of(name)}/rollouts/{number}/promote"
        return RolloutDetail(await self._transport.post(path, {"reason": reason}))

    async def take_back(self, name: str, number: int, *, reason: str) -> RolloutDetail:
        """Give all callers back to what answered before the trial."""
        path = f"/endpoints/{path_of(name)}/rollouts/{number}/rollback"
        return RolloutDetail(await self._transport.post(path, {"reason": reason}))


class AsyncFeedback:
    """What people say of an endpoint's answers."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def give(
        self,
        completion_id: str,
        *,
        rating: int,
        comment: str | None = None,
        correction: str | None = None,
        messages: Sequence[Json] | None = None,
        answer: str | None = None,
    ) -> FeedbackFiled:
        """Rate a completion 1 or -1; question and answer are filed only when they are given."""
        more = {"comment": comment, "correction": correction, "messages": messages, "answer": answer}
        body: Json = {"completion_id": completion_id, "rating": rating}
        body |= {key: value for key, value in more.items() if value is not None}
        return FeedbackFiled(await self._transport.post("/feedback", body))

    def list(self, dataset: str, *, limit: int | None = None) -> AsyncIterator[FeedbackItemRead]:
        """The feedback in a data set, oldest first."""
        return self._transport.pages(FeedbackItemRead, f"/datasets/{path_of(dataset)}/items", limit=limit)

    async def freeze(self, dataset: str, *, captured: bool = False) -> DatasetVersionRead:
        """Make the feedback so far a version that jobs can train on, with `captured` also the kept exchanges."""
        path, params = f"/datasets/{path_of(dataset)}/snapshot", {"captured": captured or None}
        return DatasetVersionRead(await self._transport.call("POST", path, json={}, params=params))


class AsyncUsage:
    """Tokens and compute, from the ledger; sums are the server's."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, *, department: str | None = None, month: str | None = None) -> Bill:
        """One month ("2026-11", default this one) by department, endpoint and key; costs in micro-units."""
        return Bill(await self._transport.get("/usage", {"department": department, "month": month}))

    async def jobs(self, *, department: str | None = None, month: str | None = None) -> JobsUsage:
        """The time that jobs held chips in a month, in milliseconds by job and department."""
        return JobsUsage(await self._transport.get("/usage/jobs", {"department": department, "month": month}))

    async def units(self, *, department: str | None = None, month: str | None = None) -> UnitCosts:
        """What a million tokens of each version cost by the chips that kept it ready, idle time apart."""
        return UnitCosts(await self._transport.get("/usage/units", {"department": department, "month": month}))

    async def export(self, *, department: str | None = None, month: str | None = None, form: str = "csv") -> str:
        """The bill as text: `csv`, or `focus` for tools that read clouds' bills."""
        params = {"department": department, "month": month, "format": form}
        return (await self._transport.request("GET", f"{API}/usage/export", params=params)).text

    async def budgets(self, *, department: str | None = None) -> list[BudgetRead]:
        """How the budgets stand this month, the widest first."""
        found = await self._transport.get("/usage/budgets", {"department": department})
        return [BudgetRead(each) for each in found["items"]]

    async def set_budget(
        self, kind: str, subject: str, limit_micro: int, *, alert_percent: int = 80, on_spent: str = "reject"
    ) -> BudgetRead:
        """Bound what a `department`, an `endpoint` or a `key` may cost in a month, in micro-units."""
        body = {"limit_micro": limit_micro, "alert_percent": alert_percent, "on_spent": on_spent}
        return BudgetRead(await self._transport.call("PUT", f"/budgets/{kind}/{quote(subject, safe='/')}", json=body))

    async def remove_budget(self, kind: str, subject: str) -> None:
        """Take a bound away."""
        await self._transport.call("DELETE", f"/budgets/{kind}/{quote(subject, safe='/')}")
