"""Reading chat requests strictly: what is taken, what the runtime is sent, and the name of what is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aird.core.errors import NotFound, TooManyRequests, Unavailable
from aird.deploy.gateway.protocol import chat, wire
from aird.deploy.gateway.protocol.asked import Asked, Head
from aird.deploy.gateway.protocol.errors import FieldRefused, envelope, from_runtime
from aird.deploy.gateway.protocol.offers import offered

MESSAGES = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def parse(**fields: object) -> Asked:
    body = {"model": "support/desk", "messages": MESSAGES, **fields}
    return chat.parse(json.dumps(body).encode(), default_max_tokens=99)


def refused(**fields: object) -> str | None:
    with pytest.raises(FieldRefused) as caught:
        parse(**fields)
    return caught.value.params["param"]  # type: ignore[no-any-return]


def test_a_bare_request_gets_the_protocols_defaults():
    asked = parse()
    assert (asked.model, asked.path, asked.stream, asked.choices) == ("support/desk", "chat/completions", False, 1)
    assert asked.body == {"messages": MESSAGES, "max_tokens": 99, "temperature": 1.0, "top_p": 1.0}
    assert (asked.max_tokens, asked.needs, asked.ignored) == (99, {}, ())


def test_every_offered_field_is_taken():
    asked = parse(
        stream=True, stream_options={"include_usage": True}, max_completion_tokens=5, temperature=0, top_p=0.5,
        seed=-7, stop="END", user="u1", n=3, frequency_penalty=0, logprobs=True, top_logprobs=2, tools=[],
        response_format=None,
    )  # fmt: skip
    assert asked.body == {
        "messages": MESSAGES, "max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "seed": -7, "stop": ["END"],
        "n": 3, "logprobs": True, "top_logprobs": 2,
    }  # fmt: skip
    assert (asked.stream, asked.choices, asked.session, asked.needs) == (True, 3, "u1", {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 17), ("n", 0), ("n", True), ("frequency_penalty", 3), ("logprobs", 1), ("tools", [{}]), ("best_of", 1),
        ("top_logprobs", 2), ("store", True), ("metadata", {"a": "b"}), ("nobody_knows", 1), ("echo", True),
        ("response_format", {"type": "xml"}), ("reasoning_effort", "low"), ("web_search_options", {}),
        ("temperature", 2.1), ("temperature", -0.1), ("temperature", True), ("temperature", "1"), ("top_p", 1.5),
        ("max_tokens", 0), ("max_tokens", 1.5), ("max_tokens", 10**400), ("seed", 2**63), ("seed", 0.5),
        ("stop", ["a"] * 5), ("stop", [""]), ("stop", 5), ("stream", 1), ("model", ""), ("model", 5),
        ("messages", []), ("messages", "hello"), ("stream_options", {"include_usage": True}), ("user", 5),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(field: str, value: object):
    if value == 10**400:
        assert refused(**{field: value}) is None  # a number that no reader of JSON takes
    else:
        assert refused(**{field: value}) in (field, f"{field}[0]")


@pytest.mark.parametrize(
    "field", ["lora_path", "lora_request", "priority", "cache_salt", "chat_template", "request_id"]
)
def test_fields_that_reach_into_a_runtime_are_taken_out_and_named(field: str):
    asked = parse(**{field: "/etc/passwd"})
    assert asked.ignored == (field,)
    assert b"/etc/passwd" not in wire.order(asked.body)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [TOOL], "tool_choice": "required"}, "tools"),
        ({"tool_choice": "required", "tools": [TOOL]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"top_k": 5}, "top_k"),
        ({"messages": [*MESSAGES, {"role": "tool", "tool_call_id": "1", "content": "x"}]}, "messages[1].role"),
    ],
)
def test_what_only_some_runtimes_can_do_is_refused_by_name_for_the_others(fields: dict[str, Any], param: str):
    asked = parse(**fields)
    asked.check(offered(["--tool-call-parser=hermes"])["vllm"], "support/desk")
    with pytest.raises(FieldRefused) as caught:
        asked.check(offered([])["hf"], "support/desk")
    assert caught.value.params["param"] == param
    for name in fields.keys() - {"messages"}:
        assert name in asked.body


def test_tools_are_refused_while_vllm_would_never_call_one():
    with pytest.raises(FieldRefused, match="tools"):
        parse(tools=[TOOL]).check(offered(["--max-model-len", "4096"])["vllm"], "support/desk")
    parse(tools=[TOOL]).check(offered(["--tool-call-parser", "hermes"])["vllm"], "support/desk")


def test_a_conversation_with_calls_of_tools_is_passed_on_whole():
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    said = [
        *MESSAGES,
        {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None, "annotations": []},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    ]
    asked = parse(messages=said, tools=[TOOL])
    assert asked.body["messages"][1] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert asked.body["messages"][2] == said[2]


def test_two_limits_that_differ_are_refused_and_two_equal_ones_are_not():
    assert refused(max_tokens=5, max_completion_tokens=6) == "max_tokens"
    assert parse(max_tokens=5, max_completion_tokens=5).max_tokens == 5


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ("hello", "messages[0]"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
        ({"role": "function", "content": "x"}, "messages[0].role"),
        ({"role": "user", "content": None}, "messages[0].content"),
        ({"role": "user", "content": 5}, "messages[0].content"),
        ({"role": "user", "content": "x", "name": 5}, "messages[0].name"),
        ({"role": "user", "content": "x", "audio": {"id": "y"}}, "messages[0].audio"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages[0].content[0]"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages[0].content[0].text"),
        (
            {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]},
            "messages[0].content[0].cache_control",
        ),
        ({"role": "assistant", "tool_calls": [{"type": "x"}]}, "messages[0].tool_calls[0]"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_by_its_place(message: object, where: str):
    assert refused(messages=[message]) == where


def test_text_parts_are_joined_and_a_developer_is_the_system():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    [message] = parse(messages=[{"role": "developer", "content": parts, "name": None}]).body["messages"]
    assert message == {"role": "system", "content": "ab"}


def test_who_speaks_is_passed_on_by_name():
    said = [
        {"role": "user", "content": "hi", "name": "ann"},
        {"role": "tool", "tool_call_id": "c1", "content": "rain", "name": "weather"},
    ]
    asked = parse(messages=said)
    assert asked.body["messages"] == said
    assert asked.prompt_bound == parse(messages=[{**each, "name": None} for each in said]).prompt_bound + 10


def test_no_tokenizer_makes_more_of_a_question_than_its_bound():
    assert parse(messages=[{"role": "user", "content": "报" * 1000}]).prompt_bound >= 3000
    assert parse(tools=[TOOL]).prompt_bound > parse().prompt_bound


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff", "UTF-8"), (b"{", "not JSON"), (b"[]", "a JSON object"), (b'{"seed": NaN}', "not JSON"),
        (b"[" * 100_000, "depth"), (b'{"seed": ' + b"9" * 5000 + b"}", "infinity"), (b"", "not JSON"),
        (b'{"user": "\\ud800"}', "surrogate"),
    ],
    ids=["utf8", "cut", "list", "nan", "deep", "digits", "empty", "half"],
)  # fmt: skip
def test_a_body_that_is_not_json_is_refused(body: bytes, says: str):
    with pytest.raises(FieldRefused, match=says):
        chat.parse(body, default_max_tokens=1)


def test_a_schema_that_nests_deeper_than_it_can_be_passed_on_is_refused():
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"a": deep}
    with pytest.raises(FieldRefused, match="passed on"):
        parse(tools=[{"type": "function", "function": {"name": "x", "parameters": deep}}])


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists))
def test_any_json_is_taken_or_refused_and_never_a_bug(value: object):
    for field in ("messages", "stop", "stream_options", "seed", "tools", "response_format", "logit_bias", "user"):
        with suppress(FieldRefused):
            assert parse(**{field: value})


def test_a_piece_is_shown_under_our_name_and_without_usage_until_the_end():
    shape = parse(stream=True).shape
    assert shape.begin(Head("chatcmpl-1", 5, "support/desk@abc")) == b""
    choice = {"index": 0, "delta": {"content": "x"}, "finish_reason": None, "stop_reason": 7}
    piece = json.loads(shape.piece({"id": "theirs", "model": "sha256:ab", "choices": [choice]}).removeprefix(b"data: "))
    assert piece["id"] == "chatcmpl-1"
    assert piece["model"] == "support/desk@abc"
    assert piece["choices"] == [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}]
    assert "usage" not in piece
    assert shape.piece({"choices": []}) == b""
    assert shape.end({"total_tokens": 5}) == wire.DONE


def test_errors_come_out_in_openais_envelope():
    assert envelope(NotFound("gone", param="model"))["error"] == {
        "message": "gone", "type": "invalid_request_error", "param": "model", "code": "not_found",
    }  # fmt: skip
    assert envelope(TooManyRequests("later"))["error"]["type"] == "rate_limit_error"
    assert envelope(Unavailable("down"))["error"]["type"] == "server_error"


def test_a_question_that_is_too_long_is_told_alike_for_every_runtime():
    ours = b'{"error": {"message": "12 tokens", "code": "prompt_too_long"}}'
    theirs = b'{"error": {"message": "This model\'s maximum context length is 8 tokens", "code": 400}}'
    codes = [envelope(from_runtime(400, each))["error"]["code"] for each in (ours, theirs)]
    assert codes == ["context_length_exceeded", "context_length_exceeded"]
    assert from_runtime(500, b"<html>").status == 503


def test_an_error_that_quotes_half_a_surrogate_can_be_sent():
    assert wire.encode({"text": "\ud800"}) == b'{"text":"\\ud800"}'
    assert wire.encode({"text": "报"}) == '{"text":"报"}'.encode()
