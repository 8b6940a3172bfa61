import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

JOB = {"id": "7", "kind": "training.sft", "state": "queued", "result": None, "seconds": None}
DONE = {**JOB, "state": "succeeded", "seconds": 65.0, "result": {"version": "support/agent@4"}}
STREAM = "/api/v1/jobs/7/events/stream"


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "recipe.yaml").write_text("# 轮岗\nkind: Train\n", encoding="utf-8")
    return str(tmp_path / "recipe.yaml")


def steps(server: StandIn, count: int) -> Any:
    done = [
        (i + 1, "progress", {"stage": "train", "step": i, "total": count, "metrics": {"loss": 1 / (i + 1)}})
        for i in range(count + 1)
    ]
    return server.events(*done)


@pytest.mark.parametrize(("command", "path"), [("train", "trainings"), ("distill", "distillations")])
def test_a_recipe_is_sent_as_it_is_and_its_job_is_watched(
    aird: Callable[..., Result], server: StandIn, recipe: str, command: str, path: str
) -> None:
    server.on("POST", f"/api/v1/{path}", JOB)
    server.on("GET", STREAM, steps(server, 4))
    server.on("GET", "/api/v1/jobs/7", DONE)
    result = aird(command, recipe)
    assert (result.exit_code, result.stdout) == (0, "version  support/agent@4\n")
    assert "training.sft succeeded in 1 min 05 s" in result.stderr
    assert server.calls[0].json() == {"yaml": "# 轮岗\nkind: Train\n"}


def test_progress_is_one_line_per_ten_percent(aird: Callable[..., Result], server: StandIn, recipe: str) -> None:
    server.on("POST", "/api/v1/trainings", JOB)
    server.on("GET", STREAM, steps(server, 500))
    server.on("GET", "/api/v1/jobs/7", DONE)
    said = [line for line in aird("train", recipe).stderr.splitlines() if "%" in line]
    assert len(said) == 11
    assert said[3] == "training.sft: 30% train 150/500 loss 0.006623"


def test_without_waiting_the_job_is_named(aird: Callable[..., Result], server: StandIn, recipe: str) -> None:
    server.on("POST", "/api/v1/trainings", JOB)
    assert aird("train", recipe, "--no-wait").stdout == "7\n"
    assert json.loads(aird("train", recipe, "--no-wait", "--json").stdout) == JOB


def test_waiting_with_json_prints_the_final_job_alone(
    aird: Callable[..., Result], server: StandIn, recipe: str
) -> None:
    server.on("POST", "/api/v1/trainings", JOB)
    server.on("GET", STREAM, server.events())
    server.on("GET", "/api/v1/jobs/7", DONE)
    assert json.loads(aird("train", recipe, "--json").stdout) == DONE


@pytest.mark.parametrize(("state", "code", "exit_code"), [
    ("failed", "diverged", 1), ("failed", "gate_failed", 5), ("cancelled", None, 1),
])  # fmt: skip
def test_a_job_that_does_not_succeed_is_a_failure(
    aird: Callable[..., Result], server: StandIn, recipe: str, state: str, code: str | None, exit_code: int
) -> None:
    error = {"code": code, "message": "The loss is not a number."} if code else None
    server.on("POST", "/api/v1/trainings", JOB)
    server.on("GET", STREAM, server.events())
    server.on("GET", "/api/v1/jobs/7", {**JOB, "state": state, "error": error, "reason": "by ann"})
    result = aird("train", recipe)
    assert result.exit_code == exit_code
    assert "Next: aird jobs logs 7" in result.stderr
    assert ("The loss is not a number." if code else "by ann") in result.stderr


def test_a_merge_takes_mergekit_yaml_and_a_name_for_the_child(
    aird: Callable[..., Result], server: StandIn, recipe: str
) -> None:
    server.on("POST", "/api/v1/merges", JOB)
    assert aird("merge", recipe, "--model", "support/agent", "--no-wait").exit_code == 0
    assert server.calls[0].json() == {"yaml": "# 轮岗\nkind: Train\n", "model": "support/agent"}


def test_a_recipe_may_say_itself_where_the_child_is_filed(
    aird: Callable[..., Result], server: StandIn, recipe: str
) -> None:
    server.on("POST", "/api/v1/merges", JOB)
    assert aird("merge", recipe, "--no-wait").stdout == "7\n"
    assert server.calls[0].json() == {"yaml": "# 轮岗\nkind: Train\n"}


def test_a_dry_run_merges_nothing(aird: Callable[..., Result], server: StandIn, recipe: str) -> None:
    plan = {
        "method": "linear", "rank": 16, "exact": True, "statement": "The sum is exact.", "bytes": 2048,
        "parents": [{"ref": "a/b@1", "weight": 0.5, "rank": 8}],
    }  # fmt: skip
    server.on("POST", "/api/v1/merges/plan", plan)
    said = aird("merge", recipe, "--dry-run").stdout
    assert "a/b@1   0.500   8" in said
    assert "The sum is exact." in said
    assert json.loads(aird("merge", recipe, "--dry-run", "--json").stdout) == plan
    assert not server.sent("POST", "/api/v1/merges")


def test_an_evaluation_is_read_from_yaml(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "eval.yaml").write_text("versions: [a/b@1, a/c]\nsuites: [a/exam]\nsplit: dev\n")
    server.on("POST", "/api/v1/evaluations", JOB)
    assert aird("eval", str(tmp_path / "eval.yaml"), "--no-wait").stdout == "7\n"
    assert server.calls[0].json() == {"versions": ["a/b@1", "a/c"], "suites": ["a/exam"], "split": "dev"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "versions: a/b",
        "versions: [1]",
        "versions: [a/b]\nsuite: x",
        "versions: [a/b]\nsuites: x",
        ": :[",
    ],
)
def test_an_evaluation_that_cannot_be_meant_is_wrong_usage(
    aird: Callable[..., Result], server: StandIn, text: str
) -> None:
    result = aird("eval", "-", input=text)
    assert result.exit_code == 2
    assert not server.calls


def test_a_recipe_can_come_from_a_pipe(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/trainings", JOB)
    assert aird("train", "-", "--no-wait", input="kind: Train\n").exit_code == 0
    assert server.calls[0].json() == {"yaml": "kind: Train\n"}


def test_a_recipe_that_is_no_text_is_wrong_usage(aird: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    assert aird("train", str(tmp_path / "x")).exit_code == 2
