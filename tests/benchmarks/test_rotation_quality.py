"""The quality benchmark's own flow, on questions that fit on a page."""

import json
from pathlib import Path

import pytest

from benchmarks import rotation_quality
from tests.benchmarks.test_main_job import folder

assert folder  # a fixture: two departments with three intents each


def run(name: str, mean: float, seconds: float | None = None) -> dict[str, object]:
    result = {"name": name, "kept": [mean], "mean": mean, "worst": mean - 0.1, "seconds": seconds}
    return {"training_seconds": 10.0, "results": [result]}


def test_runs_of_several_seeds_and_parts_become_one_table() -> None:
    runs = [{"1": run("tsv", 0.8)}, {"0": run("tsv", 0.9)}, {"0": run("finish", 0.95, 1.0)}]
    assert rotation_quality.table(rotation_quality.joined(runs))[2:] == [
        "| tsv | 90.0 80.0 | 85.0 | 75.0 |  |",
        "| finish | 95.0 | 95.0 | 85.0 | 10 % |",
    ]


@pytest.mark.slow
def test_every_part_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotation_quality.main([str(folder), "--quick", "--json", "--seeds", "0"]) == 0
    found = json.loads(capsys.readouterr().out)["0"]
    names = [each["name"] for each in found["results"]]
    assert len(names) == len(set(names))
    for expected in ("base", "core_regmean, rank 8", "tsv, rank sum, then 3 steps without labels"):
        assert expected in names
    assert all(len(each["kept"]) == 2 for each in found["results"])


def test_a_folder_without_questions_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotation_quality.main([str(tmp_path), "--quick"]) == 1
    assert "clinc150" in capsys.readouterr().err
