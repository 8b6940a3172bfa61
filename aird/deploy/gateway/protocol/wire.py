"""Bytes and JSON: read a body strictly, write compact answers and server-sent events. Pure."""

import json
from typing import Any

import orjson

from aird.deploy.gateway.protocol.errors import FieldRefused

DONE = b"data: [DONE]\n\n"
"""The last event of a stream."""


def read(raw: bytes) -> dict[str, Any]:
    """The JSON object of a request; fields that are null count as left out. Raises FieldRefused."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise FieldRefused(None, f"The body is not JSON ({error}).") from None
    if not isinstance(body, dict):
        raise FieldRefused(None, "The body must be a JSON object.")
    return {name: value for name, value in body.items() if value is not None}


def encode(value: Any) -> bytes:
    """Compact JSON; half a surrogate pair, which an error may quote from the request, leaves as an escape."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def order(body: dict[str, Any]) -> bytes:
    """A request to a runtime. Raises FieldRefused for what nests deeper than any runtime reads."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise FieldRefused(None, f"The body cannot be passed on ({error}).") from None


def event(value: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + encode(value) + b"\n\n"


def named_event(value: dict[str, Any]) -> bytes:
    """One server-sent event that carries its type as its name, too."""
    return b"event: " + str(value["type"]).encode() + b"\n" + event(value)
