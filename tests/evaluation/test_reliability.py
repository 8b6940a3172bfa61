"""Calibration, and what changes when the same is asked otherwise."""

import pytest

from aird.evaluation.scorers import reliability
from aird.evaluation.scorers.outcome import Outcome


def outcome(number: int, right: bool, confidence: float | None = None, chosen: int | None = None) -> Outcome:
    return Outcome(f"q{number}", right, chosen, "x", float(right), confidence)


def item(number: int, question: str, **more: object) -> dict[str, object]:
    turns = [{"role": "system", "content": "Be short."}, {"role": "user", "content": question}]
    return {"id": f"q{number}", "messages": turns, "target": "x", **more}


def test_a_model_that_is_right_as_often_as_it_is_sure_is_calibrated() -> None:
    found = reliability.calibration([outcome(n, n < 3, 0.75) for n in range(4)])
    assert found is not None
    assert (found["ece"], found["gap"], found["items"]) == (0, 0, 4)


def test_a_model_that_is_sure_and_wrong_is_not() -> None:
    found = reliability.calibration([outcome(0, False, 1.0), outcome(1, True, 0.5)])
    assert found is not None
    assert found["ece"] == pytest.approx(0.75)
    assert found["gap"] == pytest.approx(0.25)
    assert [each["from"] for each in found["bins"]] == [0.5, 0.9]


def test_without_confidence_there_is_no_calibration() -> None:
    assert reliability.calibration([outcome(0, True)]) is None


def test_paraphrases_are_those_that_the_items_bring() -> None:
    found = reliability.paraphrases(
        [item(1, "Hi?", paraphrases=["Hey?", "Hello?"]), item(2, "Ho?", paraphrases=["He?"])]
    )
    asked = {name: [each["messages"][-1]["content"] for each in some] for name, some in found.items()}
    assert asked == {"paraphrase 1": ["Hey?", "He?"], "paraphrase 2": ["Hello?"]}
    assert found["paraphrase 1"][0]["messages"][0]["content"] == "Be short."
    assert reliability.paraphrases([item(1, "Hi?")]) == {}


def test_templates_keep_every_word() -> None:
    found = reliability.templates([item(1, "Which {queue}?")])
    assert len(found) == len(reliability.TEMPLATES)
    assert all("Which {queue}?" in items[0]["messages"][-1]["content"] for items in found.values())


@pytest.mark.parametrize("text", ["Please cancel my account number 6102 before Friday", "请把账户六一零二的款项退给我"])
def test_typos_are_few_keep_the_digits_and_are_the_same_every_time(text: str) -> None:
    made = reliability.with_typos(text, "seed")
    assert made != text
    assert made == reliability.with_typos(text, "seed")
    assert abs(len(made) - len(text)) <= 1
    assert [c for c in made if c.isdigit()] == [c for c in text if c.isdigit()]


def test_a_text_without_letters_has_no_typos() -> None:
    assert reliability.with_typos("6102?", "seed") == "6102?"


def test_consistency_counts_items_that_were_answered_the_same_every_time() -> None:
    plain = [outcome(0, True, chosen=0), outcome(1, True, chosen=0), outcome(2, False, chosen=1)]
    variants = {
        "template a": [outcome(0, True, chosen=0), outcome(1, False, chosen=1), outcome(2, False, chosen=1)],
        "template b": [outcome(0, True, chosen=0), outcome(1, True, chosen=0), outcome(2, False, chosen=2)],
    }
    found = reliability.consistency(plain, variants)
    assert (found["items"], found["same"]) == (3, 1)
    assert (found["plain"], found["score"], found["worst"]) == pytest.approx((2 / 3, 1 / 2, 1 / 3))


def test_without_choices_the_verdict_is_what_must_stay() -> None:
    found = reliability.consistency(
        [outcome(0, True), outcome(1, False)], {"typos": [outcome(0, True), outcome(1, True)]}
    )
    assert (found["items"], found["same"]) == (2, 1)
