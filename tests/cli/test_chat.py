import json
from collections.abc import Callable

import pytest
from click.testing import Result

from tests.client.stand_in import Reply, StandIn

CHAT = "/v1/chat/completions"


def answer(server: StandIn, *texts: str, finish: str | None = None) -> Reply:
    chunks = [{"choices": [{"delta": {"content": text}, "finish_reason": None}]} for text in texts]
    chunks.append({"choices": [{"delta": {}, "finish_reason": finish or "stop"}]})
    return server.stream(*(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks), b"data: [DONE]\n\n")


def test_an_answer_is_printed_as_it_comes(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", CHAT, answer(server, "Hel", "lo \x1b[31m轮岗"))
    result = aird("chat", "support/desk", "Hi", "--system", "Be short.", "--temperature", "0", "--max-tokens", "9")
    assert (result.exit_code, result.stdout) == (0, "Hello 轮岗\n")
    assert server.calls[0].json() == {
        "model": "support/desk",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.0,
    }


def test_who_spoke_and_what_it_took_is_said_where_it_is_asked(aird: Callable[..., Result], server: StandIn) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    last = {"choices": [], "usage": usage, "model": "support/desk@3f9a1c02b7d4"}
    chunks = [{"choices": [{"delta": {"content": "Hello"}}]}, last]
    events = (b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
    server.on("POST", CHAT, server.stream(*events, b"data: [DONE]\n\n"))
    result = aird("chat", "support/assistant@3", "Hi", "--usage", "--stop", "\n", "--stop", "END")
    assert result.stdout == "Hello\n"
    assert "support/desk@3f9a1c02b7d4: 7 tokens read, 2 written" in result.stderr
    sent = server.calls[0].json()
    assert (sent["model"], sent["stop"]) == ("support/assistant@3", ["\n", "END"])
    assert sent["stream_options"] == {"include_usage": True}


def test_a_message_can_come_from_a_pipe(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", CHAT, answer(server, "Hello"))
    assert aird("chat", "support/desk", input="Hi\nthere\n").stdout == "Hello\n"
    assert server.calls[0].json()["messages"] == [{"role": "user", "content": "Hi\nthere"}]


def test_an_empty_pipe_is_wrong_usage(aird: Callable[..., Result], server: StandIn) -> None:
    assert aird("chat", "support/desk", input="").exit_code == 2
    assert not server.calls


def test_the_whole_answer_can_be_had_as_json(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", CHAT, {"model": "support/desk@abc"})
    assert json.loads(aird("chat", "support/desk", "Hi", "--json").stdout) == {"model": "support/desk@abc"}
    assert server.calls[0].json()["stream"] is False


def test_an_answer_that_was_cut_short_says_so(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", CHAT, answer(server, "Hel", finish="length"))
    assert "--max-tokens" in aird("chat", "support/desk", "Hi").stderr


@pytest.mark.parametrize(("status", "exit_code"), [(401, 4), (404, 3), (503, 1)])
def test_no_answer_is_a_failure(aird: Callable[..., Result], server: StandIn, status: int, exit_code: int) -> None:
    error = b'{"error": {"message": "The endpoint sleeps.", "type": "x", "code": "y"}}'
    server.on("POST", CHAT, Reply(error, status))
    result = aird("chat", "support/desk", "Hi")
    assert result.exit_code == exit_code
    assert "The endpoint sleeps." in result.stderr


def test_an_answer_that_breaks_off_is_a_failure(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", CHAT, server.stream(b'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n'))
    result = aird("chat", "support/desk", "Hi")
    assert (result.exit_code, result.stdout) == (1, "Hel")
    assert "broke off" in result.stderr
