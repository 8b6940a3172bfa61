import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import main_job
from benchmarks.main_job_data import DataMissing, departments, reading

INTENTS = {
    "banking": ["transfer", "pay_bill", "balance"],
    "credit_cards": ["new_card", "card_declined", "apr"],
}
LENGTHS = {"train": 12, "val": 4, "test": 8}


def questions(intents: list[str], split: str) -> Iterator[str]:
    for intent in intents:
        for number in range(LENGTHS[split]):
            text = f"{split} question {number} about my {intent.replace('_', ' ')}"
            yield json.dumps({"text": text, "intent": intent}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for department, intents in INTENTS.items():
        for split in LENGTHS:
            (tmp_path / f"{department}.{split}.jsonl").write_text("".join(questions(intents, split)))
    (tmp_path / "wiki_sentences.txt").write_text("".join(f"sentence {n} tells of the town\n" for n in range(60)))
    return tmp_path


def test_departments_are_what_lies_in_the_folder(folder: Path) -> None:
    found = departments(folder)
    assert [each.key for each in found] == ["banking", "credit-cards"]
    assert found[1].intents == ["apr", "card declined", "new card"]


def test_the_first_questions_have_every_intent_equally_often(folder: Path) -> None:
    banking = departments(folder)[0]
    assert [shot.intent for shot in banking.shots(2)] == ["transfer", "pay bill", "balance"] * 2


def test_an_exam_is_on_test_questions_and_a_prompt_has_no_label(folder: Path) -> None:
    splits = departments(folder)[0].splits()
    assert {split: len(items) for split, items in splits.items()} == {
        "train": 36, "unlabelled": 36, "dev": 12, "exam": 24,
    }  # fmt: skip
    first = splits["exam"][0]
    assert first["messages"][0]["content"] == "test question 0 about my transfer"
    assert first["choices"][first["answer"]] == "transfer"
    assert all(len(item["messages"]) == 1 for item in splits["unlabelled"])


def test_the_bases_read_every_sentence_once_and_every_shot_often(folder: Path) -> None:
    shots = departments(folder)[0].shots(1)
    items = reading(folder, shots, repeats=4)
    assert sum("text" in item for item in items) == 60
    assert items.count(shots[0].chat) == 4


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="clinc150"):
        departments(tmp_path)


@pytest.mark.slow
@pytest.mark.long
def test_the_whole_job_goes_through_the_api(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main_job.main([str(folder), "--quick"])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "audit chain sound" in out
    assert "| platform/assistant@2 |" in out
