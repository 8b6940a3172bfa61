"""What exam items bring for the scorers that read it."""

import json

import pytest

from aird.datasets.exam_fields import EXTRAS, extras
from aird.datasets.items import ItemRefused, exam

ASKED = {"id": "q1", "messages": [{"role": "user", "content": "Hi?"}]}


@pytest.mark.parametrize(
    "fields",
    [
        {"targets": ["Yes.", "Yes!"]},
        {"pattern": r"^\d+$"},
        {"form": {"type": "object"}},
        {"refuse": False},
        {"target": "Yes.", "paraphrases": ["Hello?"]},
        {"choices": ["a", "b"], "answer": 0, "paraphrases": ["Hello?"]},
    ],
)
def test_an_exam_item_keeps_what_its_scorer_reads(fields: dict[str, object]) -> None:
    assert exam({**ASKED, **fields}).item == {**ASKED, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"targets": []},
        {"targets": ["x"] * 17},
        {"pattern": "x" * 1001},
        {"form": "object"},
        {"form": {"enum": ["x" * 70_000]}},
        {"refuse": "yes"},
        {"paraphrases": [3], "target": "x"},
        {"paraphrases": ["Hello?"]},
        {},
    ],
)
def test_an_exam_item_that_no_scorer_could_read_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ItemRefused):
        exam({**ASKED, **fields})


def test_an_item_without_extras_has_none() -> None:
    assert extras(json.loads('{"id": "x", "target": "y"}'), lambda value, what: value) == {}
    assert "target" not in EXTRAS
