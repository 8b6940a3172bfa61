"""Errors in OpenAI's envelope, and what a runtime's own refusals become. Pure."""

import json
from typing import Any

from aird.core.errors import AirdError, BadInput, NotFound, TooManyRequests
from aird.deploy.errors import EndpointNotReady, RuntimeFailed

TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
CODES = {
    "prompt_too_long": "context_length_exceeded",
    "token_not_valid": "invalid_api_key",
    "budget_spent": "insufficient_quota",
}
TOO_LONG = ("maximum context length", "maximum model length", "longer than the model")
"""How runtimes without a code of their own word a question that is too long."""
RETRY_AFTER_SECONDS = 2


class FieldRefused(BadInput):
    """A field of the request cannot be used"""

    def __init__(self, param: str | None, message: str) -> None:
        super().__init__(message, param=param)


class QuestionRefused(BadInput):
    """The runtime cannot take this question"""


class MethodNotAllowed(BadInput):
    """This address takes another method"""

    status = 405


class UnknownAddress(NotFound):
    """There is nothing at this address"""


def code_of(error: AirdError) -> str:
    """The error's code as OpenAI's clients know it."""
    code = str(error.params.get("cause") or error.code)
    return CODES.get(code, code)


def envelope(error: AirdError) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    if code_of(error) == "insufficient_quota":
        kind = "insufficient_quota"
    body = {
        "message": error.message,
        "type": kind,
        "param": error.params.get("param"),
        "code": code_of(error),
    }
    return {"error": body}


def headers_of(error: AirdError) -> dict[str, str]:
    """What a client goes by, its own retries above all."""
    if code_of(error) == "insufficient_quota" or error.status == 501:
        return {"x-should-retry": "false"}
    if error.status in (429, 503):
        said = error.params.get("retry_after")
        if isinstance(said, str) and said.isascii() and said.isdigit():
            return {"retry-after": said}
        return {"retry-after": str(RETRY_AFTER_SECONDS)}
    if error.status == 405:
        return {"allow": str(error.params.get("allow", ""))}
    return {"www-authenticate": "Bearer"} if error.status == 401 else {}


def from_runtime(status: int, raw: bytes, *, retry_after: str | None = None) -> AirdError:
    """What a runtime's refusal becomes for the client."""
    message, code, param = _said(raw)
    if status in (400, 413, 422):
        if any(each in message for each in TOO_LONG):
            code = "context_length_exceeded"
        return QuestionRefused(message, param=param or "messages", cause=code or "question_refused")
    if status == 429:
        return TooManyRequests(message, retry_after=retry_after)
    if status == 404:
        return EndpointNotReady("The model's process does not have this version loaded yet. Try again in a moment.")
    return EndpointNotReady(message, cause=code or "runtime_failed", retry_after=retry_after)


def failed_midway(said: Any) -> RuntimeFailed:
    """What an error event in a runtime's stream becomes."""
    said = said if isinstance(said, dict) else {}
    message = str(said.get("message") or "The model's process failed in the middle of the answer.")
    return RuntimeFailed(message, cause=str(said.get("code") or "runtime_failed"))


def _said(raw: bytes) -> tuple[str, str, str | None]:
    """(message, code, param) of an error envelope, or of the older form that has no `error` around it."""
    try:
        body = json.loads(raw)
        said = body.get("error", body)
        code = str(said.get("code") or "")
        return str(said["message"]), "" if code.isdigit() else code, said.get("param")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "The model's process failed; its log says why.", "runtime_failed", None
