"""What is asked for, what is signed, and the log of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aird.client.transport import API, Json, Transport


class Requests:
    """What departments ask for, in words."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, state: str | None = None, limit: int | None = None
    ) -> Iterator[Json]:
        """Requests, the newest first."""
        return self._transport.pages("/requests", {"department": department, "state": state}, limit=limit)

    def get(self, number: int) -> Json:
        """The request with this number."""
        found: Json = self._transport.get(f"/requests/{number}")
        return found

    def create(
        self,
        *,
        department: str,
        title: str,
        need: str,
        examples: Sequence[Mapping[str, Any]] | None = None,
        users: int | None = None,
        deadline: str | None = None,
    ) -> Json:
        """File a request; examples are {question, answer}, the deadline is an ISO date."""
        more = {
            "examples": examples and [dict(each) for each in examples],
            "users": users,
            "deadline": deadline,
        }
        body: Json = {"department": department, "title": title, "need": need}
        found: Json = self._transport.post("/requests", body | {k: v for k, v in more.items() if v is not None})
        return found

    def withdraw(self, number: int, *, reason: str) -> Json:
        """Take a request back."""
        found: Json = self._transport.post(f"/requests/{number}/withdraw", {"reason": reason})
        return found


class Approvals:
    """Signatures under exact bytes: an approval names the digest of the version it is about."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, state: str | None = None, endpoint: str | None = None, limit: int | None = None
    ) -> Iterator[Json]:
        """Approvals asked for, the newest first."""
        return self._transport.pages("/approvals", {"state": state, "endpoint": endpoint}, limit=limit)

    def get(self, approval: str) -> Json:
        """One approval with its gates and what still stands in its way."""
        found: Json = self._transport.get(f"/approvals/{approval}")
        return found

    def create(self, *, version: str, endpoint: str, title: str, need: str, request: int | None = None) -> Json:
        """Ask for a version on an endpoint, in answer to an open request; without its number one is filed."""
        body = {"version": version, "endpoint": endpoint, "title": title, "need": need, "request": request}
        found: Json = self._transport.post("/approvals", body)
        return found

    def approve(self, approval: str, *, reason: str, digest: str) -> Json:
        """Sign; `digest` is the one that was looked at, a conflict when the approval is about another."""
        found: Json = self._transport.post(f"/approvals/{approval}/approve", {"reason": reason, "digest": digest})
        return found

    def reject(self, approval: str, *, reason: str) -> Json:
        """Refuse to sign."""
        found: Json = self._transport.post(f"/approvals/{approval}/reject", {"reason": reason})
        return found


class Audit:
    """The append-only log of who did what, and why."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        event: str | None = None,
        actor: str | None = None,
        subject: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Json]:
        """Entries, the newest first."""
        params = {"event": event, "actor": actor, "subject": subject, "limit": 200}
        before, given = None, 0
        while limit is None or given < limit:
            page = self._transport.get("/audit", {**params, "before": before})
            for entry in page["items"][: None if limit is None else limit - given]:
                yield entry
                given += 1
            before = page.get("next")
            if not before:
                return

    def verify(self) -> Json:
        """Have the server walk the chain: {sound, entries, head, anchors, fault}."""
        found: Json = self._transport.post("/audit/verify")
        return found

    def export(self) -> Iterator[Json]:
        """Every entry in order, streamed."""
        with self._transport.stream("GET", f"{API}/audit/export") as response:
            rest = b""
            for chunk in response.iter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in whole if line.strip())
            if rest.strip():
                yield json.loads(rest)
