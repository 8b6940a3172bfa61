"""The benchmark of forgetting: its sums, and its own flow on questions that fit on a page."""

import json
from pathlib import Path

import pytest

from benchmarks import plans
from tests.benchmarks.test_main_job import folder

assert folder  # a fixture: two departments with three intents each


def test_what_is_forgotten_is_read_from_the_matrix() -> None:
    rows = [{"a": 0.9, "b": 0.1}, {"a": 0.6, "b": 0.8}]
    found = plans.measures(rows, ["a", "b"])
    assert {name: round(value or 0, 3) for name, value in found.items()} == {
        "average": 0.7, "backward": -0.3, "worst": 0.3,
    }  # fmt: skip
    assert plans.measures(rows[1:], ["a", "b"])["backward"] is None
    run = {"0": {"slao": {**found, "seconds": 1.0, "training_seconds": 10.0}}}
    assert plans.table(run)[2:] == ["| slao | 70.0 | -30.0 | 30.0 | 10 % |"]


@pytest.mark.slow
def test_every_way_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plans.main([str(folder), "--quick", "--json", "--seeds", "0"]) == 0
    found = json.loads(capsys.readouterr().out)["0"]
    assert list(found) == list(plans.WAYS)
    assert [len(found[way]["matrix"]) for way in plans.WAYS] == [2, 2, 2, 2, 1]


def test_a_folder_without_questions_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plans.main([str(tmp_path), "--quick"]) == 1
    assert "clinc150" in capsys.readouterr().err
