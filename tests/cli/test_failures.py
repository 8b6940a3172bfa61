import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from aird.cli.failures import failure_of
from aird.core.errors import Conflict, NotFound
from tests.client.stand_in import StandIn


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (400, "bad_input", 1),
        (401, "not_authenticated", 4),
        (403, "not_permitted", 4),
        (404, "job_not_found", 3),
        (409, "moved_on", 6),
        (409, "gate_failed", 5),
        (422, "gate_failed", 5),
        (422, "refused", 1),
        (500, "internal_error", 1),
        (503, "unavailable", 1),
    ],
)
def test_a_script_can_branch_on_what_went_wrong(
    aird: Callable[..., Result], server: StandIn, status: int, code: str, exit_code: int
) -> None:
    server.on("GET", "/api/v1/jobs/7", server.problem(status, code, "Because of this."))
    result = aird("jobs", "get", "7", "--json")
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert "Because of this." in result.stderr


def test_the_same_call_without_a_problem_is_a_success(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/jobs/7", {"id": "7"})
    result = aird("jobs", "get", "7", "--json")
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (0, {"id": "7"}, "")


def test_a_failure_says_what_why_and_what_next(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/jobs/7", server.problem(401, "not_authenticated", "The token is unknown."))
    said = aird("jobs", "get", "7").stderr.splitlines()
    assert said[:2] == ["Error: Refused.", "  The token is unknown."]
    assert said[2].startswith("  Next: Set AIRD_TOKEN")


def test_every_field_of_a_malformed_request_is_named(aird: Callable[..., Result], server: StandIn) -> None:
    fields = [{"field": "body.name", "reason": "too short"}, {"field": "body.days", "reason": "too many"}]
    server.on(
        "POST",
        "/api/v1/tokens",
        server.problem(422, "invalid_request", "body.name: too short", fields=fields),
    )
    result = aird("tokens", "create", "--name", "x")
    assert result.exit_code == 1
    assert "body.days: too many" in result.stderr


def test_no_server_on_this_machine_says_how_to_start_one(
    aird: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, env: dict[str, str]
) -> None:
    del env["AIRD_URL"]
    monkeypatch.delenv("AIRD_URL")
    result = aird("models", "ls")
    assert result.exit_code == 1
    assert "aird up" in result.stderr
    assert env["AIRD_DATA_DIR"] in result.stderr


@pytest.mark.parametrize("before", [True, False])
def test_the_server_of_a_data_folder_is_found(
    aird: Callable[..., Result], server: StandIn, tmp_path: Path, before: bool
) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"url": server.url, "pid": 1, "token": "local"}))
    server.page("/api/v1/versions", [])
    folder = ["--data-dir", str(tmp_path)]
    result = aird(*folder, "models", "ls") if before else aird("models", "ls", *folder)
    assert result.exit_code == 0
    assert server.calls[0].headers["authorization"] == "Bearer local"


def test_a_server_that_died_says_how_to_start_it_again(aird: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": 1, "token": "t"}))
    result = aird("models", "ls", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "Next: Start it again: aird up" in result.stderr


def test_two_servers_at_once_are_wrong_usage(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    assert aird("models", "ls", "--url", server.url, "--data-dir", str(tmp_path)).exit_code == 2


def test_a_bad_name_is_wrong_usage(aird: Callable[..., Result]) -> None:
    result = aird("models", "get", "nonsense")
    assert result.exit_code == 2
    assert "department/name" in result.stderr


def test_errors_of_this_process_have_the_same_exit_codes() -> None:
    found = [failure_of(error("Because.")) for error in (NotFound, Conflict)]
    assert [each and each.exit_code for each in found] == [3, 6]


def test_a_bug_is_not_dressed_up_as_a_failure() -> None:
    assert failure_of(KeyError("x")) is None
