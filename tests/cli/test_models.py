import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

SKILL = {"suite": "support/exam", "score": 0.8333, "low": 0.79, "high": 0.87, "items": 300}
VERSION = {
    "name": "support/agent", "version": 3, "ref": "support/agent@3", "kind": "adapter", "state": "approved",
    "digest": "sha256:" + "ab" * 32, "bytes": 4_400_000, "base": "house/base@1", "skills": [SKILL],
    "created_at": "2026-11-22T06:00:00.123Z", "created_by": "ann", "parameters": 100_000,
    "license": "Apache-2.0",
}  # fmt: skip
FULL = {
    **VERSION, "title": "Agent", "parents": [{"ref": "house/base@1", "relation": "base", "weight": None}],
    "files": [{"path": "adapter_config.json", "size": 512, "digest": "sha256:0"}], "notes": "First\nsecond",
    "training": {"job_id": "7", "kind": "training.sft"},
}  # fmt: skip


def test_models_are_listed_as_json_with_all_pages(aird: Callable[..., Result], server: StandIn) -> None:
    pages = [{"items": [VERSION], "next": "2"}, {"items": [{**VERSION, "version": 4}], "next": None}]
    server.on("GET", "/api/v1/versions", *pages)
    found = json.loads(aird("models", "ls", "--json").stdout)
    assert [each["version"] for each in found] == [3, 4]
    assert {"name", "version", "kind", "state", "digest", "skills"} <= found[0].keys()


def test_models_are_listed_as_a_table_that_is_not_cut_in_a_pipe(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/versions", [VERSION])
    head, row = aird("models", "ls").stdout.splitlines()
    assert head.split() == ["VERSION", "KIND", "STATE", "BASE", "SKILLS", "SIZE", "DIGEST"]
    assert row == (
        "support/agent@3  adapter  approved  house/base@1  support/exam 0.833 (0.790-0.870)  4.2 MiB  abababababab"
    )


def test_filters_and_the_limit_reach_the_server(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/versions", [VERSION, VERSION])
    result = aird("models", "ls", "--department", "support", "--state", "approved", "--all", "--limit", "1", "--json")
    assert len(json.loads(result.stdout)) == 1
    query = server.calls[0].query
    assert (query["department"], query["state"], query["all"]) == ("support", "approved", "true")


def test_an_empty_list_says_how_to_begin_and_prints_no_data(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/versions", [])
    result = aird("models", "ls")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "aird models add" in result.stderr
    assert aird("models", "ls", "--json").stdout == "[]\n"


def test_the_versions_of_a_model_are_listed(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/models/support/agent/versions", [VERSION])
    assert json.loads(aird("models", "versions", "support/agent", "--json").stdout)[0]["ref"] == "support/agent@3"


def test_one_version_is_shown(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/models/support/agent/versions/3", FULL)
    said = aird("models", "get", "support/agent@3").stdout
    for part in (
        "house/base@1 (base)",
        "2026-11-22 06:00:00Z by ann",
        "on 300 items",
        "adapter_config.json  512 B",
    ):
        assert part in said
    assert json.loads(aird("models", "get", "support/agent@3", "--json").stdout)["version"] == 3


def test_lineage_is_shown(aird: Callable[..., Result], server: StandIn) -> None:
    ancestor = {
        "ref": "house/base@1",
        "relation": "base",
        "weight": None,
        "depth": 1,
        "of": "support/agent@3",
    }
    found = {"ancestors": [ancestor], "descendants": []}
    server.on("GET", "/api/v1/models/support/agent/versions/3/lineage", found)
    assert "ancestor  1      house/base@1  base" in aird("models", "lineage", "support/agent@3").stdout
    assert json.loads(aird("models", "lineage", "support/agent@3", "--json").stdout) == found


def test_a_folder_becomes_a_version_of_a_new_model(
    aird: Callable[..., Result], server: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text("{}")
    server.on("POST", "/api/v1/models", {"name": "support/agent"})
    server.on("POST", "/api/v1/models/support/agent/versions", VERSION)
    result = aird("models", "add", "support/agent", str(tmp_path), "--base", "house/base@1", "--title", "Agent")
    assert (result.exit_code, result.stdout) == (0, "support/agent@3\n")
    assert "100% sent; the server checks the files" in result.stderr
    created, uploaded = server.calls[-2:]
    assert created.json() == {"name": "support/agent", "title": "Agent"}
    assert [part[0] for part in uploaded.parts()] == ["base", "files"]


def test_a_folder_that_is_missing_is_wrong_usage(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    assert aird("models", "add", "support/agent", str(tmp_path / "missing")).exit_code == 2
    assert aird("models", "add", "support/agent", str(tmp_path / "data")).exit_code == 2
    assert not server.calls


def test_an_empty_folder_creates_no_model(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    result = aird("models", "add", "support/agent", str(tmp_path))
    assert result.exit_code == 1
    assert "There is nothing to upload." in result.stderr
    assert not server.calls


def test_files_become_the_splits_of_a_data_set(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    for name in ("train.jsonl", "exam.jsonl"):
        (tmp_path / name).write_text("{}\n")
    (tmp_path / "card.md").write_text("# Where from")
    server.on("POST", "/api/v1/datasets", {})
    server.on("POST", "/api/v1/datasets/support/faq/versions", {"ref": "support/faq@1", "items": 2})
    result = aird("datasets", "add", "support/faq", str(tmp_path), "--card", str(tmp_path / "card.md"))
    assert result.stdout == "support/faq@1\n"
    created, uploaded = server.calls[-2:]
    assert created.json()["kind"] == "training"
    assert [part[1] for part in uploaded.parts()] == [None, "exam.jsonl", "train.jsonl"]


@pytest.mark.parametrize("names", [["data.zip"], ["a/train.jsonl", "b/train.jsonl"], ["a"]])
def test_files_that_are_no_splits_are_wrong_usage(
    aird: Callable[..., Result], server: StandIn, tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).mkdir() if name == "a" else (tmp_path / name).write_text("{}")
    result = aird("datasets", "add", "support/faq", *(str(tmp_path / name) for name in names))
    assert result.exit_code == 2
    assert not server.calls


def test_a_data_set_keeps_its_kind(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "exam.jsonl").write_text("{}\n")
    server.on("GET", "/api/v1/datasets/support/faq", {"kind": "training"})
    server.on("POST", "/api/v1/datasets/support/faq/versions", {"ref": "support/faq@2", "items": 1})
    file = str(tmp_path / "exam.jsonl")
    assert aird("datasets", "add", "support/faq", file, "--kind", "exam").exit_code == 6
    assert aird("datasets", "add", "support/faq", file, "--kind", "training").exit_code == 0
    assert aird("datasets", "add", "support/faq", file).exit_code == 0


def test_data_sets_are_listed(aird: Callable[..., Result], server: StandIn) -> None:
    latest = {
        "number": 2,
        "splits": {"train": 600},
        "bytes": 2048,
        "digest": "sha256:abc",
        "created_at": None,
    }
    server.page("/api/v1/datasets", [{"name": "a/b", "kind": "exam", "title": "B", "latest": latest}])
    assert "train=600  2.0 KiB  abc" in aird("datasets", "ls", "--kind", "exam").stdout
    assert json.loads(aird("datasets", "ls", "--json").stdout)[0]["name"] == "a/b"


def test_where_a_model_worked_is_listed(aird: Callable[..., Result], server: StandIn) -> None:
    past = {"endpoint": "support/desk", "version": "support/agent@2", "since": "2026-11-01T06:00:00Z",
            "until": "2026-11-20T06:00:00Z", "reason": ""}  # fmt: skip
    now = {**past, "version": "support/agent@3", "since": "2026-11-20T06:00:00Z", "until": None, "reason": "rude"}
    server.page("/api/v1/models/support/agent/assignments", [now, past])
    _, first, second = aird("models", "assignments", "support/agent").stdout.splitlines()
    assert first.split()[:2] + first.split()[-2:] == ["support/desk", "support/agent@3", "now", "rude"]
    assert second.split()[:2] == ["support/desk", "support/agent@2"]
    assert "now" not in second
