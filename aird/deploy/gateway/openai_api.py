"""The OpenAI chat protocol as far as it is offered: read a request strictly, build answers and errors. Pure.

Every field is offered, or accepted at the one value that changes nothing, or refused by name: none is
silently ignored (https://platform.openai.com/docs/api-reference/chat).
"""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from aird.core.errors import AirdError, BadInput

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
MAX_MESSAGES, MAX_STOPS = 2048, 4
INT64 = 2**63

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "store": (False,),
    "logit_bias": ({},),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "modalities": (["text"],),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
}
"""Fields that are not offered, with the values that ask for nothing."""

OFFERED = frozenset(
    {"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature"}
    | {"top_p", "seed", "stop", "user"}  # `user` is a note for the provider and changes no answer
)


class FieldRefused(BadInput):
    """A field of the request cannot be used"""

    def __init__(self, param: str | None, message: str) -> None:
        super().__init__(message, param=param)


@dataclass(frozen=True)
class ChatRequest:
    """What is asked of an endpoint."""

    model: str
    messages: list[dict[str, str]]
    stream: bool
    include_usage: bool
    max_tokens: int
    temperature: float
    top_p: float
    seed: int | None
    stop: list[str]


def parse(raw: bytes, *, default_max_tokens: int) -> ChatRequest:
    """Read a chat request. Raises FieldRefused."""
    given = {name: value for name, value in _object(raw).items() if value is not None}
    for name, value in given.items():
        if name in OFFERED or any(_same(value, neutral) for neutral in NEUTRAL.get(name, ())):
            continue
        if name in NEUTRAL:
            raise FieldRefused(name, f"`{name}` is not offered at this value. Leave it out.")
        raise FieldRefused(name, f"`{name[:64]}` is not offered. Leave it out.")
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise FieldRefused("model", "`model` must name an endpoint, for example `support/assistant`.")
    stream = _flag(given, "stream")
    return ChatRequest(
        model=model,
        messages=_messages(given.get("messages")),
        stream=stream,
        include_usage=_include_usage(given.get("stream_options"), stream),
        max_tokens=_max_tokens(given) or default_max_tokens,
        temperature=_number(given, "temperature", 0.0, 2.0),
        top_p=_number(given, "top_p", 0.0, 1.0),
        seed=_whole(given, "seed", -INT64, INT64 - 1),
        stop=_stop(given.get("stop")),
    )


def _object(raw: bytes) -> dict[str, Any]:
    def refuse(name: str) -> NoReturn:
        raise FieldRefused(None, f"The body contains {name}, which is not JSON.")

    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError as error:
        raise FieldRefused(None, f"The body is not UTF-8 text (byte {error.start}).") from None
    except RecursionError:
        raise FieldRefused(None, "The body nests too deeply.") from None
    except json.JSONDecodeError as error:
        raise FieldRefused(None, f"The body is not JSON (line {error.lineno}: {error.msg}).") from None
    except ValueError:
        raise FieldRefused(None, "The body contains a number with thousands of digits.") from None
    if not isinstance(body, dict):
        raise FieldRefused(None, "The body must be a JSON object.")
    return body


def _same(value: Any, neutral: Any) -> bool:
    return bool(value == neutral) and isinstance(value, bool) == isinstance(neutral, bool)


def _messages(given: Any) -> list[dict[str, str]]:
    if not isinstance(given, list) or not given:
        raise FieldRefused("messages", "`messages` must be a list with at least one message.")
    if len(given) > MAX_MESSAGES:
        raise FieldRefused("messages", f"`messages` has {len(given)} entries; at most {MAX_MESSAGES} are taken.")
    return [_message(each, f"messages[{i}]") for i, each in enumerate(given)]


def _message(given: Any, where: str) -> dict[str, str]:
    if not isinstance(given, dict):
        raise FieldRefused(where, f"`{where}` must be an object with `role` and `content`.")
    for name, value in given.items():
        if name not in ("role", "content") and value is not None:
            raise FieldRefused(f"{where}.{name[:64]}", f"`{where}.{name[:64]}` is not offered. Leave it out.")
    role = given.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise FieldRefused(f"{where}.role", f"`{where}.role` must be one of {', '.join(ROLES)}.")
    return {"role": ROLES[role], "content": _content(given.get("content"), f"{where}.content")}


def _content(given: Any, where: str) -> str:
    if isinstance(given, list):
        return "".join(_part(each, f"{where}[{i}]") for i, each in enumerate(given))
    return _text(given, where)


def _part(given: Any, where: str) -> str:
    if not isinstance(given, dict) or given.get("type") != "text" or given.keys() != {"type", "text"}:
        raise FieldRefused(where, f'`{where}` must be {{"type": "text", "text": ...}}; only text is offered.')
    return _text(given["text"], f"{where}.text")


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str):
        raise FieldRefused(where, f"`{where}` must be text.")
    try:
        given.encode("utf-8")
    except UnicodeEncodeError:
        raise FieldRefused(where, f"`{where}` contains half a character (a lone surrogate).") from None
    return given


def _flag(given: dict[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise FieldRefused(name, f"`{name}` must be true or false.")
    return value


def _include_usage(given: Any, stream: bool) -> bool:
    if given is None:
        return False
    if not stream or not isinstance(given, dict):
        raise FieldRefused("stream_options", "`stream_options` must be an object, and goes with `stream: true`.")
    for name, value in given.items():
        if name != "include_usage" and not (name == "include_obfuscation" and value is False):
            raise FieldRefused(f"stream_options.{name[:64]}", f"`stream_options.{name[:64]}` is not offered.")
    return _flag(given, "include_usage")


def _max_tokens(given: dict[str, Any]) -> int | None:
    old, new = (_whole(given, name, 1, INT64 - 1) for name in ("max_tokens", "max_completion_tokens"))
    if old is not None and new is not None and old != new:
        raise FieldRefused("max_tokens", "`max_tokens` and `max_completion_tokens` differ. Send one of them.")
    return old if new is None else new


def _number(given: dict[str, Any], name: str, low: float, high: float) -> float:
    value = given.get(name, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FieldRefused(name, f"`{name}` must be a number from {low:g} to {high:g}.")
    return float(value)


def _whole(given: dict[str, Any], name: str, low: int, high: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise FieldRefused(name, f"`{name}` must be a whole number, at least {low}.")
    return value


def _stop(given: Any) -> list[str]:
    if given is None:
        return []
    stops = [given] if isinstance(given, str) else given
    if not isinstance(stops, list) or len(stops) > MAX_STOPS or "" in stops:
        raise FieldRefused("stop", f"`stop` must be a text or a list of at most {MAX_STOPS} texts, none empty.")
    return [_text(each, "stop") for each in stops]


@dataclass(frozen=True)
class Usage:
    """Tokens of one answer."""

    prompt_tokens: int
    completion_tokens: int

    def to_json(self) -> dict[str, int]:
        """As the protocol shows it."""
        total = self.prompt_tokens + self.completion_tokens
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": total,
        }


@dataclass(frozen=True)
class Completion:
    """One answer in the protocol's shapes."""

    id: str
    created: int
    model: str

    def whole(self, text: str, finish_reason: str, usage: Usage) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage.to_json()}

    def chunk(
        self, delta: dict[str, str], finish_reason: str | None = None, *, usage_follows: bool = False
    ) -> dict[str, Any]:
        """One piece of a stream; `usage_follows` says that the client asked for the usage at the end."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return {**chunk, "usage": None} if usage_follows else chunk

    def usage_chunk(self, usage: Usage) -> dict[str, Any]:
        """The last piece of a stream whose client asked for the usage."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage.to_json()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
CODES = {"prompt_too_long": "context_length_exceeded", "token_not_valid": "invalid_api_key"}


def envelope(error: AirdError) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    body = {
        "message": error.message,
        "type": kind,
        "param": error.params.get("param"),
        "code": CODES.get(error.code, error.code),
    }
    return {"error": body}


def encode(value: dict[str, Any]) -> bytes:
    """Compact JSON; half a surrogate pair, which an error may quote from the request, leaves as an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def event(value: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + encode(value) + b"\n\n"
