"""`aird plans` against the stand-in: a plan is applied, followed, and why it stopped is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

SAVING = {"spent_seconds": 60.0, "spent_micro": 1, "saved_seconds": 90.0, "saved_micro": 2, "shared_stages": 1}
STAGE = {
    "name": "basics", "kind": "train", "state": "passed", "version": "hr/basics@1", "reason": "", "findings": [],
    "report": {"gate": [], "forgetting": {"worst": {"suite": "hr/exam", "was": 0.9, "now": 0.8, "best_in": "basics"}}},
}  # fmt: skip
PLAN = {
    "name": "hr/lead", "title": "Lead", "state": "running", "reason": "", "since": "2026-11-26T10:00:00Z",
    "saving": SAVING, "missing": [{"suite": "hr/exam", "level": 0.9, "found": None}], "board": [STAGE],
    "yaml": "kind: Plan\n",     "passed": 1, "stages": 1, "created_at": "2026-11-26T10:00:00Z",
}  # fmt: skip
FAILED = {
    **STAGE, "state": "failed", "reason": "hr/exam is too low.",
    "findings": [{"level": "stop", "code": "too_low", "message": "Train for longer."}],
    "report": {"gate": [{"passed": False}], "forgetting": None},
}  # fmt: skip


def test_a_plan_is_applied_as_it_is_written(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("kind: Plan\n")
    server.on("POST", "/api/v1/plans", PLAN)
    result = aird("plans", "apply", str(tmp_path / "plan.yaml"))
    assert result.exit_code == 0
    assert server.calls[0].json() == {"yaml": "kind: Plan\n"}
    assert "1 min 30 s by 1 shared stages" in result.stdout
    assert "hr/exam -0.100" in result.stdout


def test_a_plan_is_estimated_and_not_applied(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("kind: Plan\n")
    known = {"name": "basics", "kind": "train", "shared": False, "findings": [],
             "estimate": {"seconds": 90.0, "micro": 2_500_000}}  # fmt: skip
    late = {"name": "lead", "kind": "merge", "shared": False, "findings": [], "estimate": None}
    server.on("POST", "/api/v1/plans/estimate",
              {"stages": [known, late], "seconds": 90.0, "micro": 2_500_000, "unknown": 1, "shared": 0})  # fmt: skip
    result = aird("plans", "apply", str(tmp_path / "plan.yaml"), "--dry-run")
    assert result.exit_code == 0, result.output
    assert "1 min 30 s  2.500000 CNY" in result.stdout
    assert "unknown" in result.stdout
    assert [call.path for call in server.calls] == ["/api/v1/plans/estimate"]


def test_plans_are_listed(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/plans", [PLAN])
    result = aird("plans", "ls", "--department", "hr", "--state", "running")
    assert "hr/lead  running  1 of 1" in result.stdout
    assert server.calls[0].query == {"department": "hr", "state": "running"}
    assert json.loads(aird("plans", "ls", "--json").stdout) == [PLAN]


@pytest.mark.parametrize(("stage", "code"), [(FAILED, 5), ({**FAILED, "report": STAGE["report"]}, 1)])
def test_a_plan_that_stopped_is_a_failure(
    aird: Callable[..., Result], server: StandIn, stage: dict[str, Any], code: int
) -> None:
    server.on(
        "GET", "/api/v1/plans/hr/lead", {**PLAN, "state": "stopped", "reason": "A gate failed.", "board": [stage]}
    )
    result = aird("plans", "get", "hr/lead")
    assert result.exit_code == code
    assert "basics: stop: Train for longer." in result.stderr
    assert "aird plans advance hr/lead" in result.stderr


def test_a_running_plan_is_none(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/plans/hr/lead", PLAN)
    assert aird("plans", "get", "hr/lead").exit_code == 0
    assert aird("plans", "get", "hr/lead", "--yaml").stdout == "kind: Plan\n"


def test_a_plan_is_moved_on_and_stopped(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/plans/hr/lead/advance", PLAN)
    server.on("POST", "/api/v1/plans/hr/lead/cancel", {**PLAN, "state": "cancelled"})
    assert aird("plans", "advance", "hr/lead").exit_code == 0
    assert "cancelled" in aird("plans", "cancel", "hr/lead", "--reason", "No need.").stdout
    assert server.calls[1].json() == {"reason": "No need."}
    assert aird("plans", "cancel", "hr/lead").exit_code == 2


def test_a_template_is_printed_to_be_edited(aird: Callable[..., Result], server: StandIn) -> None:
    found = [{"name": "ladder", "title": "Ladder", "about": "Three steps.", "yaml": "kind: Plan\n"}]
    server.on("GET", "/api/v1/plans/templates", {"items": found, "next": None})
    assert "ladder" in aird("plans", "templates").stdout
    assert aird("plans", "templates", "ladder").stdout == "kind: Plan\n"
    assert aird("plans", "templates", "other").exit_code == 3
