"""A conversation on a terminal: the command runs in a process of its own with a terminal as its input."""

import os
import pty
import subprocess
import sys
from typing import Any

from tests.client.stand_in import StandIn

CHAT = "/v1/chat/completions"


def talk(env: dict[str, str], typed: str) -> tuple[int, str]:
    """(exit code, stdout) of `aird chat support/desk` when this is typed."""
    keyboard, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aird.cli.main", "chat", "support/desk"],
        env=env, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(keyboard, typed.encode())
        said, _ = process.communicate(timeout=30)
        os.close(keyboard)
    return process.returncode, said


def test_a_conversation_remembers_what_was_said(env: dict[str, str], server: StandIn) -> None:
    def echo(call: Any) -> Any:
        count = len(call.json()["messages"])
        return server.stream(b'data: {"choices": [{"delta": {"content": "%d"}}]}\n\ndata: [DONE]\n\n' % count)

    server.on("POST", CHAT, echo)
    assert talk(env, "Hi\n\nAgain\n\x04") == (0, "1\n3\n")
    assert [each["role"] for each in server.calls[-1].json()["messages"]] == ["user", "assistant", "user"]


def test_a_question_that_fails_is_forgotten_and_the_conversation_goes_on(env: dict[str, str], server: StandIn) -> None:
    fine = server.stream(b'data: {"choices": [{"delta": {"content": "fine"}}]}\n\ndata: [DONE]\n\n')
    server.on("POST", CHAT, server.problem(503, "busy"), fine)
    assert talk(env, "One\nTwo\n\x04") == (0, "fine\n")
    assert server.calls[-1].json()["messages"] == [{"role": "user", "content": "Two"}]


def test_a_conversation_without_a_right_to_it_ends(env: dict[str, str], server: StandIn) -> None:
    server.on("POST", CHAT, server.problem(403, "not_permitted"))
    assert talk(env, "One\n") == (4, "")
