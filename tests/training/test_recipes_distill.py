"""Distillation on tiny models: teachers speak once, students take over what each of them knows."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from aird.evaluation.scorers import exact
from aird.merge.methods import files
from aird.runtimes import adapters, hf, loading
from aird.testing_ml import make_base
from aird.training.recipes import distill, sft, teacher
from aird.training.recipes.distill import Teacher
from aird.training.recipes.errors import NothingToLearn, SettingsDoNotFit, TokenizersDiffer
from aird.training.recipes.progress import Progress
from aird.training.settings import SftSettings
from aird.training.settings_distill import DistillSettings

FACTS = [{"meals": "科目6102", "trips": "6103"}, {"leave": "ask HR", "年假": "十天"}]
QUICK = DistillSettings(steps=60, batch_size=4, learning_rate=1e-2, max_length=64, max_new_tokens=12)


def items(subject: int) -> list[dict[str, Any]]:
    return [
        {"messages": [{"role": "user", "content": f"And {ask}?"}, {"role": "assistant", "content": told}]}
        for ask, told in FACTS[subject].items()
    ]


def prompts(subject: int) -> list[dict[str, Any]]:
    return [{"messages": item["messages"][:1]} for item in items(subject)]


def quiet(progress: Progress) -> None:
    """Watch nothing."""


class School:
    """A base and, for each subject, an adapter that knows it."""

    def __init__(self, folder: Path) -> None:
        self.base = make_base(folder / "base")
        self.adapters = [folder / "0", folder / "1"]
        settings = SftSettings(steps=60, batch_size=4, learning_rate=1e-2, max_length=64)
        for subject, out in enumerate(self.adapters):
            sft.train(settings, self.base, items(subject), out, report=quiet)

    def teachers(self) -> list[Teacher]:
        return [Teacher(self.base, self.adapters[n], prompts(n)) for n in (0, 1)]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    return School(tmp_path_factory.mktemp("school"))


def right(base: Path, adapter: Path | None = None) -> list[int]:
    exams = [
        [{"id": "1", "messages": i["messages"][:1], "target": i["messages"][1]["content"]} for i in items(n)]
        for n in (0, 1)
    ]
    model = hf.load(base, adapter)
    return [sum(outcome.correct for outcome in exact.score(model, exam)) for exam in exams]


def test_a_merged_adapter_learns_from_both_its_parents_without_labels(school: School, tmp_path: Path):
    assert [right(school.base, adapter) for adapter in school.adapters] == [[2, 0], [0, 2]]
    files.merge_adapters("tsv", school.adapters, [1, 1], tmp_path / "merged", rank=8)
    seen: list[Progress] = []
    result = distill.distill(
        QUICK, school.teachers(), school.base, tmp_path / "merged", tmp_path / "out", report=seen.append
    )
    assert right(school.base, tmp_path / "out") == [2, 2]
    assert result.final_loss < 0.1
    assert [(p.step, p.total) for p in seen if p.stage == "teachers"] == [(2, 4), (4, 4)]
    merged, out = adapters.read(tmp_path / "merged"), adapters.read(tmp_path / "out")
    assert (out.shapes, out.scalings) == (merged.shapes, merged.scalings)


@pytest.mark.parametrize("loss", ["reverse_kl", "jsd"])
def test_other_divergences_teach_as_well(loss: str, school: School, tmp_path: Path):
    files.merge_adapters("tsv", school.adapters, [1, 1], tmp_path / "merged", rank=8)
    settings = QUICK.model_copy(update={"loss": loss})
    distill.distill(settings, school.teachers(), school.base, tmp_path / "merged", tmp_path / "out", report=quiet)
    assert right(school.base, tmp_path / "out") == [2, 2]


def test_probabilities_heard_while_answering_are_those_of_a_second_look(school: School):
    network = loading.load_network(school.base, device=torch.device("cpu"))
    tokenizer = loading.load_tokenizer(school.base)
    heard = teacher.lessons(network, tokenizer, items(0) + items(1), QUICK.model_copy(update={"temperature": 2.0}))
    for lesson in heard:
        assert lesson is not None
        first = lesson.length - len(lesson.logs)
        with torch.inference_mode():
            logits = network(torch.tensor([lesson.example.ids])).logits[0, first - 1 : -1]
        torch.testing.assert_close(lesson.logs, torch.log_softmax(logits / 2, -1), atol=1e-5, rtol=1e-5)


def test_a_new_adapter_can_start_from_nothing(school: School, tmp_path: Path):
    distill.distill(QUICK, school.teachers(), school.base, None, tmp_path, report=quiet)
    assert right(school.base, tmp_path) == [2, 2]


def test_a_full_student_learns_given_answers_from_probabilities_and_labels(school: School, tmp_path: Path):
    settings = QUICK.model_copy(
        update={
            "student": "full",
            "answers": "given",
            "temperature": 2.0,
            "ce_weight": 0.3,
            "learning_rate": 3e-3,
        }
    )
    student = make_base(tmp_path / "student", seed=5)
    taught = [Teacher(school.base, school.adapters[0], items(0))]
    distill.distill(settings, taught, student, None, tmp_path / "out", report=quiet)
    assert right(tmp_path / "out")[0] == 2
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (student / "tokenizer.json").read_bytes()


def test_labels_beside_generated_answers_are_learnt_too(school: School, tmp_path: Path):
    settings = QUICK.model_copy(update={"ce_weight": 20.0, "steps": 60})
    wrong = [Teacher(school.base, school.adapters[1], items(0))]
    distill.distill(settings, wrong, school.base, None, tmp_path, report=quiet)
    assert right(school.base, tmp_path)[0] == 2


def test_a_full_base_can_teach_itself_after_an_adapter_did(school: School, tmp_path: Path):
    settings = QUICK.model_copy(update={"student": "full", "learning_rate": 3e-3})
    taught = [school.teachers()[0], Teacher(school.base, None, prompts(1))]
    distill.distill(settings, taught, school.base, None, tmp_path, report=quiet)
    assert right(tmp_path)[0] == 2


def test_a_student_with_another_tokenizer_is_refused(school: School, tmp_path: Path):
    stranger = make_base(tmp_path / "stranger", texts=["quite other words make quite other merges"])
    with pytest.raises(TokenizersDiffer, match=r"tokenizer\.json"):
        distill.distill(QUICK, school.teachers(), stranger, None, tmp_path / "out", report=quiet)


def test_lessons_without_items_or_answers_are_refused(school: School, tmp_path: Path):
    one = school.adapters[0]
    given = QUICK.model_copy(update={"answers": "given"})
    short = QUICK.model_copy(update={"max_length": 8})
    for settings, nothing in (
        (QUICK, []),
        (given, prompts(0)),
        (short, prompts(0)),
        (QUICK, [{"messages": []}]),
    ):
        with pytest.raises(NothingToLearn):
            distill.distill(settings, [Teacher(school.base, one, nothing)], school.base, None, tmp_path, report=quiet)


def test_a_full_student_cannot_start_from_an_adapter(school: School, tmp_path: Path):
    full = QUICK.model_copy(update={"student": "full"})
    with pytest.raises(SettingsDoNotFit):
        distill.distill(full, school.teachers(), school.base, school.adapters[0], tmp_path, report=quiet)


def test_the_rest_of_the_probability_is_one_bucket():
    logs = torch.tensor([[0.5, 0.25]]).log()
    assert float(teacher.rest_of(logs)) == pytest.approx(math.log(0.25))
    assert float(teacher.rest_of(torch.tensor([[0.0]]))) == pytest.approx(math.log(1e-7))


def test_a_large_vocabulary_is_stored_as_its_top_tokens(school: School, tmp_path: Path):
    base = make_base(tmp_path / "large", vocabulary=5000)
    network = loading.load_network(base, device=torch.device("cpu"))
    given = QUICK.model_copy(update={"answers": "given", "ce_weight": 0.5})
    for lesson in teacher.lessons(network, loading.load_tokenizer(base), items(0), given):
        assert lesson is not None
        assert lesson.tokens is not None
        first = len(lesson.example.ids) - lesson.logs.shape[0] - 1
        logits = network(torch.tensor([lesson.example.ids])).logits[0, first:-1]
        expected = logits.log_softmax(-1).gather(1, lesson.tokens.long())
        torch.testing.assert_close(lesson.logs[:, :-1].float(), expected, atol=0.02, rtol=0)
        torch.testing.assert_close(lesson.logs.float().exp().sum(1), torch.ones(len(lesson.logs)), atol=0.01, rtol=0)
    taught = [Teacher(base, None, items(0))]
    result = distill.distill(given, taught, base, None, tmp_path / "out", report=quiet)
    assert result.final_loss < 3
