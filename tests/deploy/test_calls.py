"""Calls of tools: whole ones and broken ones, streamed or not."""

from typing import Any

import pytest

from aird.deploy.gateway.calls import Calls

TOOLS = {"tools": [{"type": "function", "function": {"name": "weather"}}]}


def finished(*choices: dict[str, Any], reason: str = "tool_calls") -> str | None:
    """What the ledger notes of an answer with these choices."""
    calls = Calls.of(TOOLS)
    assert calls is not None
    for each in choices:
        calls.take([each])
    return calls.finish(reason)


def call(name: str, arguments: str, index: int = 0) -> dict[str, Any]:
    return {"index": index, "function": {"name": name, "arguments": arguments}}


def test_a_call_that_comes_in_pieces_is_whole_when_its_pieces_are() -> None:
    pieces = [call("weather", '{"city": "Ha'), call("", 'mburg"}')]
    assert finished(*({"index": 0, "delta": {"tool_calls": [each]}} for each in pieces)) == "tool_calls"
    assert finished({"delta": {"tool_calls": [pieces[0]]}}) == "tool_calls_broken"


@pytest.mark.parametrize("arguments", ["", "{}", '{"city": "Rome"}'])
def test_a_whole_answer_with_a_whole_call_ends_with_calls(arguments: str) -> None:
    assert finished({"message": {"tool_calls": [call("weather", arguments)]}}, reason="stop") == "tool_calls"


@pytest.mark.parametrize("arguments", ["{", "[1]", '"Rome"', "city: Rome"])
def test_arguments_that_are_no_object_are_broken(arguments: str) -> None:
    assert finished({"message": {"tool_calls": [call("weather", arguments)]}}) == "tool_calls_broken"


def test_one_broken_call_among_several_and_an_unknown_tool_are_broken() -> None:
    both = [call("weather", "{}"), call("weather", "{", 1)]
    assert finished({"message": {"tool_calls": both}}) == "tool_calls_broken"
    assert finished({"message": {"tool_calls": [call("stocks", "{}")]}}) == "tool_calls_broken"


def test_an_answer_in_words_keeps_its_reason_and_a_request_without_tools_is_not_watched() -> None:
    assert finished({"delta": {"content": "Sunny"}}, reason="stop") == "stop"
    assert Calls.of({"messages": []}) is None
    assert Calls.of({"tools": []}) is None
