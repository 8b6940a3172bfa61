"""`aird exams` and `aird mentors` against the stand-in."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.client.stand_in import StandIn

JOB = {"id": "7", "kind": "evaluation.compare", "state": "queued", "result": None, "seconds": None}
RUN = {
    "id": "r1", "version": "hr/a@2", "suite": "hr/exam", "score": 0.75, "low": 0.6, "high": 0.9, "items": 40,
    "metric": "accuracy", "at": "2026-11-26T10:00:00Z",
}  # fmt: skip


def test_suites_and_results_are_listed(aird: Callable[..., Result], server: StandIn) -> None:
    suite = {"name": "hr/exam", "slot": "skill", "skill": "leave", "scorer": "choice", "items": 40, "dataset": "hr/d@1",
             "title": "Exam"}  # fmt: skip
    server.page("/api/v1/suites", [suite])
    server.page("/api/v1/evaluations", [RUN])
    assert "hr/exam  skill  leave  choice  40" in aird("exams", "ls").stdout
    assert "0.750  0.600-0.900" in aird("exams", "results", "--suite", "hr/exam").stdout
    assert server.calls[-1].query == {"suite": "hr/exam"}


def test_a_run_is_explained_item_by_item(aird: Callable[..., Result], server: StandIn) -> None:
    asked = {"messages": [{"role": "user", "content": "How many\ndays?"}], "choices": None, "wanted": "30"}
    items = [
        {"id": "i1", "change": "lost", "answer": "20", "asked": asked},
        {"id": "i2", "change": "lost", "asked": None},
    ]
    found = {
        "run": RUN,
        "against": {**RUN, "version": "hr/a@1"},
        "tally": {"won": 0, "lost": 2},
        "items": items,
        "next": "2",
    }
    server.on("GET", "/api/v1/evaluations/r1", found)
    result = aird("exams", "explain", "r1", "--only", "lost")
    assert "hr/a@1 (0.750)" in result.stdout
    assert "i1    lost  20      30      How many days?" in result.stdout
    assert "There are more" in result.stderr
    assert server.calls[0].query == {"change": "lost"}


def test_two_versions_are_compared(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/comparisons", JOB)
    said = ("exams", "compare", "hr/a@2", "hr/a@1", "hr/exam", "--no-wait")
    assert aird(*said, "--margin", "0.03").stdout == "7\n"
    assert server.calls[0].json() == {
        "version": "hr/a@2", "reference": "hr/a@1", "suites": ["hr/exam"], "question": "better", "margin": 0.03,
    }  # fmt: skip
    assert aird(*said, "--margin", "2").exit_code == 2


def test_a_task_of_another_harness_becomes_a_suite(
    aird: Callable[..., Result], server: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "task.yaml").write_text("task: leave\n")
    (tmp_path / "docs.jsonl").write_text('{"q": "?"}\n')
    server.on(
        "POST", "/api/v1/suites/import", {"task": "leave", "scorer": "choice", "items": 1, "notes": ["No shots."]}
    )
    result = aird("exams", "import", "hr/leave", str(tmp_path / "task.yaml"), str(tmp_path / "docs.jsonl"))
    assert "No shots." in result.stderr
    assert "Added hr/leave." in result.stderr
    assert server.calls[0].json() == {
        "name": "hr/leave", "yaml": "task: leave\n", "documents": '{"q": "?"}\n', "dry_run": False,
    }  # fmt: skip


def test_who_should_teach_whom_is_listed(aird: Callable[..., Result], server: StandIn) -> None:
    match = {"teacher": "hr/a@1", "student": "hr/b@1", "skill": "leave", "gain": 0.2, "way": "logits",
             "stops": [{"code": "x", "message": "Another tokenizer."}]}  # fmt: skip
    server.on("GET", "/api/v1/mentoring/matches", {"items": [match], "skills": ["leave"]})
    result = aird("mentors", "--student", "hr/b@1")
    assert "hr/a@1   hr/b@1   leave  +0.200  logits  Another tokenizer." in result.stdout
    assert json.loads(aird("mentors", "--json").stdout)["skills"] == ["leave"]


def test_skills_are_shown_by_skill_and_by_slot(aird: Callable[..., Result], server: StandIn) -> None:
    cell = {"score": 0.7, "low": 0.6, "high": 0.8, "items": 80, "exams": 2, "worst": "hr/a", "worst_score": 0.5}
    groups = [{"key": "skill:leave", "slot": "skill", "skill": "leave", "suites": ["hr/a"]},
              {"key": "safety:harm", "slot": "safety", "skill": "harm", "suites": ["hr/b"]}]  # fmt: skip
    row = {"ref": "hr/a@2", "kind": "adapter", "state": "approved", "cells": {"skill:leave": cell, "safety:harm": None}}
    server.on("GET", "/api/v1/skills/groups", {"groups": groups, "rows": [row], "next": "x"})
    result = aird("exams", "skills", "--every", "--slot", "skill")
    assert "LEAVE" in result.stdout
    assert "0.700 (0.600-0.800), n=80" in result.stdout
    assert "There are more" in result.stderr
    assert server.calls[0].query == {"by": "skill", "slot": "skill", "all": "true"}


def test_the_evolution_of_a_skill_is_shown(aird: Callable[..., Result], server: StandIn) -> None:
    step = {"against": 1, "difference": 0.05, "low": 0.01, "high": 0.09, "items": 40, "won": 4, "lost": 2}
    point = {"version": 2, "ref": "hr/a@2", "state": "draft", "score": 0.75, "low": 0.6, "high": 0.9, "items": 40,
             "at": "2026-11-26T10:00:00Z", "step": step}  # fmt: skip
    course = {"suite": "hr/exam", "title": "Exam", "skill": "leave", "slot": "skill", "metric": "accuracy"}
    courses = [{**course, "points": [{**point, "version": 1, "step": None}, point]}]
    server.on("GET", "/api/v1/models/hr/a/skills", {"model": "hr/a", "courses": courses, "cut": False})
    result = aird("exams", "evolution", "hr/a")
    assert "+5.0 points (+1.0 to +9.0), 4 won, 2 lost against @1" in result.stdout
    assert "No version" in aird("exams", "evolution", "hr/a", "--suite", "hr/other").stderr
