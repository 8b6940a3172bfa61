"""The allow-list: every field of a request is offered, neutral, ours, or refused by name. Pure.

offered   taken and passed on
neutral   not offered, but accepted at a value that asks for nothing (`frequency_penalty: 0`)
needed    offered where the runtime can do it (`tools`): the request then needs that of its route
owned     the gateway's own business (`cache_salt`, `lora_path`): taken out, and named in `x-aird-ignored`
else      refused, with the name of the field: none is silently ignored
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aird.deploy.gateway.protocol.errors import FieldRefused

MAX_STOPS, MAX_CHOICES, MAX_TOP_LOGPROBS = 4, 16, 20
INT64 = 2**63

OWNED = frozenset(
    {"priority", "cache_salt", "request_id", "session_id", "kv_transfer_params", "vllm_xargs", "chat_template"}
    | {"chat_template_kwargs", "lora", "lora_path", "lora_name", "lora_request", "adapter_id", "add_generation_prompt"}
    | {"continue_final_message", "add_special_tokens", "mm_processor_kwargs", "return_token_ids", "prompt_logprobs"}
)
"""Fields with which a client could reach into a runtime, past its route."""

NOTES = frozenset({"user", "safety_identifier", "prompt_cache_key"})
"""Notes that change no answer; the first that is given names the session, which stays with one version."""


@dataclass(frozen=True)
class AllowList:
    """The fields of one kind of request."""

    offered: frozenset[str]
    neutral: Mapping[str, tuple[Any, ...]]
    needed: Mapping[str, str]  # field -> what the runtime must offer

    def sort(self, given: Mapping[str, Any]) -> "Sorted":
        """Sort a request's fields. Raises FieldRefused."""
        taken, needs, ignored = dict[str, Any](), dict[str, str](), list[str]()
        for name, value in given.items():
            if name in self.offered or name in NOTES:
                taken[name] = value
            elif any(same(value, each) for each in self.neutral.get(name, ())):
                continue
            elif name in self.needed:
                taken[name] = value
                need = self.needed[name]
                if name == need or need not in needs:  # `tools` is named before what goes with it
                    needs[need] = name
            elif name in OWNED:
                ignored.append(name)
            elif name in self.neutral:
                raise FieldRefused(name, f"`{name}` is not offered at this value. Leave it out.")
            else:
                raise FieldRefused(name, f"`{name[:64]}` is not offered. Leave it out.")
        return Sorted(taken, needs, tuple(ignored))


@dataclass(frozen=True)
class Sorted:
    """The fields that count, what they need of the runtime, and those that were taken out."""

    taken: dict[str, Any]
    needs: dict[str, str]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Stream:
    """Whether an answer comes in pieces, and whether the client wants to see the usage at the end."""

    on: bool
    include_usage: bool


SAMPLING_NEEDS = {
    "frequency_penalty": "penalties",
    "presence_penalty": "penalties",
    "logit_bias": "logit_bias",
    "top_k": "more_sampling",
    "min_p": "more_sampling",
    "repetition_penalty": "more_sampling",
}
"""Fields of sampling that not every runtime can do."""

SAMPLING_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "top_k": (0, -1),
    "min_p": (0,),
    "repetition_penalty": (1,),
}


def same(value: Any, neutral: Any) -> bool:
    """Equal, and not merely because 0 == False."""
    return bool(value == neutral) and isinstance(value, bool) == isinstance(neutral, bool)


def model(given: Mapping[str, Any]) -> str:
    """The endpoint's name."""
    value = given.get("model")
    if not isinstance(value, str) or not value:
        raise FieldRefused("model", "`model` must name an endpoint, for example `support/assistant`.")
    return value


def session(given: Mapping[str, Any]) -> str:
    """The client's name for whom it asks, or empty. Raises FieldRefused."""
    found = ""
    for name in ("user", "safety_identifier", "prompt_cache_key"):
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > 512:
            raise FieldRefused(name, f"`{name}` must be a text of at most 512 characters.")
        found = found or value
    return found


def stream(given: Mapping[str, Any]) -> Stream:
    """`stream` and `stream_options`."""
    on, options = flag(given, "stream"), given.get("stream_options")
    if options is None:
        return Stream(on, False)
    if not on or not isinstance(options, dict):
        raise FieldRefused("stream_options", "`stream_options` must be an object, and goes with `stream: true`.")
    for name, value in options.items():
        neutral = name in ("include_obfuscation", "continuous_usage_stats") and value is False
        if name != "include_usage" and not neutral and value is not None:
            raise FieldRefused(f"stream_options.{name[:64]}", f"`stream_options.{name[:64]}` is not offered.")
    return Stream(on, flag(options, "include_usage"))


def sampling(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of sampling that are given, checked."""
    found: dict[str, Any] = {
        # Said even when they were left out: an engine's own defaults must not decide how a version answers.
        "temperature": number(given, "temperature", 0.0, 2.0, default=1.0),
        "top_p": number(given, "top_p", 0.0, 1.0, default=1.0),
        "seed": whole(given, "seed", -INT64, INT64 - 1),
        "frequency_penalty": number(given, "frequency_penalty", -2.0, 2.0),
        "presence_penalty": number(given, "presence_penalty", -2.0, 2.0),
        "top_k": whole(given, "top_k", -1, INT64 - 1),
        "min_p": number(given, "min_p", 0.0, 1.0),
        "repetition_penalty": number(given, "repetition_penalty", 0.01, 10.0),
        "logit_bias": _bias(given.get("logit_bias")),
        "stop": stops(given.get("stop")) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def choices(given: Mapping[str, Any]) -> int:
    """`n`."""
    return whole(given, "n", 1, MAX_CHOICES) or 1


def flag(given: Mapping[str, Any], name: str) -> bool:
    """A field that is true or false."""
    value = given.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise FieldRefused(name, f"`{name}` must be true or false.")
    return value


def number(
    given: Mapping[str, Any], name: str, low: float, high: float, *, default: float | None = None
) -> float | None:
    """A number within bounds."""
    value = given.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FieldRefused(name, f"`{name}` must be a number from {low:g} to {high:g}.")
    return float(value)


def whole(given: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    """A whole number within bounds."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        most = f", at most {high}" if high < INT64 - 1 else ""
        raise FieldRefused(name, f"`{name}` must be a whole number, at least {low}{most}.")
    return value


def stops(given: Any) -> list[str]:
    """`stop`."""
    if given is None:
        return []
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or len(found) > MAX_STOPS or "" in found:
        raise FieldRefused("stop", f"`stop` must be a text or a list of at most {MAX_STOPS} texts, none empty.")
    return [text(each, "stop") for each in found]


def text(given: Any, where: str) -> str:
    """A text; orjson has refused what is no Unicode already."""
    if not isinstance(given, str):
        raise FieldRefused(where, f"`{where}` must be text.")
    return given


def bytes_of(given: str) -> int:
    """The most tokens that a text can be: no tokenizer makes more of it than it has bytes."""
    return len(given) if given.isascii() else len(given.encode())


def _bias(given: Any) -> dict[str, float] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or len(given) > 1024:
        raise FieldRefused("logit_bias", "`logit_bias` must be an object of at most 1024 token ids.")
    return {name: number(given, name, -100.0, 100.0) or 0.0 for name in given}
