"""`aird datasets` beyond adding: how files are read, previews, reports, cleaning, terms, erasure."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

JOB = {"id": "7", "kind": "datasets.examine", "state": "queued", "result": None, "seconds": None}
FILE = {
    "file": "calls.csv", "split": None, "format": "chat", "layouts": {"columns": 2}, "items": 1, "refused_rows": 1,
    "dropped": {"date": 1}, "converted": [{"messages": []}],
    "refused": [{"line": 3, "reason": "empty_text", "message": "the answer is empty."}], "error": None,
}  # fmt: skip


@pytest.fixture
def calls(tmp_path: Path) -> str:
    (tmp_path / "calls.csv").write_text("q,a\nHi,Hello\n")
    return str(tmp_path / "calls.csv")


def test_a_preview_shows_what_is_refused_and_fails_then(
    aird: Callable[..., Result], server: StandIn, calls: str
) -> None:
    server.on("POST", "/api/v1/datasets/preview", {"files": [FILE], "ready": False})
    result = aird("datasets", "preview", calls, "--column", "instruction=q", "--column", "output=a", "--drop")
    assert result.exit_code == 1
    assert "calls.csv line 3: the answer is empty." in result.stderr
    assert '{"messages": []}' in result.stdout
    sent = server.calls[0].body.decode()
    assert '{"instruction": "q", "output": "a"}' in sent
    assert "calls.csv" in sent


def test_files_are_read_and_dealt_out_as_asked(aird: Callable[..., Result], server: StandIn, calls: str) -> None:
    server.on("GET", "/api/v1/datasets/hr/calls", {"kind": "training"})
    server.on("POST", "/api/v1/datasets/hr/calls/versions", {"ref": "hr/calls@1", "items": 2})
    result = aird("datasets", "add", "hr/calls", calls, "--share", "train=0.9", "--share", "exam=0.1")
    assert result.stdout == "hr/calls@1\n"
    assert '{"train": 0.9, "exam": 0.1}' in server.calls[-1].body.decode()


@pytest.mark.parametrize("wrong", [("--share", "train"), ("--share", "train=much"), ("--column", "=q")])
def test_options_without_sense_are_refused(aird: Callable[..., Result], calls: str, wrong: tuple[str, str]) -> None:
    assert aird("datasets", "add", "hr/calls", calls, *wrong).exit_code == 2


def test_the_report_is_shown(aird: Callable[..., Result], server: StandIn) -> None:
    report = {
        "ref": "hr/calls@1", "verdict": "blocked", "blocked": ["train"], "examined_at": "2026-11-26T10:00:00Z",
        "findings": {"leak": 3},
        "remarks": [{"level": "stop", "code": "leak", "message": "Three items are in an exam."}],
    }  # fmt: skip
    server.on("GET", "/api/v1/datasets/hr/calls/versions/1/report", {"report": report, "outdated": True})
    result = aird("datasets", "report", "hr/calls@1")
    assert "blocked" in result.stdout
    assert "leak" in result.stdout
    assert "exams were made since" in result.stdout
    assert "stop: Three items are in an exam." in result.stderr
    assert aird("datasets", "report", "hr/calls").exit_code == 2


def test_a_version_is_examined_and_cleaned(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/datasets/hr/calls/versions/1/examine", JOB)
    server.on("POST", "/api/v1/datasets/hr/calls/versions/1/clean", JOB)
    assert aird("datasets", "examine", "hr/calls@1", "--no-wait").stdout == "7\n"
    assert aird("datasets", "clean", "hr/calls@1", "--without", "leak", "--no-wait").stdout == "7\n"
    assert server.calls[-1].json() == {"leave_out": ["leak"]}


def test_terms_are_said_anew(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("PATCH", "/api/v1/datasets/hr/calls", {"name": "hr/calls", "license": "cc-by-4.0"})
    result = aird("datasets", "terms", "hr/calls", "--license", "cc-by-4.0", "--keep-days", "0", "--reason", "Agreed.")
    assert "cc-by-4.0" in result.stdout
    assert server.calls[0].json() == {"license": "cc-by-4.0", "retention_days": 0, "reason": "Agreed."}


def test_erasing_asks_first(aird: Callable[..., Result], server: StandIn) -> None:
    erased = {"refs": ["hr/calls@1"], "bytes": 2048, "shared": [], "affected": 2, "deployed": 1}
    server.on("POST", "/api/v1/datasets/hr/calls/versions/1/erase", erased)
    said = ("datasets", "erase", "hr/calls@1", "--reason", "Withdrawn.")
    assert aird(*said, input="n\n").exit_code == 130
    assert server.calls == []
    assert "2.0 KiB" in aird(*said, "--yes").stdout
