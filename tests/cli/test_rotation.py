import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

JOB = {"id": "7", "kind": "merge.run", "state": "queued", "title": "Rotation"}
VERSION = {"ref": "support/agent@3", "name": "support/agent", "version": 3}
TRIAL = {
    "number": 0, "params": {"method": "tsv", "scale": 0.8, "rank": None}, "state": "complete", "mean": 0.97,
    "worst": 0.91, "rank": 16, "front": True, "held_out": [{"kept": 0.5}, {"kept": 0.75}],
}  # fmt: skip
SEARCH = {"job_id": "7", "trials": [TRIAL], "best": 0, "floors_met": True}


def sent(server: StandIn) -> dict[str, object]:
    """The recipe of the last order."""
    return json.loads(server.calls[-1].json()["yaml"])  # type: ignore[no-any-return]


def test_versions_are_merged_by_name_with_the_default_method(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/merges", JOB)
    assert aird("merge", "a/b@1", "c/d@2", "--model", "a/both", "--no-wait").stdout == "7\n"
    assert server.calls[-1].json()["model"] == "a/both"
    models = [{"model": ref, "parameters": {"weight": 1.0}} for ref in ("a/b@1", "c/d@2")]
    assert sent(server) == {"merge_method": "tsv", "models": models}


def test_method_weights_rank_and_finish_go_into_the_recipe(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/merges", JOB)
    options = ("--method", "ties", "--base", "p/base@1", "--weights", "0.6,0.4", "--rank", "16", "--full", "--finish")
    assert aird("merge", "a/b@1", "c/d@2", *options, "--no-wait").exit_code == 0
    recipe = sent(server)
    assert recipe["aird"] == {"rank": 16, "output": "full", "finish": True}
    assert (recipe["merge_method"], recipe["base_model"]) == ("ties", "p/base@1")
    assert [each["parameters"]["weight"] for each in recipe["models"]] == [0.6, 0.4]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "words",
    [
        ("a/b@1", "c/d@2", "--weights", "0.5"),
        ("a/b@1", "c/d@2", "--weights", "0.5,x"),
        ("a/b@1", "c/d@2", "--rank", "many"),
        ("a/b@1", "a/b@1"),
        ("recipe.yaml",),
        ("not a ref", "c/d@2"),
    ],
)
def test_what_makes_no_recipe_is_wrong_usage(
    aird: Callable[..., Result], server: StandIn, words: tuple[str, ...]
) -> None:
    result = aird("merge", *words)
    assert result.exit_code in (1, 2)
    assert result.stderr
    assert not server.calls


def test_options_beside_a_recipe_file_are_refused(aird: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("merge_method: tsv\n")
    result = aird("merge", str(tmp_path / "r.yaml"), "--rank", "8")
    assert result.exit_code == 2
    assert "--rank" in result.stderr


def test_a_search_shows_its_trials(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("merge_method: tsv\n")
    server.on("POST", "/api/v1/merges/search", JOB)
    server.on("GET", "/api/v1/jobs/7/events/stream", server.events())
    server.on("GET", "/api/v1/jobs/7", {**JOB, "state": "succeeded"})
    server.on("GET", "/api/v1/merges/searches/7", SEARCH)
    result = aird("search", str(tmp_path / "r.yaml"))
    assert result.exit_code == 0, result.output
    assert "method=tsv scale=0.8" in result.stdout
    assert result.stdout.splitlines()[1].split()[3:8] == ["0.970", "0.910", "0.625", "0.500", "16"]
    assert "The best meets every floor on the items that none was chosen by." in result.stderr


def test_no_word_of_floors_where_none_was_set(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("merge_method: tsv\n")
    server.on("POST", "/api/v1/merges/search", JOB)
    server.on("GET", "/api/v1/jobs/7/events/stream", server.events())
    server.on("GET", "/api/v1/jobs/7", {**JOB, "state": "succeeded"})
    server.on("GET", "/api/v1/merges/searches/7", {**SEARCH, "floors_met": False, "space": {"floors": {}}})
    assert "floor" not in aird("search", str(tmp_path / "r.yaml")).stderr


def test_a_plan_of_many_shows_the_closest_pairs(aird: Callable[..., Result], server: StandIn) -> None:
    pairs = [{"one": "a/b@1", "other": f"c/d@{n}", "cosine": n / 100, "overlap": None} for n in range(1, 31)]
    said = {"level": "note", "message": "Examine it first."}
    plan = {"parents": [{"ref": "a/b@1", "weight": 1 / 3, "rank": 0}], "method": "tsv", "rank": 0}
    plan |= {"interference": pairs, "notes": ["Examine it first.", "In float32."], "findings": [said]}
    server.on("POST", "/api/v1/merges/plan", plan)
    result = aird("merge", "a/b@1", "c/d@1", "--model", "a/both", "--dry-run")
    shown = [line.split()[1:3] for line in result.stdout.splitlines() if line.startswith("a/b@1") and "c/d" in line]
    assert shown == [[f"c/d@{n}", f"{n / 100:.3f}"] for n in range(30, 20, -1)]
    assert "20 more pairs" in result.stderr
    assert "notes   In float32." in result.stdout
    assert result.output.count("Examine it first.") == 1
    assert "0.333" in result.stdout
    assert not [line for line in result.stdout.splitlines() if line.startswith("rank")]


def test_a_measurement_goes_with_a_dry_run(aird: Callable[..., Result], server: StandIn) -> None:
    result = aird("merge", "a/b@1", "c/d@2", "--measure")
    assert (result.exit_code, server.calls) == (2, [])
    assert "--dry-run" in result.stderr


def test_a_parent_is_taken_out_by_the_recipe_without_it(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("POST", "/api/v1/merges/without", {"yaml": "merge_method: tsv\n"})
    server.on("POST", "/api/v1/merges", JOB)
    assert aird("without", "a/both@1", "c/d@2", "--dry-run").stdout == "merge_method: tsv\n"
    assert server.calls[-1].json() == {"version": "a/both@1", "without": ["c/d@2"]}
    assert aird("without", "a/both@1", "c/d@2", "--no-wait").stdout == "7\n"
    assert server.calls[-1].json() == {"yaml": "merge_method: tsv\n"}


@pytest.mark.parametrize(
    ("words", "path", "said"),
    [
        (("extract", "a/b@1", "--rank", "8"), "extract", {"rank": 8, "energy": 0.99}),
        (("bake", "a/b@1", "--model", "a/whole"), "bake", {"model": "a/whole"}),
        (("quantize", "a/b@1"), "quantize", {"format": "int8"}),
        (("export", "a/b@1", "--weights", "f16"), "export", {"weights": "f16"}),
    ],
)
def test_one_version_is_made_from_another(
    aird: Callable[..., Result], server: StandIn, words: tuple[str, ...], path: str, said: dict[str, object]
) -> None:
    server.on("POST", f"/api/v1/merges/{path}", JOB)
    assert aird(*words, "--no-wait").stdout == "7\n"
    assert said.items() <= server.calls[-1].json().items()
    assert server.calls[-1].json()["version"] == "a/b@1"


@pytest.mark.parametrize(("same", "exit_code"), [(True, 0), (False, 1)])
def test_a_version_that_cannot_be_made_again_is_a_failure(
    aird: Callable[..., Result], server: StandIn, same: bool, exit_code: int
) -> None:
    done = {**JOB, "state": "succeeded", "result": {"same": same, "expected": "sha256:a", "found": "sha256:b"}}
    server.on("GET", "/api/v1/models/support/agent/versions/3", VERSION)
    server.on("POST", "/api/v1/models/support/agent/versions/3/reproduce", JOB)
    server.on("GET", "/api/v1/jobs/7/events/stream", server.events())
    server.on("GET", "/api/v1/jobs/7", done)
    result = aird("reproduce", "support/agent@3")
    assert result.exit_code == exit_code, result.output
    assert ("sha256:b" in result.stderr) is not same
