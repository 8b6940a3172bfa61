"""Questions that are almost those of an exam: a few are a warning, many block, and a person may permit them."""

import pytest

from aird.audit import queries as audit_queries
from aird.datasets import near_leaks, queries, service
from aird.datasets.errors import DatasetNotUsable
from aird.datasets.models import DatasetKind
from aird.datasets.routes import router
from aird.datasets.routes_quality import router as quality
from aird.jobs import registry
from tests.datasets.conftest import Shelf
from tests.datasets.test_quality_jobs import V1, chat, examine, upload, work
from tests.requests.web import Call, people_of

SENTENCE = "How do I reset the password of the shared account number {} of this house, please, and who may do so?"
ASKED = [
    {"id": str(n), "messages": [{"role": "user", "content": SENTENCE.format(n)}], "target": "a"} for n in range(20)
]
NEAR = [chat(SENTENCE.format(n) + " ok", "a") for n in range(12)]
OTHER = [chat(f"Which of the {n} printers on floor {n * 7} prints in colour?", "b") for n in range(12)]
PERMIT = {"split": "train", "reason": "Another department's accounts"}


@pytest.fixture
def person(shelf: Shelf) -> Call:
    registry.load(["aird.datasets.tasks"])
    shelf.dataset()
    shelf.dataset("support/school", DatasetKind.EXAM)
    examine(shelf, ASKED, "support/desk-exam")
    return people_of(shelf.world, router, quality)


def refusal(shelf: Shelf) -> str:
    with shelf.world.database.read() as session:
        try:
            service.usable(session, shelf.world.actor("sam"), "support/mail", "train")
        except DatasetNotUsable as error:
            return str(error.params["why"])
    return ""


def test_a_few_near_questions_are_a_warning(shelf: Shelf, person: Call) -> None:
    upload(person, [*NEAR[:3], *OTHER])
    work(shelf)
    found = person("sam").get(f"{V1}/report").json()
    assert (found["report"]["leaks"][0]["near"], found["blocked"], found["may_permit"]) == (3, [], [])
    codes = {each["code"] for each in found["report"]["remarks"]}
    assert "dataset_near_leak" in codes
    assert "dataset_near_leak_blocks" not in codes
    assert refusal(shelf) == ""
    assert person("sam").post(f"{V1}/permit", json=PERMIT).json()["code"] == "nothing_to_permit"


def test_many_near_questions_block_until_a_person_permits_them(shelf: Shelf, person: Call) -> None:
    upload(person, [*NEAR, *OTHER])
    work(shelf)
    found = person("sam").get(f"{V1}/report").json()
    assert (found["report"]["verdict"], found["blocked"], found["may_permit"]) == ("blocked", ["train"], ["train"])
    assert refusal(shelf) == "near_leak"
    assert person("lin").post(f"{V1}/permit", json=PERMIT).status_code == 403
    assert person("sam").post(f"{V1}/permit", json={"split": "train"}).status_code == 422
    permitted = person("sam").post(f"{V1}/permit", json=PERMIT).json()
    assert (permitted["blocked"], permitted["may_permit"]) == ([], [])
    [permit] = permitted["permits"]
    assert (permit["by"], permit["items"], permit["exam"], permit["reason"]) == (
        "sam", len(NEAR), "support/desk-exam", PERMIT["reason"],
    )  # fmt: skip
    assert refusal(shelf) == ""
    assert person("sam").get(V1).json()["report"]["blocked"] == []
    with shelf.world.database.read() as session:
        [line] = audit_queries.entries(session, event="datasets.near_leak.permitted")
        assert line.details["exams"] == {"support/desk-exam": len(NEAR)}
        assert line.reason == PERMIT["reason"]


def test_a_permit_reaches_no_further_than_what_was_seen(shelf: Shelf, person: Call) -> None:
    upload(person, [*NEAR, *OTHER])
    work(shelf)
    person("sam").post(f"{V1}/permit", json=PERMIT)
    with shelf.world.database.write() as session:
        [permit] = near_leaks.permits(session, [queries.get_ref(session, "support/mail").id])
        permit.items -= 1
    assert refusal(shelf) == "near_leak"
    assert person("sam").get(f"{V1}/report").json()["may_permit"] == ["train"]
    assert person("sam").post(f"{V1}/permit", json=PERMIT).json()["blocked"] == []
    assert refusal(shelf) == ""


def test_what_an_exam_asks_word_for_word_has_no_exception(shelf: Shelf, person: Call) -> None:
    upload(person, [*NEAR, *OTHER, chat(SENTENCE.format(0), "a")])
    work(shelf)
    assert refusal(shelf) == "leak"
    answer = person("sam").post(f"{V1}/permit", json=PERMIT)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_permit")
    assert refusal(shelf) == "leak"
    person("sam").post(f"{V1}/clean", json={"leave_out": ["leak", "near_leak"]})
    work(shelf)
    with shelf.world.database.read() as session:
        assert queries.get_ref(session, "support/mail").number == 2
    assert refusal(shelf) == ""
