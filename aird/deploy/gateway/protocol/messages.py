"""The messages of a conversation, read strictly. Pure."""

from typing import Any

from aird.deploy.gateway.protocol import fields
from aird.deploy.gateway.protocol.errors import FieldRefused

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
MAX_MESSAGES = 2048
MESSAGE_BOUND, TEMPLATE_BOUND = 32, 512
"""Tokens at most that a chat template puts around a message, and around a conversation."""

Message = dict[str, Any]


def read(given: Any, needs: dict[str, str]) -> tuple[list[Message], int]:
    """(messages for the runtime, the most tokens they can be). Adds to `needs`. Raises FieldRefused."""
    if not isinstance(given, list) or not given:
        raise FieldRefused("messages", "`messages` must be a list with at least one message.")
    if len(given) > MAX_MESSAGES:
        raise FieldRefused("messages", f"`messages` has {len(given)} entries; at most {MAX_MESSAGES} are taken.")
    messages = [_message(each, f"messages[{i}]", needs) for i, each in enumerate(given)]
    return messages, TEMPLATE_BOUND + sum(MESSAGE_BOUND + _bound(each) for each in messages)


def _message(given: Any, where: str, needs: dict[str, str]) -> Message:
    if not isinstance(given, dict):
        raise FieldRefused(where, f"`{where}` must be an object with `role` and `content`.")
    role = given.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise FieldRefused(f"{where}.role", f"`{where}.role` must be one of {', '.join(ROLES)}.")
    said: Message = {"role": ROLES[role]}
    for name, value in given.items():
        if name in ("role", "content") or value is None or value == []:
            continue
        if name == "tool_calls" and role == "assistant":
            said[name] = [_call(each, f"{where}.tool_calls[{i}]") for i, each in enumerate(_list(value, where, name))]
        elif name == "tool_call_id" and role == "tool":
            said[name] = fields.text(value, f"{where}.tool_call_id")
        elif name == "name":  # of whoever speaks; whether the model sees it is its template's to decide
            said[name] = fields.text(value, f"{where}.name")
        else:
            raise FieldRefused(f"{where}.{name[:64]}", f"`{where}.{name[:64]}` is not offered. Leave it out.")
    if role == "tool" and "tool_call_id" not in said:
        raise FieldRefused(f"{where}.tool_call_id", f"`{where}.tool_call_id` must say which call this answers.")
    if role == "tool" or "tool_calls" in said:
        needs.setdefault("tools", f"{where}.role" if role == "tool" else f"{where}.tool_calls")
    content = given.get("content")
    said["content"] = None if content is None and "tool_calls" in said else _content(content, f"{where}.content")
    return said


def _content(given: Any, where: str) -> str:
    if isinstance(given, list):
        return "".join(_part(each, f"{where}[{i}]") for i, each in enumerate(given))
    return fields.text(given, where)


def _part(given: Any, where: str) -> str:
    if not isinstance(given, dict) or given.get("type") != "text":
        raise FieldRefused(where, f'`{where}` must be {{"type": "text", "text": ...}}; only text is offered.')
    for name, value in given.items():
        if name not in ("type", "text") and value is not None:
            raise FieldRefused(f"{where}.{name[:64]}", f"`{where}.{name[:64]}` is not offered. Leave it out.")
    return fields.text(given.get("text"), f"{where}.text")


def _list(value: Any, where: str, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise FieldRefused(f"{where}.{name}", f"`{where}.{name}` must be a list.")
    return value


def _call(given: Any, where: str) -> Message:
    """One call of a tool that the assistant made."""
    function = given.get("function") if isinstance(given, dict) and given.get("type") == "function" else None
    if not isinstance(function, dict):
        raise FieldRefused(where, f"`{where}` must be a call of a function.")
    called = {name: fields.text(function.get(name), f"{where}.function.{name}") for name in ("name", "arguments")}
    return {"id": fields.text(given.get("id"), f"{where}.id"), "type": "function", "function": called}


def _bound(message: Message) -> int:
    bound = fields.bytes_of(message["content"] or "")
    for call in message.get("tool_calls", ()):
        bound += MESSAGE_BOUND + sum(fields.bytes_of(each) for each in (call["id"], *call["function"].values()))
    return bound + sum(fields.bytes_of(message.get(name, "")) for name in ("tool_call_id", "name"))
