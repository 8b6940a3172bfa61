"""Mentoring in its other ways: by words alone, on the student's own answers, from drawn tokens, and interrupted."""

from pathlib import Path
from typing import Any

import pytest
import torch

from aird.merge.methods import files
from aird.runtimes import adapters
from aird.testing_ml import make_base
from aird.training.recipes import cached, distill
from aird.training.recipes.cached import Shelf
from aird.training.recipes.distill import Teacher
from aird.training.recipes.errors import NothingToLearn, Paused
from aird.training.recipes.teacher import Lesson
from aird.training.settings_distill import DistillSettings, OnPolicySettings
from tests.training.test_recipes_distill import QUICK, School, items, prompts, quiet, right, school

assert school  # a fixture


@pytest.mark.slow
def test_a_student_with_other_tokens_learns_what_its_teacher_writes(school: School, tmp_path: Path) -> None:
    stranger = make_base(tmp_path / "stranger", texts=["quite other words make quite other merges"], seed=4)
    settings = QUICK.model_copy(update={"answers": "text", "steps": 120})
    result = distill.distill(settings, school.teachers(), stranger, None, tmp_path / "out", report=quiet)
    assert sum(right(stranger, tmp_path / "out")) >= 3
    assert (result.heard, result.known, result.skipped) == (4, 0, 0)


@pytest.mark.parametrize("signal", [{"signal": "sampled", "draws": 50}, {"signal": "top", "top": 8}])
def test_a_part_of_the_probabilities_teaches_as_well(school: School, tmp_path: Path, signal: dict[str, Any]) -> None:
    settings = QUICK.model_copy(update=signal)
    distill.distill(settings, school.teachers(), school.base, None, tmp_path, report=quiet)
    assert right(school.base, tmp_path) == [2, 2]


OWN = OnPolicySettings(steps=25, batch_size=4, learning_rate=5e-3, max_new_tokens=12, temperature=0.7)


@pytest.mark.slow
def test_a_student_learns_from_what_is_said_of_its_own_answers(school: School, tmp_path: Path) -> None:
    files.merge_adapters("tsv", school.adapters, [1, 1], tmp_path / "merged", rank=8)
    settings = QUICK.model_copy(update={"steps": 1, "learning_rate": 1e-6, "on_policy": OWN})
    result = distill.distill(
        settings, school.teachers(), school.base, tmp_path / "merged", tmp_path / "out", report=quiet
    )
    assert (result.steps, result.own_steps) == (1, 25)
    before, after = (loss_on_own(school, tmp_path / name) for name in ("merged", "out"))
    assert after < before / 2
    assert adapters.read(tmp_path / "out").shapes == adapters.read(tmp_path / "merged").shapes


def loss_on_own(school: School, student: Path) -> float:
    """The reverse divergence at the student's own answers, measured by one step that changes nothing."""
    still = OWN.model_copy(update={"steps": 1, "learning_rate": 1e-12, "temperature": 0.05})
    settings = QUICK.model_copy(update={"steps": 1, "learning_rate": 1e-12, "on_policy": still})
    out = student.with_name(f"{student.name}-measured")
    return distill.distill(settings, school.teachers(), school.base, student, out, report=quiet).final_loss


def test_a_whole_student_is_scored_by_a_model_of_its_own(school: School, tmp_path: Path) -> None:
    own = OWN.model_copy(update={"steps": 2})
    settings = QUICK.model_copy(update={"student": "full", "learning_rate": 3e-3, "steps": 5, "on_policy": own})
    result = distill.distill(settings, school.teachers()[:1], school.base, None, tmp_path / "out", report=quiet)
    assert (result.steps, result.own_steps) == (5, 2)


def test_teachers_pause_between_blocks_and_the_student_behind_a_checkpoint(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "BLOCK", 1)
    monkeypatch.setattr(distill, "BLOCK", 1)
    own = OWN.model_copy(update={"steps": 2})
    settings = QUICK.model_copy(update={"steps": 3, "on_policy": own})
    taught = [
        Teacher(t.base, t.adapter, t.items, tmp_path / "shelves" / str(n)) for n, t in enumerate(school.teachers())
    ]

    def attempt(out: str, pause: Any = lambda: False, kept: str = "kept") -> distill.DistillResult:
        return distill.distill(
            settings, taught, school.base, None, tmp_path / out, report=quiet, checkpoints=tmp_path / kept,
            pause=pause, checkpoint_seconds=0,
        )  # fmt: skip

    stops = 0
    for _ in range(20):
        asked = iter([False, True])
        try:
            result = attempt("out", lambda asked=asked: next(asked, True))  # type: ignore[misc]
            break
        except Paused:
            stops += 1
    assert stops > 3
    assert (result.steps, result.own_steps) == (3, 2)
    undisturbed = attempt("undisturbed", kept="other")
    assert undisturbed.forwards == 0
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


def test_what_was_said_comes_back_as_it_was(school: School, tmp_path: Path) -> None:
    for number, signal in enumerate(("whole", "top", "sampled")):
        settings = QUICK.model_copy(update={"signal": signal, "top": 5, "draws": 20, "steps": 1})
        voices = [Teacher(school.base, school.adapters[0], items(0), tmp_path / str(number))]
        distill.distill(settings, voices, school.base, None, tmp_path / f"out-{number}", report=quiet)
        alone = Shelf(items(0))
        spoken: list[Any] = Shelf(items(0), tmp_path / str(number)).take(2)
        again = tmp_path / f"again-{number}"
        Shelf(items(0), again).put(0, [Lesson(each.example, *each.said(), each.given) for each in spoken])
        [one], [other] = (sorted(path.glob("*")) for path in (tmp_path / str(number), again))
        assert one.read_bytes() == other.read_bytes()
        assert (alone.missing(2), Shelf(items(0), again).missing(2)) == ([0], [])


def test_a_cut_block_is_not_whole(tmp_path: Path) -> None:
    Shelf([{}], tmp_path).put(0, ["said"])
    [block] = tmp_path.glob("*")
    assert cached.whole(block)
    assert Shelf([{}], tmp_path).take(1) == ["said"]
    block.write_bytes(block.read_bytes()[:-2])
    assert not cached.whole(block)


def test_a_teacher_that_is_not_here_has_said_everything_or_is_missed(school: School, tmp_path: Path) -> None:
    present = Teacher(school.base, school.adapters[0], prompts(0), tmp_path / "shelf")
    away = Teacher(None, None, prompts(0), tmp_path / "shelf")
    with pytest.raises(NothingToLearn, match="weights are not here"):
        distill.distill(QUICK, [away], school.base, None, tmp_path / "out", report=quiet)
    few = QUICK.model_copy(update={"steps": 2})
    distill.distill(few, [present], school.base, None, tmp_path / "one", report=quiet)
    result = distill.distill(few, [away], school.base, None, tmp_path / "two", report=quiet)
    assert (result.forwards, result.known) == (0, 2)
    weights = [(tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("one", "two")]
    assert weights[0] == weights[1]


def test_half_the_micro_batch_comes_to_the_same(school: School, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"steps": 5, "answers": "given", "ce_weight": 0.5})
    taught = [Teacher(school.base, school.adapters[0], items(0) * 3)]
    found = []
    for micro in (4, 1):
        out = tmp_path / str(micro)
        plan = settings.model_copy(update={"micro_batch": micro})
        distill.distill(plan, taught, school.base, None, out, report=quiet)
        one = adapters.read(out)
        found.append(torch.cat([one.factors(name).b.flatten() for name in one.shapes]))
    torch.testing.assert_close(found[0], found[1], rtol=1e-3, atol=1e-4)


def test_settings_that_contradict_each_other_are_refused() -> None:
    for wrong in ({"signal": "sampled", "loss": "jsd"}, {"answers": "text", "on_policy": {}}):
        with pytest.raises(ValueError, match=r"forward divergence|compares probabilities"):
            DistillSettings.model_validate(wrong)
    assert DistillSettings.model_validate({"signal": "sampled", "on_policy": {}}).on_policy == OnPolicySettings()
