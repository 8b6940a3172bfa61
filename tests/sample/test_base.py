"""The sample's shipped base models and the script that makes them."""

import json
from pathlib import Path

import pytest

from aird.sample import base, corpus, recipes
from aird.training.settings import SftSettings
from aird.training.settings_distill import DistillSettings

MODELS = ("teacher", "student")


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_weights_are_the_ones_that_base_json_names(name: str) -> None:
    folder = base.ASSETS / name
    facts = json.loads((folder / "base.json").read_text())
    assert facts["digest"] == base.digest(folder / "model.safetensors")
    assert facts["corpus"] == corpus.VERSION
    assert facts["settings"]["steps"] == base.STEPS[name]
    assert facts["settings"]["architecture"] == base.SHAPES[name].model_dump()


def test_the_shipped_models_take_up_at_most_sixteen_megabytes() -> None:
    assert sum(file.stat().st_size for file in base.ASSETS.rglob("*") if file.is_file()) <= 16_000_000


def test_the_student_is_less_than_half_as_large_and_shares_the_tokenizer() -> None:
    sizes = [(base.ASSETS / name / "model.safetensors").stat().st_size for name in MODELS]
    assert sizes[1] < sizes[0] / 2
    tokenizers = {base.digest(base.ASSETS / name / "tokenizer.json") for name in MODELS}
    assert len(tokenizers) == 1


def test_the_settings_found_are_valid_settings_of_the_product() -> None:
    SftSettings(**recipes.SPECIALIST)
    SftSettings(**recipes.STUDENT_WITHOUT_TEACHER["settings"])
    DistillSettings(**recipes.FINISH)
    DistillSettings(**recipes.STUDENT)


def test_a_shorter_training_shortens_both_stages() -> None:
    whole, short = base.settings_of("teacher"), base.settings_of("teacher", 10)
    assert short.steps == 10
    assert short.induction is not None
    assert whole.induction is not None
    assert 1 <= short.induction.steps < whole.induction.steps


@pytest.mark.slow
def test_the_script_makes_both_models_and_makes_them_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for run in ("first", "second"):
        base.main([str(tmp_path / run), "--steps", "3"])
    for name in MODELS:
        first, second = (json.loads((tmp_path / run / name / "base.json").read_text()) for run in ("first", "second"))
        assert first["digest"] == second["digest"]
        assert first["command"].endswith("--steps 3")
