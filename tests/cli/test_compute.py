"""`aird compute`, `quotas` and what jobs tell of their place, against the stand-in."""

import json
from collections.abc import Callable

from click.testing import Result

from tests.client.stand_in import StandIn

HOLDER = {
    "title": "Train support/agent",
    "kind": "training.sft",
    "department": "support",
    "since": "2026-11-26T10:00:00Z",
}
QUOTA = {
    "department": "hr", "flavour": "h100", "held": 1, "guarantee": 0, "deserved": 2, "limit": 4, "weight": 1.0,
    "waiting": 3,
}  # fmt: skip
BOARD = {
    "machines": [
        {
            "name": "node-1", "alive": True, "slots": 2, "memory": 2**34, "slot_holders": [HOLDER],
            "chips": [{"flavour": "h100", "index": 0, "memory": 2**36, "holder": None}],
        }
    ],
    "waiting": [{"position": 1, "title": "Exam", "department": "hr", "alike": 3, "reason": "Waits: its limit is 4."}],
    "waiting_jobs": 3, "blocked_jobs": 1, "quotas": [QUOTA],
}  # fmt: skip


def test_the_board_shows_who_holds_what_and_who_waits(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/compute", BOARD)
    result = aird("compute")
    assert "Train support/agent" in result.stdout
    assert "h100 0" in result.stdout
    assert "its limit is 4." in result.stdout
    assert "3 jobs wait for room, 1 for other jobs" in result.stderr
    assert json.loads(aird("compute", "--json").stdout) == BOARD


def test_a_quota_is_set_listed_and_taken_away(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/compute", BOARD)
    server.on("PUT", "/api/v1/quotas/hr/h100", QUOTA)
    server.on("DELETE", "/api/v1/quotas/hr/h100", None)
    assert "hr          h100     1" in aird("quotas", "ls").stdout
    assert aird("quotas", "set", "hr", "h100", "--deserved", "2", "--limit", "4").exit_code == 0
    assert server.calls[-1].json() == {"guarantee": 0, "deserved": 2, "limit": 4, "weight": 1.0}
    assert aird("quotas", "rm", "hr", "h100").exit_code == 0
    assert aird("quotas", "set", "hr", "h100", "--weight", "0").exit_code == 2


def test_a_job_is_ordered_once_more_and_says_why_it_waits(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/jobs/7/clone", {"id": "8", "state": "queued"})
    decision = {"at": "2026-11-26T10:00:00Z", "verdict": "waits", "reason": "Waits: hr holds 4.", "data": {}}
    server.on("GET", "/api/v1/jobs/7/decisions", [decision])
    assert aird("jobs", "clone", "7", "--title", "Again").stdout == "8\n"
    assert server.calls[0].json() == {"title": "Again"}
    assert "Waits: hr holds 4." in aird("jobs", "why", "7").stdout
