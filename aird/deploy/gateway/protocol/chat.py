"""POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat). Pure."""

from typing import Any

from aird.deploy.gateway.protocol import fields, messages, wire
from aird.deploy.gateway.protocol.asked import Asked, PlainShape
from aird.deploy.gateway.protocol.errors import FieldRefused
from aird.deploy.gateway.protocol.fields import AllowList

FIELDS = AllowList(
    offered=frozenset(
        {"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature"}
        | {"top_p", "seed", "stop", "n", "logprobs", "top_logprobs"}
    ),
    neutral={
        **fields.SAMPLING_NEUTRAL,
        "store": (False,),
        "metadata": ({},),
        "tools": ([],),
        "functions": ([],),
        "tool_choice": ("none", "auto"),
        "parallel_tool_calls": (True, False),
        "function_call": ("none", "auto"),
        "modalities": (["text"],),
        "response_format": ({"type": "text"},),
        "service_tier": ("auto", "default"),
    },
    needed={**fields.SAMPLING_NEEDS, "tools": "tools", "tool_choice": "tools", "response_format": "response_format"},
)
FORMATS = ("json_object", "json_schema")
MAX_TOOLS = 128


def parse(raw: bytes, *, default_max_tokens: int) -> Asked:
    """Read a chat request. Raises FieldRefused."""
    given = wire.read(raw)
    found = FIELDS.sort(given)
    taken, needs = found.taken, dict(found.needs)
    stream, choices = fields.stream(taken), fields.choices(taken)
    max_tokens = _max_tokens(taken) or default_max_tokens
    conversation, bound = messages.read(taken.get("messages"), needs)
    body: dict[str, Any] = {"messages": conversation, "max_tokens": max_tokens, **fields.sampling(taken)}
    body |= _logprobs(taken)
    if choices > 1:
        body["n"] = choices
    if "tools" in taken:
        body |= tools(given)
    if "response_format" in taken:
        body["response_format"] = response_format(taken["response_format"], "response_format")
    extras: dict[str, Any] = {name: body[name] for name in ("tools", "tool_choice", "response_format") if name in body}
    return Asked(
        model=fields.model(taken),
        path="chat/completions",
        body=body,
        shape=PlainShape("chat.completion.chunk", stream.include_usage),
        prefix="chatcmpl-",
        prompt_bound=bound + (len(wire.order(extras)) if extras else 0),
        max_tokens=max_tokens,
        choices=choices,
        stream=stream.on,
        session=fields.session(taken),
        private=given.get("store") is False,
        needs=needs,
        ignored=found.ignored,
    )


def tools(given: dict[str, Any]) -> dict[str, Any]:
    """`tools` and what goes with them, checked as far as it concerns the gateway."""
    offered = given["tools"]
    if not isinstance(offered, list) or len(offered) > MAX_TOOLS:
        raise FieldRefused("tools", f"`tools` must be a list of at most {MAX_TOOLS} functions.")
    for i, each in enumerate(offered):
        function = each.get("function") if isinstance(each, dict) and each.get("type") == "function" else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise FieldRefused(f"tools[{i}]", f'`tools[{i}]` must be {{"type": "function", "function": ...}}.')
    body: dict[str, Any] = {"tools": offered}
    choice = given.get("tool_choice")
    if choice is not None:
        if choice not in ("none", "auto", "required") and not isinstance(choice, dict):
            raise FieldRefused("tool_choice", "`tool_choice` must be none, auto, required, or name a function.")
        body["tool_choice"] = choice
    if "parallel_tool_calls" in given:
        body["parallel_tool_calls"] = fields.flag(given, "parallel_tool_calls")
    return body


def response_format(given: Any, where: str) -> dict[str, Any]:
    """A form that the answer must have."""
    if not isinstance(given, dict) or given.get("type") not in FORMATS:
        raise FieldRefused(where, f"`{where}.type` must be one of text, {', '.join(FORMATS)}.")
    return given


def _max_tokens(given: dict[str, Any]) -> int | None:
    old, new = (fields.whole(given, name, 1, fields.INT64 - 1) for name in ("max_tokens", "max_completion_tokens"))
    if old is not None and new is not None and old != new:
        raise FieldRefused("max_tokens", "`max_tokens` and `max_completion_tokens` differ. Send one of them.")
    return old if new is None else new


def _logprobs(given: dict[str, Any]) -> dict[str, Any]:
    wanted, top = fields.flag(given, "logprobs"), fields.whole(given, "top_logprobs", 0, fields.MAX_TOP_LOGPROBS)
    if not wanted:
        if top:
            raise FieldRefused("top_logprobs", "`top_logprobs` goes with `logprobs: true`.")
        return {}
    return {"logprobs": True, "top_logprobs": top or 0}
