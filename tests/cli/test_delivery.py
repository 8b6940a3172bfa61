"""Trials of versions on the command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

NEW = {"number": 2, "version": "support/agent@3", "digest": "sha256:" + "cd" * 32}
OLD = {"number": 1, "version": "support/agent@2", "digest": "sha256:" + "ab" * 32}
APPROVAL = {"id": "1", "version": NEW["version"], "digest": NEW["digest"], "endpoint": "support/desk"}
DESK = "/api/v1/endpoints/support/desk"
ROLLOUTS = DESK + "/rollouts"
READING = {
    "signal": "errors", "baseline": {"bad": 3, "total": 300, "rate": 0.01},
    "candidate": {"bad": 0, "total": 40, "rate": 0}, "worse": False, "hint": False,
}  # fmt: skip


def rollout(state: str = "running", **more: Any) -> dict[str, Any]:
    return {
        "number": 4, "kind": "canary", "state": state, "reason": "", "verdict": "Healthy so far.", "candidate": NEW,
        "baseline": OLD, "weight": 10, "next": 100, "readings": [READING], **more,
    }  # fmt: skip


def test_a_canary_is_started_by_its_approval(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/approvals", [APPROVAL])
    server.on("POST", ROLLOUTS, rollout())
    result = aird("deploy", "canary", "support/desk", "--steps", "0.5,10", "--window", "1", "--by-hand")
    assert result.exit_code == 0
    assert "no sign of harm" in result.stdout
    sent = server.sent("POST", ROLLOUTS)[0].json()
    assert (sent["approval"], sent["digest"], sent["steps"]) == ("1", NEW["digest"], [5, 100])
    assert (sent["window_seconds"], sent["automatic"], sent["by_request"]) == (60, False, False)


@pytest.mark.parametrize("steps", ["", "ten", "0", "101"])
def test_steps_that_are_no_shares_are_refused(aird: Callable[..., Result], server: StandIn, steps: str) -> None:
    result = aird("deploy", "canary", "support/desk", "--steps", steps)
    assert result.exit_code == 2
    assert "are no shares" in result.stderr
    assert server.calls == []


def test_a_shadow_says_how_it_was_agreed_to(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", ROLLOUTS, rollout(kind="shadow", next=None))
    assert aird("deploy", "shadow", "support/desk", "--approval", "1").exit_code == 2
    assert aird("deploy", "shadow", "support/desk", "--approval", "1", "--agreed", "By letter").exit_code == 0
    sent = server.sent("POST", ROLLOUTS)[0].json()
    assert (sent["kind"], sent["share"], sent["agreed"]) == ("shadow", 100, "By letter")


def test_a_scorer_of_exams_compares_a_shadow_with_its_settings(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", ROLLOUTS, rollout(kind="shadow", next=None))
    order = ("deploy", "shadow", "support/desk", "--approval", "1", "--agreed", "By letter")
    settings = ("--set", "pattern=42", "--set", "whole=true")
    assert aird(*order, *settings).exit_code == 2
    assert aird(*order, "--scorer", "regex", "--set", "whole").exit_code == 2
    assert aird(*order, "--scorer", "regex", *settings).exit_code == 0
    [sent] = server.sent("POST", ROLLOUTS)
    assert sent.json()["scoring"] == {"scorer": "regex", "pattern": "42", "whole": True}


def test_a_trial_is_advanced_promoted_and_taken_back(aird: Callable[..., Result], server: StandIn) -> None:
    server.page(ROLLOUTS, [rollout()])
    for verb in ("advance", "promote", "rollback"):
        server.on("POST", f"{ROLLOUTS}/4/{verb}", rollout(weight=100))
    server.on("GET", DESK, {"name": "support/desk", "state": "ready", "current": NEW, "serving": NEW})
    assert "10 %" in aird("deploy", "advance", "support/desk").stdout
    assert aird("deploy", "advance", "support/desk", "--share", "5").exit_code == 0
    assert [each.json()["weight"] for each in server.sent("POST", ROLLOUTS + "/4/advance")] == [None, 50]
    assert aird("deploy", "promote", "support/desk").exit_code == 0
    assert aird("deploy", "rollback", "support/desk", "-m", "It errs.").exit_code == 0
    assert server.sent("POST", ROLLOUTS + "/4/rollback")[0].json() == {"reason": "It errs."}
    assert not server.sent("POST", DESK + "/rollback")


def test_what_has_ended_is_not_advanced(aird: Callable[..., Result], server: StandIn) -> None:
    server.page(ROLLOUTS, [rollout("failed")])
    result = aird("deploy", "advance", "support/desk")
    assert result.exit_code == 3
    assert "aird deploy canary" in result.stderr


def test_the_status_shows_where_callers_go_and_how_the_trial_does(aird: Callable[..., Result], server: StandIn) -> None:
    replica = {
        "runtime": "hf", "number": 1, "unit": NEW["digest"], "state": "ready", "reason": "", "since": None,
    }  # fmt: skip
    server.on("GET", DESK, {"name": "support/desk", "state": "ready", "since": None, "replicas": [replica]})
    arms = [
        {"role": "baseline", **OLD, "weight": 990, "replicas": 1},
        {"role": "candidate", **NEW, "weight": 10, "replicas": 1},
    ]
    server.on("GET", DESK + "/route", {"arms": arms, "reason": ""})
    server.page(ROLLOUTS, [rollout()])
    server.on("GET", ROLLOUTS + "/4", rollout())
    said = aird("deploy", "status", "support/desk").stdout
    for words in ("99 %", "support/agent@3", "hf #1", "Healthy so far.", "3 of 300"):
        assert words in said
    assert json.loads(aird("deploy", "status", "support/desk", "--json").stdout)["rollout"]["number"] == 4
