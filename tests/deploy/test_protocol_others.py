"""Reading requests for completions, embeddings and responses; the shapes of their answers."""

import base64
import json
import struct
from typing import Any

import pytest

from aird.core.errors import Unavailable
from aird.deploy.gateway.protocol import completions, embeddings, responses
from aird.deploy.gateway.protocol.asked import Asked, Head
from aird.deploy.gateway.protocol.errors import FieldRefused
from aird.deploy.gateway.protocol.offers import OFFERS

HEAD = Head("resp_1", 5, "support/desk@abc")
TEXTS = {completions: {"prompt": "once"}, embeddings: {"input": "once"}, responses: {"input": "once"}}


def parse(module: Any, **fields: object) -> Asked:
    body = {"model": "support/desk", **TEXTS[module], **fields}
    asked: Asked = module.parse(json.dumps(body).encode(), default_max_tokens=99)
    return asked


def refused(module: Any, **fields: object) -> str | None:
    with pytest.raises(FieldRefused) as caught:
        parse(module, **fields)
    return caught.value.params["param"]  # type: ignore[no-any-return]


def events(raw: bytes) -> list[dict[str, Any]]:
    lines = [line for line in raw.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_prompts_are_counted_as_the_choices_they_ask_for():
    asked = parse(completions, prompt=["a", "b"], n=2, max_tokens=5, logprobs=3, echo=False, best_of=1)
    assert asked.body["prompt"] == ["a", "b"]
    assert (asked.choices, asked.body["n"], asked.body["logprobs"]) == (4, 2, 3)
    assert parse(completions).body["prompt"] == "once"


@pytest.mark.parametrize(
    ("module", "field", "value"),
    [
        (completions, "echo", True), (completions, "best_of", 2), (completions, "suffix", "x"),
        (completions, "prompt", [1, 2]), (completions, "prompt", ""), (completions, "prompt", ["a"] * 17),
        (completions, "logprobs", 6), (completions, "messages", []),
        (embeddings, "input", [[1, 2]]), (embeddings, "input", []), (embeddings, "input", [""]),
        (embeddings, "encoding_format", "int8"), (embeddings, "stream", True),
        (responses, "previous_response_id", "resp_0"), (responses, "conversation", "c"), (responses, "store", True),
        (responses, "background", True), (responses, "truncation", "auto"), (responses, "reasoning", {"effort": "low"}),
        (responses, "include", ["file_search_call.results"]), (responses, "max_tool_calls", 1),
        (responses, "metadata", {"a": 1}), (responses, "text", {"verbosity": "low"}), (responses, "prompt", {}),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(module: Any, field: str, value: object):
    assert refused(module, **{field: value}) == field


@pytest.mark.parametrize(("module", "runtime"), [(embeddings, "vllm"), (completions, "nothing")])
def test_a_runtime_without_the_whole_surface_refuses_the_model(module: Any, runtime: str):
    asked = parse(module)
    asked.check(OFFERS["hf"], "support/desk")
    with pytest.raises(FieldRefused, match="does not offer"):
        asked.check(OFFERS.get(runtime, frozenset()), "support/desk")


def test_a_vector_leaves_as_numbers_or_packed():
    said = {"data": [{"index": 0, "embedding": [0.5, -2.0]}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    plain = parse(embeddings).shape.whole(said, HEAD)
    packed = parse(embeddings, encoding_format="base64").shape.whole(said, HEAD)
    assert plain["data"] == [{"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}]
    assert struct.unpack("<2f", base64.b64decode(packed["data"][0]["embedding"])) == (0.5, -2.0)
    assert plain["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_a_response_is_asked_as_a_chat():
    asked = parse(
        responses, instructions="be brief", max_output_tokens=7, store=False, metadata={"a": "b"},
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
             "content": [{"type": "output_text", "text": "ho", "annotations": []}]},
            {"role": "user", "content": "again"},
        ],
    )  # fmt: skip
    roles = [(each["role"], each["content"]) for each in asked.body["messages"]]
    assert roles == [("system", "be brief"), ("user", "hi"), ("assistant", "ho"), ("user", "again")]
    assert (asked.path, asked.max_tokens) == ("chat/completions", 7)


def test_calls_of_functions_and_what_they_gave_become_messages():
    asked = parse(
        responses, tools=[{"type": "function", "name": "weather", "parameters": {}, "strict": True}],
        tool_choice={"type": "function", "name": "weather"},
        text={"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}}},
        input=[
            {"role": "user", "content": "?"},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "rain"},
            {"type": "function_call_output", "call_id": "c2", "output": "sun"},
        ],
    )  # fmt: skip
    _, calls, first, _ = asked.body["messages"]
    assert [each["id"] for each in calls["tool_calls"]] == ["c1", "c2"]
    assert first == {"role": "tool", "tool_call_id": "c1", "content": "rain"}
    assert asked.body["tools"][0]["function"]["name"] == "weather"
    assert asked.body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert asked.body["response_format"]["json_schema"]["name"] == "s"
    assert asked.needs == {"tools": "tools", "response_format": "text.format"}


def chunk(reason: str | None = None, **delta: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def test_a_streamed_response_grows_in_the_protocols_order():
    shape = parse(responses, stream=True).shape
    raw = shape.begin(HEAD) + shape.piece(chunk(role="assistant", content="")) + shape.piece(chunk(content="a"))
    raw += shape.piece(chunk("length", content="b"))
    raw += shape.end({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9})
    found = events(raw)
    assert [each["type"].removeprefix("response.") for each in found] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", "incomplete",
    ]  # fmt: skip
    assert [each["sequence_number"] for each in found] == list(range(10))
    last = found[-1]["response"]
    assert last["output"][0]["content"][0]["text"] == "ab"
    assert last["incomplete_details"] == {"reason": "max_output_tokens"}
    assert (last["usage"]["input_tokens"], last["usage"]["output_tokens"], last["model"]) == (7, 2, HEAD.model)


def test_a_streamed_call_of_a_function_is_an_item_of_its_own():
    shape = parse(responses, stream=True).shape
    first = {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": ""}}
    raw = shape.begin(HEAD) + shape.piece(chunk(tool_calls=[first]))
    raw += shape.piece(chunk(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}]))
    raw += shape.piece(chunk("tool_calls")) + shape.end({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9})
    found = events(raw)
    assert [each["type"].removeprefix("response.") for each in found][2:] == [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "completed",
    ]  # fmt: skip
    [item] = found[-1]["response"]["output"]
    assert (item["call_id"], item["name"], item["arguments"]) == ("c1", "weather", "{}")


def test_a_response_that_breaks_says_so_in_its_last_events():
    shape = parse(responses, stream=True).shape
    shape.begin(HEAD)
    failed, error = events(shape.failed(Unavailable("The process died.")))
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert (error["type"], error["message"]) == ("error", "The process died.")


def test_a_whole_response_has_the_answer_as_its_item():
    message = {"role": "assistant", "content": "yes", "tool_calls": None}
    said = {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }
    shown = parse(responses, metadata={"a": "b"}).shape.whole(said, HEAD)
    assert (shown["status"], shown["output"][0]["content"][0]["text"]) == ("completed", "yes")
    assert (shown["metadata"], shown["store"], shown["id"]) == ({"a": "b"}, False, "resp_1")
