"""Who should teach whom: rules on numbers, and over a real catalog what the actor may see and use."""

from typing import Any

import pytest

from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import DatasetUse, Visibility
from aird.jobs.routes import router as jobs
from aird.training import matching
from aird.training.matching import Candidate
from aird.training.routes import router
from aird.training.schemas_mentoring import MatchScore
from tests.requests.web import Call, people_of
from tests.tiny import CHATS, QUESTIONS, Workshop


def score(value: float, items: int = 400, margin: float = 0.03) -> MatchScore:
    return MatchScore(score=value, low=value - margin, high=value + margin, items=items)


def candidate(ref: str, value: float | None = None, **changes: Any) -> Candidate:
    given: dict[str, Any] = {
        "ref": ref, "base": "b", "base_ref": "platform/base@1", "words": ("t",), "vocabulary": 100,
        "parameters": 1000, "restrictions": (), "usable": True,
        "scores": {} if value is None else {"exam": score(value)},
    }  # fmt: skip
    return Candidate(**{**given, **changes})


def codes(found: matching.Match | None) -> tuple[set[str], set[str]]:
    assert found is not None
    return {each.code for each in found.reasons}, {each.code for each in found.stops}


def test_a_surely_better_version_of_the_same_base_teaches() -> None:
    found = matching.one(candidate("a@1", 0.9), candidate("b@1", 0.7), "exam")
    assert found is not None
    assert (found.way, found.certain, round(found.gain, 3)) == ("same_base", True, 0.2)
    assert codes(found) == ({"surely_better", "same_base"}, set())


def test_who_is_no_better_does_not_teach() -> None:
    assert matching.one(candidate("a@1", 0.71), candidate("b@1", 0.7), "exam") is None
    assert matching.one(candidate("a@1"), candidate("b@1", 0.7), "exam") is None
    assert matching.one(candidate("a@1", 0.73), candidate("b@1", 0.7), "exam") is not None


def test_an_unexamined_student_is_measured_by_chance() -> None:
    found = matching.one(candidate("a@1", 0.9), candidate("b@1"), "exam", chance=0.25)
    assert found is not None
    assert round(found.gain, 3) == 0.65
    assert codes(found)[0] == {"never_examined", "same_base"}


@pytest.mark.parametrize(
    ("change", "way", "reason"),
    [
        ({"base": "c"}, "same_tokenizer", "same_tokenizer"),
        ({"words": ("u",)}, "text", "other_tokenizer"),
        ({"vocabulary": 101, "base": "c"}, "text", "other_tokenizer"),
        ({"parameters": 3000}, "same_base", "larger"),
        ({"parameters": 300}, "same_base", "smaller"),
        ({"restrictions": ("non-commercial",)}, "same_base", "licence_narrows"),
        ({"scores": {"exam": score(0.9, 40)}}, "same_base", "few_items"),
        ({"scores": {"exam": score(0.9, 400, 0.25)}}, "same_base", "perhaps_better"),
    ],
)
def test_every_circumstance_is_said(change: dict[str, Any], way: str, reason: str) -> None:
    found = matching.one(candidate("a@1", 0.9, **change), candidate("b@1", 0.7), "exam")
    assert found is not None
    assert found.way == way
    assert reason in codes(found)[0]


@pytest.mark.parametrize(
    ("who", "change", "stop"),
    [
        ("teacher", {"usable": False}, "no_access"),
        ("student", {"usable": False}, "no_access"),
        ("teacher", {"in_use": False}, "out_of_use"),
        ("student", {"trainable": False}, "eight_bits"),
        ("teacher", {"restrictions": ("no-derivatives",)}, "licence_forbids"),
    ],
)
def test_what_stands_in_the_way_is_said(who: str, change: dict[str, Any], stop: str) -> None:
    teacher = candidate("a@1", 0.9, **(change if who == "teacher" else {}))
    student = candidate("b@1", 0.7, **(change if who == "student" else {}))
    assert codes(matching.one(teacher, student, "exam"))[1] == {stop}


def test_the_best_match_that_can_be_ordered_comes_first() -> None:
    student = candidate("s@1", 0.5)
    teachers = [
        candidate("closed@1", 0.99, usable=False), candidate("words@1", 0.8, words=("u",)), candidate("same@1", 0.8),
        candidate("better@1", 0.9), candidate("lucky@1", scores={"exam": score(0.95, 20, 0.5)}),
    ]  # fmt: skip
    found = matching.matches(teachers, [student], ["exam"], {})
    assert [each.teacher.ref for each in found] == ["better@1", "same@1", "words@1", "lucky@1", "closed@1"]


@pytest.fixture
def person(workshop: Workshop) -> Call:
    """A base with two adapters that sat an exam, one of them made with a data set."""
    base = workshop.model("platform/tiny", "base")
    mail = workshop.model("support/mail", "one", base=base)
    calls = workshop.model("support/calls", "two", base=base)
    data = workshop.dataset(train=CHATS)
    workshop.suite(exam=QUESTIONS)
    with workshop.world.database.write() as session:
        session.add(DatasetUse(version_id=mail.id, digest=data.artifact, ref=data.ref))
    workshop.world.score(mail, "support/exam", 0.9, items=200)
    workshop.world.score(calls, "support/exam", 0.4, items=200)
    return people_of(workshop.world, router, jobs)


def asked(person: Call, who: str = "sam", **query: str) -> list[dict[str, Any]]:
    answer = person(who).get("/mentoring/matches", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("query", [{}, {"skill": "support/exam"}, {"student": "support/calls@1"}])
def test_a_match_comes_with_a_recipe_that_can_be_ordered(person: Call, query: dict[str, str]) -> None:
    [match] = asked(person, **query)
    assert (match["teacher"], match["student"], match["way"]) == ("support/mail@1", "support/calls@1", "same_base")
    assert match["prompts"] == [{"dataset": "support/mail@1", "split": "train", "items": 4}]
    assert match["stops"] == []
    told = person("sam").post("/distillations/estimate", json={"yaml": match["recipe"]})
    assert told.status_code == 200, told.text
    assert [each for each in told.json()["findings"] if each["level"] == "stop"] == []
    assert person("sam").post("/distillations", json={"yaml": match["recipe"]}).status_code == 202


def test_who_may_not_use_the_teacher_is_told_so(person: Call) -> None:
    [match] = asked(person, who="rui")
    assert {each["code"] for each in match["stops"]} >= {"no_access"}
    assert match["recipe"] == ""


def test_a_hidden_teacher_is_nowhere(person: Call, workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        catalog_queries.get_model(session, "support/mail").visibility = Visibility.PRIVATE
    assert asked(person, who="rui") == []
    assert len(asked(person, who="sam")) == 1


def test_who_is_out_of_use_does_not_teach(person: Call, workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        catalog_queries.get_ref(session, "support/mail@1").state = VersionState.RETIRED
    assert asked(person) == []


def test_what_is_not_there_is_not_found(person: Call) -> None:
    for query in ({"skill": "support/nothing"}, {"student": "support/nothing@1"}):
        assert person("sam").get("/mentoring/matches", params=query).status_code == 404
