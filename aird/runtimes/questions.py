"""What is asked of a serving process, read strictly from OpenAI's bodies as vLLM takes them. Pure.

A field is taken or refused by name; `null` means that it was left out. The gateway has read the body before us, but an
engine that listens on a network trusts nobody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from aird.runtimes.base import Message, Sampling
from aird.runtimes.errors import QuestionUnusable

ROLES = ("system", "user", "assistant")
MAX_STOPS, MAX_CHOICES, MAX_PROMPTS, MAX_TOP, MAX_INPUTS = 4, 16, 16, 20, 2048
COMPLETION_TOKENS = 16
"""What /v1/completions makes when `max_tokens` is left out, by the protocol."""
INT64 = 2**63

SHARED = frozenset({"model", "max_tokens", "temperature", "top_p", "seed", "stop", "n", "stream", "stream_options"})
CHAT = SHARED | {"messages", "max_completion_tokens", "logprobs", "top_logprobs"}
COMPLETION = SHARED | {"prompt", "logprobs"}
EMBEDDING = frozenset({"model", "input", "encoding_format"})

Asked = Sequence[Message] | str | Sequence[int]


@dataclass(frozen=True)
class Question:
    """One request for answers; `asked` has a chat, or the prompts of a completion."""

    unit: str
    asked: tuple[Asked, ...]
    sampling: Sampling
    n: int = 1
    stream: bool = False
    include_usage: bool = False
    continuous_usage: bool = False


@dataclass(frozen=True)
class Embedding:
    """One request for vectors."""

    unit: str
    inputs: tuple[Asked, ...]
    base64: bool


def chat(raw: bytes) -> Question:
    """Read the body of /v1/chat/completions. Raises QuestionUnusable."""
    given = _fields(raw, CHAT)
    top = _whole(given, "top_logprobs", 0, MAX_TOP)
    logprobs = _flag(given, "logprobs")
    if top is not None and not logprobs:
        refuse("top_logprobs", "`top_logprobs` goes with `logprobs: true`.")
    old, new = (_whole(given, name, 1, INT64 - 1) for name in ("max_tokens", "max_completion_tokens"))
    if old is not None and new is not None and old != new:
        refuse("max_tokens", "`max_tokens` and `max_completion_tokens` differ. Send one of them.")
    limit = old if new is None else new
    return _question(given, (_messages(given.get("messages")),), limit, (top or 0) if logprobs else None)


def completion(raw: bytes) -> Question:
    """Read the body of /v1/completions. Raises QuestionUnusable."""
    given = _fields(raw, COMPLETION)
    limit = _whole(given, "max_tokens", 1, INT64 - 1) or COMPLETION_TOKENS
    prompts = _texts(given, "prompt", MAX_PROMPTS)
    return _question(given, prompts, limit, _whole(given, "logprobs", 0, MAX_TOP))


def embedding(raw: bytes) -> Embedding:
    """Read the body of /v1/embeddings. Raises QuestionUnusable."""
    given = _fields(raw, EMBEDDING)
    form = given.get("encoding_format", "float")
    if form not in ("float", "base64"):
        refuse("encoding_format", '`encoding_format` must be "float" or "base64".')
    return Embedding(_unit(given), _texts(given, "input", MAX_INPUTS), form == "base64")


def text_field(raw: bytes, *names: str) -> tuple[str, ...]:
    """The texts of a body that has exactly these fields. Raises QuestionUnusable."""
    given = _fields(raw, frozenset(names))
    for name in names:
        if not isinstance(given.get(name), str) or not given[name]:
            refuse(name, f"`{name}` must be a text.")
    return tuple(given[name] for name in names)


def _question(given: Mapping[str, Any], asked: tuple[Asked, ...], limit: int | None, logprobs: int | None) -> Question:
    stream = _flag(given, "stream")
    usage, continuous = _stream_options(given.get("stream_options"), stream)
    n = _whole(given, "n", 1, MAX_CHOICES) or 1
    if n * len(asked) > MAX_CHOICES:
        refuse("n", f"`n` answers to each of {len(asked)} prompts are more than {MAX_CHOICES} at once.")
    sampling = Sampling(
        max_tokens=limit,
        temperature=_number(given, "temperature", 0.0, 2.0),
        top_p=_number(given, "top_p", 0.0, 1.0),
        seed=_whole(given, "seed", -INT64, INT64 - 1),
        stop=_stop(given.get("stop")),
        logprobs=logprobs,
    )
    return Question(_unit(given), asked, sampling, n, stream, usage, continuous)


def refuse(param: str | None, message: str) -> NoReturn:
    """Say which field is wrong, and how."""
    raise QuestionUnusable(message, param=param)


def _fields(raw: bytes, offered: frozenset[str]) -> dict[str, Any]:
    def not_json(name: str) -> NoReturn:
        refuse(None, f"The body contains {name}, which is not JSON.")

    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=not_json)
    except RecursionError:
        refuse(None, "The body nests too deeply.")
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
        refuse(None, f"The body is not JSON: {error}"[:200])
    if not isinstance(body, dict):
        refuse(None, "The body must be a JSON object.")
    given = {name: value for name, value in body.items() if value is not None}
    for name in given.keys() - offered:
        refuse(name[:64], f"`{name[:64]}` is not offered by this engine. Leave it out.")
    return given


def _unit(given: Mapping[str, Any]) -> str:
    unit = given.get("model")
    if not isinstance(unit, str) or not unit:
        refuse("model", "`model` must name a unit, for example `sha256:…`.")
    return unit


def _messages(given: Any) -> list[Message]:
    if not isinstance(given, list) or not given:
        refuse("messages", "`messages` must be a list with at least one message.")
    return [_message(each, f"messages[{i}]") for i, each in enumerate(given)]


def _message(given: Any, where: str) -> Message:
    if not isinstance(given, dict) or not given.keys() <= {"role", "content", "name"}:
        refuse(where, f"`{where}` must be an object with `role`, `content`, perhaps `name`, and nothing else.")
    if given.get("role") not in ROLES:
        refuse(f"{where}.role", f"`{where}.role` must be one of {', '.join(ROLES)}.")
    content = given.get("content")
    if isinstance(content, list):
        if not all(isinstance(each, dict) and each.get("type") == "text" for each in content):
            refuse(f"{where}.content", f"`{where}.content` may have parts of type text only.")
        content = "".join(_text(each.get("text"), f"{where}.content") for each in content)
    said = {"role": given["role"], "content": _text(content, f"{where}.content")}
    return said if given.get("name") is None else {**said, "name": _text(given["name"], f"{where}.name")}


def _texts(given: Mapping[str, Any], name: str, most: int) -> tuple[Asked, ...]:
    """One text, one list of token ids, or a list of either."""
    value = given.get(name)
    if isinstance(value, str) or _are_ids(value):
        value = [value]
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        refuse(name, f"`{name}` must be a text, a list of token ids, or a list of at most {most} of them.")
    return tuple(each if _are_ids(each) else _text(each, name) for each in value)


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is int and 0 <= each < 2**31 for each in value)


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str):
        refuse(where, f"`{where}` must be text.")
    try:
        given.encode("utf-8")
    except UnicodeEncodeError:
        refuse(where, f"`{where}` contains half a character (a lone surrogate).")
    return given


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        refuse(name, f"`{name}` must be true or false.")
    return value


def _stream_options(given: Any, stream: bool) -> tuple[bool, bool]:
    if given is None:
        return False, False
    if not stream or not isinstance(given, dict):
        refuse("stream_options", "`stream_options` must be an object, and goes with `stream: true`.")
    for name in given.keys() - {"include_usage", "continuous_usage_stats"}:
        refuse(f"stream_options.{name[:64]}", f"`stream_options.{name[:64]}` is not offered by this engine.")
    usage = _flag(given, "include_usage")
    return usage, usage and _flag(given, "continuous_usage_stats")


def _number(given: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = given.get(name, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        refuse(name, f"`{name}` must be a number from {low:g} to {high:g}.")
    return float(value)


def _whole(given: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        refuse(name, f"`{name}` must be a whole number from {low} to {high}.")
    return value


def _stop(given: Any) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given or []
    if not isinstance(stops, list) or len(stops) > MAX_STOPS or "" in stops:
        refuse("stop", f"`stop` must be a text or a list of at most {MAX_STOPS} texts, none empty.")
    return tuple(_text(each, "stop") for each in stops)
