from collections.abc import Callable
from typing import Any

from click.testing import Result

from tests.client.stand_in import StandIn

DESK = "/api/v1/endpoints/support/desk"
REPLICA = {
    "number": 0, "runtime": "vllm", "chip": "h100", "host": "node-1", "state": "starting",
    "reason": "The model is being loaded.", "took": 3 * 2**30,
}  # fmt: skip
FOUND: dict[str, Any] = {
    "name": "support/desk", "runtime": "vllm", "wanted_replicas": 2, "chip": "h100", "state": "starting",
    "reason": "", "replicas": [REPLICA],
}  # fmt: skip
KEEPS: dict[str, Any] = {
    "days": 30,
    "agreed": "Told on 1 May.",
    "kept": 4,
    "dataset": "support/desk-feedback",
    "readable": True,
}
Aird = Callable[..., Result]


def test_what_an_endpoint_runs_on_is_shown_and_only_what_is_named_is_changed(aird: Aird, server: StandIn) -> None:
    server.on("GET", DESK, FOUND)
    server.on("PATCH", f"{DESK}/capacity", FOUND)
    assert "node-1" in aird("deploy", "capacity", "support/desk").stdout
    assert not server.sent("PATCH", f"{DESK}/capacity")
    said = aird("deploy", "capacity", "support/desk", "--runtime", "default", "--replicas", "2")
    assert "3.0 GiB" in said.stdout
    aird("deploy", "capacity", "support/desk", "--chip", "cpu")
    sent = [each.json() for each in server.sent("PATCH", f"{DESK}/capacity")]
    assert sent == [{"runtime": None, "replicas": 2}, {"chip": "cpu"}]


def test_engines_are_listed_with_what_was_expected_of_them_and_what_they_took(aird: Aird, server: StandIn) -> None:
    engine = REPLICA | {
        "base": "sha256:" + "ab" * 32, "version": "0.32.0", "department": "support", "units": ["x", "y"],
        "estimate": {"total": 2**30}, "since": "2026-11-22T06:00:00Z",
    }  # fmt: skip
    server.page("/api/v1/engines", [engine])
    said = aird("deploy", "engines").stdout
    assert all(each in said for each in ("abababababab", "0.32.0", "1.0 GiB", "3.0 GiB"))


def test_keeping_what_is_said_is_switched_on_off_and_emptied(aird: Aird, server: StandIn) -> None:
    server.on("GET", f"{DESK}/capture", KEEPS)
    server.on("PUT", f"{DESK}/capture", KEEPS)
    assert "exchanges for 30 days" in aird("deploy", "capture", "support/desk").stdout
    assert not server.sent("PUT", f"{DESK}/capture")
    aird("deploy", "capture", "support/desk", "--days", "7", "--agreed", "By contract.")
    aird("deploy", "capture", "support/desk", "--erase")
    aird("deploy", "capture", "support/desk", "--off")
    assert aird("deploy", "capture", "support/desk", "--off", "--days", "7").exit_code == 2
    assert [each.json() for each in server.sent("PUT", f"{DESK}/capture")] == [
        {"days": 7, "agreed": "By contract.", "erase": False},
        {"days": 30, "agreed": "Told on 1 May.", "erase": True},
        {"days": None, "agreed": "", "erase": False},
    ]


def test_what_is_kept_is_read(aird: Aird, server: StandIn) -> None:
    exchange = {
        "created_at": "2026-11-22T06:00:00Z", "expires_at": "2026-12-22T06:00:00Z", "version": "support/agent@3",
        "messages": [{"role": "user", "content": "Who is [email]?"}], "answer": "A colleague.", "masked": {"email": 1},
    }  # fmt: skip
    server.page(f"{DESK}/exchanges", [exchange])
    said = aird("deploy", "exchanges", "support/desk").stdout
    assert "Who is [email]?" in said
    assert "1 email" in said
