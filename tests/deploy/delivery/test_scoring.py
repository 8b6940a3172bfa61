"""What the scorers of exams say of two answers, and which settings they take."""

from typing import Any

import pytest
from pydantic import ValidationError

from aird.deploy.delivery import pairs, scoring
from aird.deploy.delivery.models import Better
from aird.deploy.delivery.pairs import Votes
from aird.deploy.delivery.schemas import RolloutStart
from aird.deploy.delivery.scoring import Scoring

OPEN_HOURS = {"type": "object", "properties": {"open": {"type": "boolean"}}, "required": ["open"]}


def better(
    settings: dict[str, Any],
    baseline: str,
    candidate: str,
    wanted: str | None = None,
    form: dict[str, Any] | None = None,
) -> Better | None:
    return scoring.compare(
        Scoring(**settings), baseline, candidate, wanted=[wanted] if wanted else [], form=form
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "baseline", "candidate", "found"),
    [
        ({"scorer": "exact"}, "At six", "at  SIX.", Better.SAME),
        ({"scorer": "exact"}, "At nine", "at six.", Better.CANDIDATE),
        ({"scorer": "exact"}, "At six", "At nine", Better.BASELINE),
        ({"scorer": "exact", "extract": r"\((.+)\)"}, "It closes (at six)", "At six", Better.BASELINE),
        ({"scorer": "f1"}, "It closes at nine", "Six", Better.CANDIDATE),
        ({"scorer": "f1", "apart": 0.5}, "It closes at nine", "Six", Better.SAME),
        ({"scorer": "regex", "pattern": "six"}, "SIX", "six", Better.CANDIDATE),
        ({"scorer": "regex", "pattern": "six", "ignore_case": True}, "SIX", "six", Better.SAME),
        ({"scorer": "regex", "pattern": "six", "whole": True}, "six", "at six", Better.BASELINE),
        ({"scorer": "json", "form": OPEN_HOURS}, '{"open": 1}', '{"open": true}', Better.CANDIDATE),
        ({"scorer": "json", "form": {}}, "[1", "```json\n[1]\n```", Better.CANDIDATE),
    ],
)
def test_the_answer_that_scores_higher_is_better(
    settings: dict[str, Any], baseline: str, candidate: str, found: Better
) -> None:
    assert better(settings, baseline, candidate, "at six") is found


def test_without_anything_to_go_by_nothing_is_said() -> None:
    for scorer in ("exact", "f1", "json"):
        assert better({"scorer": scorer}, "six", "seven") is None
    assert better({"scorer": "json"}, "six", '{"open": true}', form=OPEN_HOURS) is Better.CANDIDATE
    assert better({"scorer": "json"}, "six", "seven", form={"$ref": "https://example.com/form"}) is None


def test_what_a_request_asks_for_is_the_form_of_its_answer() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "hours", "schema": OPEN_HOURS}}
    assert scoring.form_of({"response_format": schema}) == OPEN_HOURS
    assert scoring.form_of({"response_format": {"type": "json_object"}}) == {"type": "object"}
    assert scoring.form_of({"response_format": {"type": "text"}}) is None
    assert scoring.form_of({}) is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scorer": "regex"}, "needs a pattern"),
        ({"scorer": "regex", "pattern": "(six"}, "missing"),
        ({"scorer": "exact", "pattern": "six"}, "exact does not know pattern; it knows extract, last"),
        ({"scorer": "json", "form": {"$ref": "https://example.com/form"}}, "another document"),
        ({"scorer": "rhyme"}, "scorer"),
    ],
)
def test_settings_that_could_not_be_used_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Scoring(**settings)
    assert Scoring(scorer="regex", pattern="six").kept() == {"scorer": "regex", "pattern": "six"}


def test_one_judge_is_named_and_not_two() -> None:
    for one in ({"judge": "support/judge"}, {"scoring": {"scorer": "f1"}}):
        assert RolloutStart(version="support/mail@1", **one).rules().kept().items() >= one.items()  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="not both"):
        RolloutStart(version="support/mail@1", judge="support/judge", scoring={"scorer": "f1"})  # type: ignore[arg-type]


def test_identical_answers_count_for_as_many_as_of_the_others_were_judged() -> None:
    judged = Votes(candidate=2, baseline=1, same=1)
    assert pairs.counted(judged, identical=300, waiting=0) == Votes(2, 1, 301)
    assert pairs.counted(judged, identical=300, waiting=12) == Votes(2, 1, 76)
    assert pairs.counted(Votes(), identical=300, waiting=12) == Votes()
