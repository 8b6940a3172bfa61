"""The journal's records as the ledger's entries, and what an unfinished request is charged."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aird.deploy.gateway.journal import Body
from aird.metering.models import Status
from aird.metering.service import Answer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_IDS = ("department_id", "token_id", "person_id")


def as_body(answer: Answer) -> Body:
    """An entry as the journal keeps it: JSON alone."""
    body: Body = dict(vars(answer))
    for name in _IDS:
        if body[name] is not None:
            body[name] = body[name].hex
    body["status"] = answer.status.value
    body["at"] = (answer.at - _EPOCH) // _MICROSECOND
    return body


def as_answer(body: Body) -> Answer:
    """The entry that `as_body` kept."""
    values: dict[str, Any] = dict(body)
    for name in _IDS:
        if values[name] is not None:
            values[name] = UUID(hex=values[name])
    values["status"] = Status(values["status"])
    values["at"] = _EPOCH + values["at"] * _MICROSECOND
    return Answer(**values)


def opened(answer: Answer) -> Body:
    """The record that a request begins; its tokens are those that it can use at most."""
    body = as_body(answer)
    body["t"] = "open"
    return body


def covered(request_id: str, prompt_tokens: int | None, completion_tokens: int) -> Body:
    """The record that so many tokens are charged, whatever happens next; None: the prompt's are not known yet."""
    return {"t": "block", "request_id": request_id, "prompt": prompt_tokens, "completion": completion_tokens}


def closed(opened: Body, came_to: Body) -> Body:
    """The record of what a request came to, by the record that it began with."""
    return {**opened, **came_to, "t": "close"}


def void(request_id: str) -> Body:
    """The record that a request came to nothing that anybody pays for."""
    return {"t": "void", "request_id": request_id}


def settle(records: Iterable[Body]) -> Iterator[Answer]:
    """The entries that a journal comes to: what was settled, and what was covered of each request that was not.

    A request of which no token was covered delivered nothing, and costs nothing.
    """
    open_requests: dict[str, Answer] = {}
    blocks: dict[str, Body] = {}
    for record in records:
        body = dict(record)
        kind = body.pop("t")
        if kind == "open":
            answer = as_answer(body)
            open_requests[answer.request_id] = answer
        elif kind == "block":
            blocks[body["request_id"]] = body
        else:
            open_requests.pop(body["request_id"], None)
            if kind == "close":
                yield as_answer(body)
    for request_id, answer in open_requests.items():
        block = blocks.get(request_id)
        if block is not None:
            yield replace(
                answer,
                prompt_tokens=answer.prompt_tokens if block["prompt"] is None else block["prompt"],
                completion_tokens=block["completion"],
                status=Status.UNKNOWN,
                estimated=True,
            )
