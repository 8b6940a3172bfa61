"""Endpoints that answer questions, and what their use costs."""

from collections.abc import Iterator, Sequence

from aird.client.refs import path_of
from aird.client.transport import Json, Transport


class Endpoints:
    """Places in a department where an approved version answers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, department: str | None = None, limit: int | None = None) -> Iterator[Json]:
        """Every endpoint with what was deployed there and what answers now."""
        return self._transport.pages("/endpoints", {"department": department}, limit=limit)

    def get(self, name: str) -> Json:
        """One endpoint with its history and replicas."""
        found: Json = self._transport.get(f"/endpoints/{path_of(name)}")
        return found

    def create(self, name: str, *, title: str) -> Json:
        """Open an endpoint; nothing runs there yet."""
        path_of(name)
        found: Json = self._transport.post("/endpoints", {"name": name, "title": title})
        return found

    def deploy(
        self, name: str, *, approval: str | None = None, version: str | None = None, digest: str | None = None
    ) -> Json:
        """Put an approved version to work: the one of an `approval` (its id), or a `version` by its ref.

        What answered before goes on until the new one is ready, and is kept for a rollback.
        """
        body: Json = {"version": version, "digest": digest, "approval": approval}
        if version is None:
            signed = self._transport.get(f"/approvals/{approval}")
            body |= {"version": signed["version"], "digest": digest or signed["digest"]}
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/deploy", body)
        return found

    def rollback(self, name: str, *, reason: str) -> Json:
        """Put the previous version back."""
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/rollback", {"reason": reason})
        return found

    def stop(self, name: str, *, reason: str) -> Json:
        """Stop answering."""
        found: Json = self._transport.post(f"/endpoints/{path_of(name)}/stop", {"reason": reason})
        return found


class Feedback:
    """What people say of an endpoint's answers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def give(
        self,
        completion_id: str,
        *,
        rating: int,
        comment: str | None = None,
        correction: str | None = None,
        messages: Sequence[Json] | None = None,
        answer: str | None = None,
    ) -> Json:
        """Rate a completion 1 or -1; question and answer are filed only when they are given."""
        more = {"comment": comment, "correction": correction, "messages": messages, "answer": answer}
        body: Json = {"completion_id": completion_id, "rating": rating}
        body |= {key: value for key, value in more.items() if value is not None}
        found: Json = self._transport.post("/feedback", body)
        return found

    def list(self, dataset: str, *, limit: int | None = None) -> Iterator[Json]:
        """The feedback in a data set, oldest first."""
        return self._transport.pages(f"/datasets/{path_of(dataset)}/items", limit=limit)

    def freeze(self, dataset: str) -> Json:
        """Make the feedback so far a version that jobs can train on."""
        found: Json = self._transport.post(f"/datasets/{path_of(dataset)}/snapshot")
        return found


class Usage:
    """Tokens and compute, from the ledger; sums are the server's."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, *, department: str | None = None, month: str | None = None) -> Json:
        """One month ("2026-11", default this one) by department, endpoint and key; costs in micro-units."""
        found: Json = self._transport.get("/usage", {"department": department, "month": month})
        return found

    def jobs(self, *, department: str | None = None, month: str | None = None) -> Json:
        """The time that jobs held chips in a month, in milliseconds by job and department."""
        found: Json = self._transport.get("/usage/jobs", {"department": department, "month": month})
        return found
