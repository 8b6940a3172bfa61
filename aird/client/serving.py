"""Endpoints that answer questions, and what their use costs."""

from collections.abc import Iterator

from aird.client.refs import path_of
from aird.client.transport import Json, Transport


class Endpoints:
    """Places in a department where an approved version answers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None) -> Iterator[Json]:
        """Every endpoint with what runs there."""
        return self._transport.pages("/endpoints", limit=limit)

    def get(self, name: str) -> Json:
        """One endpoint with its history and replicas."""
        found: Json = self._transport.get(f"/endpoints/{path_of(name)}")
        return found

    def create(self, name: str, *, title: str) -> Json:
        """Open an endpoint; nothing runs there yet."""
        path_of(name)
        found: Json = self._transport.post("/endpoints", {"name": name, "title": title})
        return found

    def deploy(self, name: str, *, approval: str) -> Json:
        """Put the approved version to work, after what ran before is kept for a rollback."""
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/deploy", {"approval": approval})
        return found

    def rollback(self, name: str, *, reason: str) -> Json:
        """Put the previous version back."""
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/rollback", {"reason": reason})
        return found

    def stop(self, name: str, *, reason: str) -> Json:
        """Stop answering."""
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/stop", {"reason": reason})
        return found


class Usage:
    """Tokens and compute, from the ledger; sums are the server's."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, *, department: str | None = None, month: str | None = None) -> Json:
        """One month ("2026-11", default this one) by department, endpoint and key; costs in micro-units."""
        found: Json = self._transport.get("/usage", {"department": department, "month": month})
        return found

    def jobs(self) -> Json:
        """Compute seconds by department and job."""
        found: Json = self._transport.get("/usage/jobs")
        return found
