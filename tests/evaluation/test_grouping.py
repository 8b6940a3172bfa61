"""The skills matrix with the exams of one skill, or of one slot, taken together."""

import pytest
from sqlalchemy import select

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, upkeep
from aird.catalog.models import Visibility
from aird.evaluation.models import Slot, Suite
from aird.evaluation.routes import router
from tests.evaluation.conftest import School
from tests.requests.web import Call, people_of

EXAMS = {
    "support/mail": (Slot.SKILL, "writing"),
    "support/chat": (Slot.SKILL, "writing"),
    "support/calls": (Slot.SKILL, "listening"),
    "support/harm": (Slot.SAFETY, "harm"),
}


@pytest.fixture
def person(school: School) -> Call:
    for name in EXAMS:
        school.suite(name)
    with school.world.database.write() as session:
        for suite in session.scalars(select(Suite)):
            suite.slot, suite.skill = EXAMS[suite.name]
    desk = [school.world.version("support/desk") for _ in range(2)]
    for version, scores in zip(desk, ((0.5, 0.5, 0.5, 0.9), (0.9, 0.5, 0.6, 0.2)), strict=True):
        for suite, score in zip(EXAMS, scores, strict=True):
            school.world.score(version, suite, score)
    books = school.world.version("finance/books")
    school.world.score(books, "finance/old", 0.7)  # measured elsewhere: no suite of this name
    return people_of(school.world, router)


def test_the_exams_of_a_skill_are_taken_together(person: Call) -> None:
    found = person("lin").get("/skills/groups").json()
    assert [(each["key"], each["suites"]) for each in found["groups"]] == [
        ("skill:finance/old", ["finance/old"]),
        ("skill:listening", ["support/calls"]),
        ("skill:writing", ["support/chat", "support/mail"]),
        ("safety:harm", ["support/harm"]),
    ]
    assert [each["ref"] for each in found["rows"]] == ["finance/books@1", "support/desk@2"]
    cells = found["rows"][1]["cells"]
    writing = cells["skill:writing"]
    assert (writing["score"], writing["exams"], writing["worst"], writing["worst_score"]) == (
        pytest.approx(0.7), 2, "support/chat", 0.5,
    )  # fmt: skip
    assert writing["low"] < 0.7 < writing["high"]
    assert writing["items"] == 2 * cells["safety:harm"]["items"]
    assert cells["skill:finance/old"] is None


def test_slots_are_shown_apart_and_one_of_them_alone(person: Call) -> None:
    lin = person("lin")
    found = lin.get("/skills/groups", params={"by": "slot", "all": True, "department": "support"}).json()
    assert [(each["key"], each["skill"]) for each in found["groups"]] == [("skill", None), ("safety", None)]
    assert [each["cells"]["safety"]["score"] for each in found["rows"]] == [pytest.approx(0.2), pytest.approx(0.9)]
    safety = lin.get("/skills/groups", params={"slot": "safety"}).json()
    assert ([each["key"] for each in safety["groups"]], len(safety["rows"])) == (["safety:harm"], 1)
    assert lin.get("/skills/groups", params={"slot": "refusal"}).json() == {"groups": [], "rows": [], "next": None}
    assert lin.get("/skills/groups", params={"slot": "skill"}).json()["rows"]


def test_pages_follow_each_other_and_bad_questions_are_refused(person: Call) -> None:
    lin = person("lin")
    first = lin.get("/skills/groups", params={"limit": 1}).json()
    second = lin.get("/skills/groups", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["rows"][0]["ref"] for each in (first, second)] == ["finance/books@1", "support/desk@2"]
    assert second["next"] is None
    assert lin.get("/skills/groups", params={"cursor": "nonsense"}).status_code == 400
    assert lin.get("/skills/groups", params={"by": "mood"}).status_code == 422


def test_a_private_model_is_not_in_the_groups_of_others(school: School, person: Call) -> None:
    with school.world.database.write() as session:
        upkeep.change(session, SYSTEM, queries.get_model(session, "support/desk"), visibility=Visibility.PRIVATE)
    assert len(person("lin").get("/skills/groups").json()["rows"]) == 2
    assert [each["ref"] for each in person("omar").get("/skills/groups").json()["rows"]] == ["finance/books@1"]
