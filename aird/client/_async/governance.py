"""What is signed, and the log of it."""

import json
from collections.abc import AsyncIterator, Sequence

from aird.client._async.transport import AsyncTransport
from aird.client.http import API, Json
from aird.client.schema_gen import (
    ApprovalEventRead,
    ApprovalRead,
    AuditRead,
    DifferenceShown,
    VerdictRead,
)


class AsyncApprovals:
    """Signatures under exact bytes: an approval names the digest of the version it is about."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        state: str | None = None,
        endpoint: str | None = None,
        alias: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[ApprovalRead]:
        """Approvals asked for, the newest first."""
        params = {"state": state, "endpoint": endpoint, "alias": alias}
        return self._transport.pages(ApprovalRead, "/approvals", params, limit=limit)

    async def get(self, approval: str) -> ApprovalRead:
        """One approval with its gates and what still stands in its way."""
        return ApprovalRead(await self._transport.get(f"/approvals/{approval}"))

    async def differences(self, approval: str) -> Sequence[DifferenceShown]:
        """Where the version's template and tokenizer are not its base's, with their diffs."""
        return [DifferenceShown(each) for each in await self._transport.get(f"/approvals/{approval}/differences")]

    async def create(
        self,
        *,
        version: str,
        endpoint: str | None = None,
        alias: str | None = None,
        title: str,
        need: str,
        request: int | None = None,
    ) -> ApprovalRead:
        """Ask for a version on an endpoint, or under an alias of its model; one of the two is named.

        It answers an open request; without the number of one, one is filed.
        """
        body: Json = {"version": version, "title": title, "need": need, "request": request}
        body |= {name: value for name, value in (("endpoint", endpoint), ("alias", alias)) if value is not None}
        return ApprovalRead(await self._transport.post("/approvals", body))

    async def conversation(self, approval: str) -> Sequence[ApprovalEventRead]:
        """What was said, and every step that was taken, the first first."""
        return [ApprovalEventRead(each) for each in await self._transport.get(f"/approvals/{approval}/conversation")]

    async def comment(self, approval: str, text: str) -> ApprovalEventRead:
        """Say something about it."""
        return ApprovalEventRead(await self._transport.post(f"/approvals/{approval}/conversation", {"text": text}))

    async def request_changes(self, approval: str, *, reason: str) -> ApprovalRead:
        """Have the askers put something right first."""
        return ApprovalRead(await self._transport.post(f"/approvals/{approval}/request-changes", {"reason": reason}))

    async def renew(self, approval: str, *, text: str, version: int | None = None) -> ApprovalRead:
        """Ask again with the evidence as it is now, for the same version or another one of its model."""
        body: Json = {"text": text, "version": version}
        return ApprovalRead(await self._transport.post(f"/approvals/{approval}/renew", body))

    async def approve(
        self,
        approval: str,
        *,
        reason: str,
        digest: str,
        seal: str | None = None,
        accept_differences: Sequence[str] = (),
    ) -> ApprovalRead:
        """Sign; `digest` is the one that was looked at, a conflict when the approval is about another.

        `seal` is that of the approval that was read: it covers gates and exam report as well. `accept_differences`
        names everything of the version that is not its base's.
        """
        body: Json = {"reason": reason, "digest": digest}
        if seal is not None:
            body["seal"] = seal
        if accept_differences:
            body["accept_differences"] = list(accept_differences)
        return ApprovalRead(await self._transport.post(f"/approvals/{approval}/approve", body))

    async def reject(self, approval: str, *, reason: str) -> ApprovalRead:
        """Refuse to sign."""
        return ApprovalRead(await self._transport.post(f"/approvals/{approval}/reject", {"reason": reason}))


class AsyncAudit:
    """The append-only log of who did what, and why."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        event: str | None = None,
        actor: str | None = None,
        subject: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[AuditRead]:
        """Entries, the newest first."""
        params = {"event": event, "actor": actor, "subject": subject}
        return self._transport.pages(AuditRead, "/audit", params, limit=limit, size=200, cursor="before")

    async def verify(self) -> VerdictRead:
        """Have the server walk the chain: {sound, entries, head, anchors, fault}."""
        return VerdictRead(await self._transport.post("/audit/verify"))

    async def export(self) -> AsyncIterator[AuditRead]:
        """Every entry in order, streamed."""
        async with self._transport.stream("GET", f"{API}/audit/export") as response:
            rest = b""
            async for chunk in response.aiter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    if line.strip():
                        yield AuditRead(json.loads(line))
            if rest.strip():
                yield AuditRead(json.loads(rest))
