import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

NEW = {"number": 2, "version": "support/agent@3", "digest": "sha256:" + "cd" * 32}
OLD = {"number": 1, "version": "support/agent@2", "digest": "sha256:" + "ab" * 32}
APPROVAL = {"id": "1", "version": NEW["version"], "digest": NEW["digest"], "endpoint": "support/desk"}
DESK, DEPLOY = "/api/v1/endpoints/support/desk", "/api/v1/endpoints/support/desk/deploy"
ROLLOUTS = DESK + "/rollouts"


def endpoint(state: str, current: Any, serving: Any, reason: str = "") -> dict[str, Any]:
    return {
        "name": "support/desk", "state": state, "reason": reason, "current": current, "serving": serving,
        "previous": None, "since": "2026-11-22T06:00:00Z", "model": "support/desk",
    }  # fmt: skip


def test_endpoints_are_listed_with_what_answers(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/endpoints", [endpoint("starting", NEW, OLD, "loading weights")])
    said = aird("deploy", "ls").stdout
    assert "starting  loading weights  support/agent@3  support/agent@2  abababababab" in said


def test_an_endpoint_is_opened(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/endpoints", endpoint("empty", None, None))
    assert json.loads(aird("deploy", "create", "support/desk", "--json").stdout)["state"] == "empty"
    assert server.calls[0].json() == {"name": "support/desk", "title": "Desk"}


def test_promoting_waits_until_the_new_bytes_answer(aird: Callable[..., Result], server: StandIn) -> None:
    server.page(ROLLOUTS, [])
    server.page("/api/v1/approvals", [APPROVAL])
    server.on("POST", DEPLOY, endpoint("ready", NEW, OLD))
    server.on("GET", DESK, endpoint("ready", NEW, OLD), endpoint("ready", NEW, NEW))
    result = aird("deploy", "promote", "support/desk")
    assert result.exit_code == 0
    assert "answers   support/agent@3" in result.stdout
    assert server.sent("GET", "/api/v1/approvals")[0].query["endpoint"] == "support/desk"
    assert server.sent("POST", DEPLOY)[0].json() == {
        "approval": "1", "version": NEW["version"], "digest": NEW["digest"]
    }  # fmt: skip
    assert len(server.sent("GET", DESK)) == 2


def test_promoting_can_be_left_to_the_server(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/approvals/1", APPROVAL)
    server.on("POST", DEPLOY, endpoint("starting", NEW, OLD))
    assert aird("deploy", "promote", "support/desk", "--approval", "1", "--no-wait").exit_code == 0
    assert not server.sent("GET", DESK)


def test_nothing_approved_cannot_be_promoted(aird: Callable[..., Result], server: StandIn) -> None:
    server.page(ROLLOUTS, [])
    server.page("/api/v1/approvals", [])
    result = aird("deploy", "promote", "support/desk")
    assert result.exit_code == 3
    assert "aird approvals new" in result.stderr


@pytest.mark.parametrize("state", ["failed", "starting"])
def test_an_endpoint_that_does_not_come_up_is_a_failure(
    aird: Callable[..., Result], server: StandIn, state: str
) -> None:
    server.page(ROLLOUTS, [])
    server.on("POST", "/api/v1/endpoints/support/desk/rollback", endpoint("starting", OLD, NEW))
    server.on("GET", DESK, endpoint(state, OLD, None, "out of memory"))
    result = aird("deploy", "rollback", "support/desk", "-m", "It errs.", "--timeout", "0")
    assert result.exit_code == 1
    assert "out of memory" in result.stderr


def test_rolling_back_gives_its_reason(aird: Callable[..., Result], server: StandIn) -> None:
    server.page(ROLLOUTS, [])
    server.on("POST", "/api/v1/endpoints/support/desk/rollback", endpoint("starting", OLD, NEW))
    server.on("GET", DESK, endpoint("ready", OLD, OLD))
    assert aird("deploy", "rollback", "support/desk").exit_code == 2
    assert aird("deploy", "rollback", "support/desk", "-m", "It errs.").exit_code == 0
    assert server.sent("POST", DESK + "/rollback")[0].json() == {"reason": "It errs."}
