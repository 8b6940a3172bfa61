import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

DIGEST = "sha256:" + "cd" * 32
APPROVAL = {
    "id": "1", "version": "support/agent@3", "digest": DIGEST, "endpoint": "support/desk", "state": "pending",
    "gate": {"passed": False, "lines": [
        {"gate": "all-round", "suite": "support/exam", "wanted": 0.8, "found": 0.7, "passed": False},
    ]},
    "readiness": [{"code": "gates_passed", "ok": False, "detail": "0.70 of 0.80"}],
    "requester": "lin", "request": 4, "decided_by": None, "created_at": "2026-11-22T06:00:00Z",
}  # fmt: skip
REQUEST = {
    "number": 4, "department": "support", "title": "Refunds", "state": "open", "need": "Answer refunds.",
    "requester": "lin", "created_at": "2026-11-22T06:00:00Z", "version": None, "endpoint": None,
    "timeline": [{"at": "2026-11-22T06:00:00Z", "actor": "lin", "state": "open", "note": ""}],
}  # fmt: skip


def test_approvals_are_listed_with_their_gates(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/approvals", [APPROVAL])
    assert "cdcdcdcdcdcd  support/desk  pending  not passed  lin" in aird("approvals", "ls").stdout
    assert json.loads(aird("approvals", "ls", "--json", "--state", "pending").stdout) == [APPROVAL]
    assert server.calls[-1].query == {"state": "pending"}


def test_approving_signs_the_digest_that_was_shown(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", "/api/v1/approvals/1/approve", {**APPROVAL, "state": "approved"})
    result = aird("approvals", "approve", "1", "-m", "Good enough.")
    assert result.exit_code == 0
    assert DIGEST in result.stderr
    assert "wanted 0.8, found 0.7: NOT passed" in result.stderr
    assert server.calls[-1].json() == {"reason": "Good enough.", "digest": DIGEST}


def test_a_digest_from_elsewhere_is_sent_as_it_is(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", "/api/v1/approvals/1/approve", server.problem(409, "digest_changed"))
    assert aird("approvals", "approve", "1", "-m", "x", "--digest", "sha256:other", "--yes").exit_code == 6
    assert server.calls[-1].json()["digest"] == "sha256:other"


def test_a_gate_that_is_not_passed_has_its_own_exit_code(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", "/api/v1/approvals/1/approve", server.problem(422, "gate_failed"))
    assert aird("approvals", "approve", "1", "-m", "x").exit_code == 5


def test_rejecting_needs_a_reason(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/approvals/1/reject", {**APPROVAL, "state": "rejected"})
    assert aird("approvals", "reject", "1").exit_code == 2
    assert not server.calls
    assert json.loads(aird("approvals", "reject", "1", "-m", "Too weak.", "--json").stdout)["state"] == "rejected"
    assert server.calls[-1].json() == {"reason": "Too weak."}


def test_an_approval_is_asked_for(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/approvals", APPROVAL)
    arguments = ("--endpoint", "support/desk", "--title", "Refunds", "--need", "Answer refunds.", "--request", "4")
    assert aird("approvals", "new", "support/agent@3", *arguments).stdout == "1\n"
    assert server.calls[0].json()["request"] == 4


def test_an_alias_is_asked_for_in_the_place_of_an_endpoint(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/approvals", {**APPROVAL, "endpoint": None, "alias": "production"})
    words = ("--title", "Refunds", "--need", "Answer refunds.")
    assert aird("approvals", "new", "support/agent@3", "--alias", "production", *words).exit_code == 0
    assert (server.calls[0].json()["alias"], "endpoint" in server.calls[0].json()) == ("production", False)
    for places in ((), ("--alias", "production", "--endpoint", "support/desk")):
        assert aird("approvals", "new", "support/agent@3", *places, *words).exit_code == 2
    server.page("/api/v1/approvals", [{**APPROVAL, "endpoint": None, "alias": "production"}])
    assert "cdcdcdcdcdcd  @production  pending" in aird("approvals", "ls", "--alias", "production").stdout


def test_a_difference_is_shown_and_accepted_by_name(aird: Callable[..., Result], server: StandIn) -> None:
    noted = {"name": "chat_template", "what": "chat_template", "file": "chat_template.jinja", "of": "support/agent@3"}
    shown = {**noted, "unified_diff": "@@ -1 +1,2 @@\n+pay to mallory", "cut": False}
    server.on("GET", "/api/v1/approvals/1", {**APPROVAL, "differences": [noted]})
    server.on("GET", "/api/v1/approvals/1/differences", [shown])
    server.on("POST", "/api/v1/approvals/1/approve", server.problem(422, "differences_not_accepted"))
    result = aird("approvals", "approve", "1", "-m", "x")
    assert result.exit_code == 5
    assert "+pay to mallory" in result.stderr
    assert "NOT accepted; --accept chat_template" in result.stderr
    server.on("POST", "/api/v1/approvals/1/approve", {**APPROVAL, "state": "approved"})
    assert aird("approvals", "approve", "1", "-m", "x", "--accept", "chat_template").exit_code == 0
    assert server.calls[-1].json()["accept_differences"] == ["chat_template"]


def test_requests_are_listed_and_shown(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/requests", [REQUEST])
    server.on("GET", "/api/v1/requests/4", REQUEST)
    assert "4       support     open   Refunds" in aird("requests", "ls").stdout
    assert "2026-11-22 06:00:00Z  open  lin" in aird("requests", "get", "4").stdout


def test_a_request_is_filed_with_its_examples(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "need.txt").write_text("Answer refunds.")
    (tmp_path / "examples.jsonl").write_text('{"question": "Q", "answer": "A"}\n\n')
    server.on("POST", "/api/v1/requests", REQUEST)
    result = aird(
        "requests", "new", "--department", "support", "--title", "Refunds", "--need", f"@{tmp_path}/need.txt",
        "--examples", f"{tmp_path}/examples.jsonl", "--users", "30", "--deadline", "2026-12-24",
    )  # fmt: skip
    assert result.stdout == "4\n"
    assert server.calls[0].json() == {
        "department": "support", "title": "Refunds", "need": "Answer refunds.", "users": 30,
        "deadline": "2026-12-24", "examples": [{"question": "Q", "answer": "A"}],
    }  # fmt: skip


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "Q"}'])
def test_examples_that_are_none_are_wrong_usage(
    aird: Callable[..., Result], server: StandIn, tmp_path: Path, line: str
) -> None:
    (tmp_path / "examples.jsonl").write_text(line)
    arguments = ("--department", "a", "--title", "t", "--need", "n", "--examples", f"{tmp_path}/examples.jsonl")
    result = aird("requests", "new", *arguments)
    assert result.exit_code == 2
    assert "line 1" in result.stderr
    assert not server.calls


def test_a_token_alone_goes_to_stdout(aird: Callable[..., Result], server: StandIn) -> None:
    made = {"token": "aird_user_x", "expires_at": "2027-02-20T07:14:04Z"}
    server.on("POST", "/api/v1/tokens", made)
    assert aird("tokens", "create", "--name", "ci", "--days", "30").stdout == "aird_user_x\n"
    assert json.loads(aird("tokens", "create", "--name", "ci", "--json").stdout) == made
    assert server.calls[0].json() == {"name": "ci", "kind": "user", "days": 30}


def test_a_key_needs_a_department(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/tokens", {"token": "aird_key_x"})
    assert aird("tokens", "create", "--name", "desk", "--kind", "key").exit_code == 2
    assert not server.calls
    assert aird("tokens", "create", "--name", "desk", "--kind", "key", "--department", "support").exit_code == 0


def test_tokens_are_listed_and_revoked(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/tokens", [{"id": "9", "name": "ci", "kind": "user", "prefix": "aird_user_x"}])
    server.on("DELETE", "/api/v1/tokens/9", server.raw(b"", 204))
    assert "9      ci    user  aird_user_x" in aird("tokens", "ls").stdout
    assert aird("tokens", "revoke", "9").exit_code == 0
    assert aird("tokens", "revoke", "8").exit_code == 3


def test_usage_shows_the_servers_sums(aird: Callable[..., Result], server: StandIn) -> None:
    amount = {"requests": 2, "prompt_tokens": 10, "completion_tokens": 5, "cost_micro": 1_234_567}
    bill = {
        "month": "2026-11", "currency": "CNY", "reconciled": False, "total": amount,
        "departments": [{"department": "support", **amount}], "endpoints": [{"endpoint": "support/desk", **amount}],
    }  # fmt: skip
    server.on("GET", "/api/v1/usage", bill)
    result = aird("usage", "--month", "2026-11")
    assert result.stdout.splitlines()[1:] == [
        "support       2         10             5                  1.234567 CNY",
        "support/desk  2         10             5                  1.234567 CNY",
        "TOTAL         2         10             5                  1.234567 CNY",
    ]
    assert "DO NOT AGREE" in result.stderr
    assert aird("usage", "--month", "November").exit_code == 2


def test_changes_are_asked_for_and_made_and_talked_about(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/approvals/1/request-changes", {**APPROVAL, "state": "changes_requested"})
    assert "changes_requested" in aird("approvals", "request-changes", "1", "-m", "Safety exam first.").stderr
    server.on("POST", "/api/v1/approvals/1/renew", {**APPROVAL, "state": "pending"})
    result = aird("approvals", "renew", "1", "-m", "It sat the exam.", "--version", "2", "--json")
    assert json.loads(result.stdout)["state"] == "pending"
    server.on("POST", "/api/v1/approvals/1/conversation", {"seq": 4})
    assert aird("approvals", "comment", "1", "Thank you.").exit_code == 0


def test_an_approval_is_shown_with_what_was_said(aird: Callable[..., Result], server: StandIn) -> None:
    said = {"seq": 1, "actor": "lin", "step": "asked", "text": "Fewer mistakes", "at": "2026-11-01T08:00:00Z"}
    server.on("GET", "/api/v1/approvals/1", {**APPROVAL, "state": "void", "void_because": "evidence_changed"})
    server.on("GET", "/api/v1/approvals/1/conversation", [said])
    result = aird("approvals", "show", "1")
    assert "Fewer mistakes" in result.stdout
    assert "void (evidence_changed)" in result.stderr
