"""POST /v1/responses without a memory: each request brings its whole conversation. Pure.

A request becomes a chat request to the runtime, its answer becomes the items and events of this protocol
(https://platform.openai.com/docs/api-reference/responses). Nothing is stored, so there is no `previous_response_id`.
"""

from typing import Any

from aird.deploy.gateway.protocol import chat, fields, messages, wire
from aird.deploy.gateway.protocol.asked import Asked, Json
from aird.deploy.gateway.protocol.errors import FieldRefused
from aird.deploy.gateway.protocol.fields import AllowList
from aird.deploy.gateway.protocol.responses_shape import ResponseShape

FIELDS = AllowList(
    offered=frozenset(
        {"model", "input", "instructions", "max_output_tokens", "temperature", "top_p", "stream", "stream_options"}
        | {"metadata", "top_logprobs", "include"}
    ),
    neutral={
        "store": (False,),
        "background": (False,),
        "truncation": ("disabled",),
        "service_tier": ("auto", "default"),
        "tools": ([],),
        "tool_choice": ("none", "auto"),
        "parallel_tool_calls": (True, False),
        "text": ({}, {"format": {"type": "text"}}),
        "reasoning": ({},),
    },
    needed={"tools": "tools", "tool_choice": "tools", "text": "response_format"},
)
LOGPROBS = "message.output_text.logprobs"
TEXT_PARTS = ("input_text", "output_text", "text")


def parse(raw: bytes, *, default_max_tokens: int) -> Asked:
    """Read a request for a response. Raises FieldRefused."""
    given = wire.read(raw)
    found = FIELDS.sort(given)
    taken, needs = found.taken, dict(found.needs)
    max_tokens = fields.whole(taken, "max_output_tokens", 1, fields.INT64 - 1) or default_max_tokens
    said = _instructions(taken) + _input(taken.get("input"))
    conversation, bound = messages.read(said, needs)
    body: Json = {"messages": conversation, "max_tokens": max_tokens, **fields.sampling(taken), **_logprobs(taken)}
    if "tools" in taken:
        body |= _tools(given)
    if "text" in taken:
        body["response_format"] = _format(taken["text"])
        needs["response_format"] = "text.format"
    extras: dict[str, Any] = {name: body[name] for name in ("tools", "tool_choice", "response_format") if name in body}
    return Asked(
        model=fields.model(taken),
        path="chat/completions",
        body=body,
        shape=ResponseShape(_echo(given, max_tokens), with_logprobs="logprobs" in body),
        prefix="resp_",
        prompt_bound=bound + (len(wire.order(extras)) if extras else 0),
        max_tokens=max_tokens,
        stream=_stream(taken),
        session=fields.session(taken),
        private=given.get("store") is False,
        needs=needs,
        ignored=found.ignored,
    )


def _stream(taken: Json) -> bool:
    options = taken.get("stream_options")
    if options is not None and options not in ({}, {"include_obfuscation": False}):
        raise FieldRefused("stream_options", "`stream_options` has nothing to offer here. Leave it out.")
    return fields.flag(taken, "stream")


def _instructions(taken: Json) -> list[Json]:
    given = taken.get("instructions")
    return [{"role": "system", "content": fields.text(given, "instructions")}] if given is not None else []


def _input(given: Any) -> list[Json]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise FieldRefused("input", "`input` must be a text or a list of messages.")
    if len(given) > messages.MAX_MESSAGES:
        raise FieldRefused("input", f"`input` has {len(given)} entries; at most {messages.MAX_MESSAGES} are taken.")
    said = list[Json]()
    for i, each in enumerate(given):
        item = _item(each, f"input[{i}]")
        if "tool_calls" in item and said and said[-1]["role"] == "assistant" and said[-1].get("tool_calls"):
            said[-1]["tool_calls"] += item["tool_calls"]
        else:
            said.append(item)
    return said


def _item(given: Any, where: str) -> Json:
    """A message of the chat protocol out of an item: a message, a call of a function, or what a function gave."""
    if not isinstance(given, dict):
        raise FieldRefused(where, f"`{where}` must be an object.")
    kind = given.get("type", "message")
    if kind == "function_call":
        function = {"name": given.get("name"), "arguments": given.get("arguments")}
        call = {"id": given.get("call_id"), "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    if kind == "function_call_output":
        output = _content(given.get("output"), f"{where}.output")
        return {"role": "tool", "tool_call_id": given.get("call_id"), "content": output}
    if kind != "message":
        raise FieldRefused(f"{where}.type", f"`{where}.type` {str(kind)[:40]!r} is not offered.")
    for name, value in given.items():
        if name not in ("type", "role", "content", "id", "status", "phase") and value is not None:
            raise FieldRefused(f"{where}.{name[:64]}", f"`{where}.{name[:64]}` is not offered. Leave it out.")
    return {"role": given.get("role"), "content": _content(given.get("content"), f"{where}.content")}


def _content(given: Any, where: str) -> Any:
    if not isinstance(given, list):
        return given
    return "".join(_part(each, f"{where}[{i}]") for i, each in enumerate(given))


def _part(given: Any, where: str) -> str:
    if not isinstance(given, dict) or given.get("type") not in TEXT_PARTS:
        raise FieldRefused(where, f"`{where}` must be text; only text is offered.")
    return fields.text(given.get("text"), f"{where}.text")


def _tools(given: Json) -> Json:
    offered = given["tools"]
    if not isinstance(offered, list):
        raise FieldRefused("tools", "`tools` must be a list of functions.")
    functions = list[Json]()
    for i, each in enumerate(offered):
        if not isinstance(each, dict) or each.get("type") != "function":
            raise FieldRefused(f"tools[{i}]", f"`tools[{i}]` must be a function; other tools are not offered.")
        function = {name: each[name] for name in ("name", "description", "parameters", "strict") if each.get(name)}
        functions.append({"type": "function", "function": function})
    choice = given.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    kept = {name: given[name] for name in ("parallel_tool_calls",) if name in given}
    return chat.tools({"tools": functions, **({"tool_choice": choice} if choice is not None else {}), **kept})


def _format(given: Any) -> Json:
    asked = given.get("format") if isinstance(given, dict) and given.keys() == {"format"} else None
    if not isinstance(asked, dict):
        raise FieldRefused("text", "`text` must have a `format` and nothing else.")
    if asked.get("type") == "json_schema":
        schema = {name: asked[name] for name in ("name", "description", "schema", "strict") if name in asked}
        return {"type": "json_schema", "json_schema": schema}
    return chat.response_format(asked, "text.format")


def _logprobs(taken: Json) -> Json:
    include, top = taken.get("include", []), fields.whole(taken, "top_logprobs", 0, fields.MAX_TOP_LOGPROBS)
    if not isinstance(include, list) or any(each != LOGPROBS for each in include):
        raise FieldRefused("include", f"`include` may name {LOGPROBS} alone.")
    if not include and not top:
        return {}
    return {"logprobs": True, "top_logprobs": top or 0}


def _echo(given: Json, max_tokens: int) -> Json:
    """What the protocol repeats of a request in its answer."""
    metadata = given.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(each, str) for each in metadata.values()):
        raise FieldRefused("metadata", "`metadata` must be an object of texts.")
    return {
        "instructions": given.get("instructions"),
        "max_output_tokens": given.get("max_output_tokens"),
        "metadata": metadata,
        "parallel_tool_calls": bool(given.get("parallel_tool_calls", True)),
        "temperature": given.get("temperature", 1.0),
        "top_p": given.get("top_p", 1.0),
        "tool_choice": given.get("tool_choice", "auto"),
        "tools": given.get("tools", []),
        "text": given.get("text") or {"format": {"type": "text"}},
        "truncation": "disabled",
        "store": False,
        "background": False,
        "previous_response_id": None,
        "reasoning": None,
        "service_tier": "default",
        "top_logprobs": given.get("top_logprobs", 0),
        "user": given.get("user"),
    }
