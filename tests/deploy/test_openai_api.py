"""Reading chat requests strictly: what is taken, and the name of what is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aird.core.errors import NotFound, TooManyRequests, Unavailable
from aird.deploy.gateway import openai_api as api
from aird.deploy.gateway.openai_api import FieldRefused

MESSAGES = [{"role": "user", "content": "hello"}]


def parse(**fields: object) -> api.ChatRequest:
    body = {"model": "support/desk", "messages": MESSAGES, **fields}
    return api.parse(json.dumps(body).encode(), default_max_tokens=99)


def refused(**fields: object) -> str | None:
    with pytest.raises(FieldRefused) as caught:
        parse(**fields)
    return caught.value.params["param"]  # type: ignore[no-any-return]


def test_a_bare_request_gets_the_protocols_defaults():
    asked = parse()
    assert asked == api.ChatRequest("support/desk", MESSAGES, False, False, 99, 1.0, 1.0, None, [])


def test_every_offered_field_is_taken():
    asked = parse(
        stream=True, stream_options={"include_usage": True}, max_completion_tokens=5, temperature=0, top_p=0.5,
        seed=-7, stop="END", user="u1", n=1, frequency_penalty=0, logprobs=False, tools=[], response_format=None,
    )  # fmt: skip
    assert asked == api.ChatRequest("support/desk", MESSAGES, True, True, 5, 0.0, 0.5, -7, ["END"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2), ("n", True), ("frequency_penalty", 0.5), ("logprobs", True), ("tools", [{}]), ("best_of", 1),
        ("response_format", {"type": "json_object"}), ("lora_path", "/etc"), ("priority", 1), ("cache_salt", "x"),
        ("temperature", 2.1), ("temperature", -0.1), ("temperature", True), ("temperature", "1"), ("top_p", 1.5),
        ("max_tokens", 0), ("max_tokens", 1.5), ("max_tokens", 10**400), ("seed", 2**63), ("seed", 0.5),
        ("stop", ["a"] * 5), ("stop", [""]), ("stop", 5), ("stream", 1), ("model", ""), ("model", 5),
        ("messages", []), ("messages", "hello"), ("stream_options", {"include_usage": True}),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(field: str, value: object):
    assert refused(**{field: value}) == field


def test_two_limits_that_differ_are_refused_and_two_equal_ones_are_not():
    assert refused(max_tokens=5, max_completion_tokens=6) == "max_tokens"
    assert parse(max_tokens=5, max_completion_tokens=5).max_tokens == 5


@pytest.mark.parametrize(
    ("message", "where"),
    [
        ("hello", "messages[0]"),
        ({"role": "tool", "content": "x"}, "messages[0].role"),
        ({"role": "user", "content": None}, "messages[0].content"),
        ({"role": "user", "content": 5}, "messages[0].content"),
        ({"role": "user", "content": "x", "name": "y"}, "messages[0].name"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages[0].content[0]"),
        ({"role": "user", "content": "\ud800"}, "messages[0].content"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_by_its_place(message: object, where: str):
    assert refused(messages=[message]) == where


def test_text_parts_are_joined_and_a_developer_is_the_system():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    [message] = parse(messages=[{"role": "developer", "content": parts, "name": None}]).messages
    assert message == {"role": "system", "content": "ab"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff", "UTF-8"), (b"{", "not JSON"), (b"[]", "a JSON object"), (b'{"seed": NaN}', "NaN"),
        (b"[" * 100_000, "deeply"), (b'{"seed": ' + b"9" * 5000 + b"}", "digits"), (b"", "not JSON"),
    ],
    ids=["utf8", "cut", "list", "nan", "deep", "digits", "empty"],
)  # fmt: skip
def test_a_body_that_is_not_json_is_refused(body: bytes, says: str):
    with pytest.raises(FieldRefused, match=says):
        api.parse(body, default_max_tokens=1)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists))
def test_any_json_is_taken_or_refused_and_never_a_bug(value: object):
    for field in ("messages", "stop", "stream_options", "seed", "tools"):
        with suppress(FieldRefused):
            assert parse(**{field: value})


def test_errors_come_out_in_openais_envelope():
    assert api.envelope(NotFound("gone", param="model"))["error"] == {
        "message": "gone", "type": "invalid_request_error", "param": "model", "code": "not_found",
    }  # fmt: skip
    assert api.envelope(TooManyRequests("later"))["error"]["type"] == "rate_limit_error"
    assert api.envelope(Unavailable("down"))["error"]["type"] == "server_error"


def test_an_error_that_quotes_half_a_surrogate_can_be_sent():
    assert api.encode({"text": "\ud800"}) == b'{"text":"\\ud800"}'
    assert api.encode({"text": "报"}) == '{"text":"报"}'.encode()
