"""Why a run has its score: items won and lost, for those who may read them."""

from typing import Any

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import upkeep
from aird.catalog.models import Kind, Relation, Version, Visibility
from aird.catalog.service import Parent
from aird.evaluation import outcomes, service
from aird.evaluation.models import Run, Suite
from aird.evaluation.routes import router
from aird.evaluation.scorers.outcome import Outcome
from aird.evaluation.service import Measurement
from tests.evaluation.conftest import QUESTIONS, School
from tests.evaluation.test_service import order
from tests.requests.web import Call, people_of

PARENT = [n < 8 for n in range(12)]  # right in the first eight
CHILD = [n % 2 == 0 for n in range(12)]  # right in every other


@pytest.fixture
def person(school: School) -> Call:
    return people_of(school.world, router)


def sat(school: School, version: Version, suite: Suite, right: list[bool], split: str = "exam") -> Run:
    """A run with these outcomes."""
    found = [Outcome(f"q{n}", ok, n % 3 if ok else 2, f"answer {n}") for n, ok in enumerate(right)]
    job = order(school, [version], [suite], split)
    manifest = school.world.store.put_files({outcomes.FILE: outcomes.lines(found)})
    points = sum(right)
    made = Measurement(version.id, suite, split, len(right), points, float(points), manifest.digest)
    with school.world.database.write() as session:
        return service.record(session, SYSTEM, job.id, [made])[0]


def family(school: School) -> tuple[Suite, Run, Run, Run]:
    """A base, the version that came from it, and that one's child, with a run each."""
    base = school.world.version("platform/tiny", kind=Kind.BASE)
    parent = school.world.version("support/desk", kind=Kind.ADAPTER, base=base)
    child = school.world.version(
        "support/desk", kind=Kind.ADAPTER, base=base, parents=[Parent(parent, Relation.CONTINUED)]
    )
    suite = school.suite()
    return (
        suite,
        sat(school, base, suite, [False] * 12),
        sat(school, parent, suite, PARENT),
        sat(school, child, suite, CHILD),
    )


def test_a_run_is_held_against_its_parent_item_by_item(school: School, person: Call) -> None:
    _, _, parent, child = family(school)
    found = person("sam").get(f"/evaluations/{child.id}").json()
    assert (found["why"], found["against"]["id"], found["run"]["id"]) == ("parent", str(parent.id), str(child.id))
    assert found["tally"] == {"won": 2, "lost": 4, "right": 4, "wrong": 2}
    kinds = [each["change"] for each in found["items"]]
    assert kinds == ["lost"] * 4 + ["won"] * 2 + ["wrong"] * 2 + ["right"] * 4
    first = found["items"][0]
    assert (first["id"], first["score"], first["other_score"]) == ("q1", 0, 1)
    assert first["asked"]["messages"] == QUESTIONS[1]["messages"]
    assert (first["asked"]["choices"], first["asked"]["wanted"]) == (QUESTIONS[1]["choices"], "Queue 2.")
    assert {each["id"] for each in found["others"]} >= {str(parent.id)}


def test_any_run_of_the_same_exam_may_be_chosen(school: School, person: Call) -> None:
    _, base, _, child = family(school)
    found = person("sam").get(f"/evaluations/{child.id}", params={"against": str(base.id)}).json()
    assert (found["why"], found["tally"]["won"], found["tally"]["lost"]) == ("chosen", 6, 0)
    alone = person("sam").get(f"/evaluations/{base.id}").json()
    assert (alone["why"], alone["against"], alone["tally"]["wrong"]) == ("nothing", None, 12)


def test_the_base_is_a_parent_only_where_there_is_no_nearer_one(school: School, person: Call) -> None:
    _, base, parent, _ = family(school)
    assert person("sam").get(f"/evaluations/{parent.id}").json()["against"]["id"] == str(base.id)


def test_items_come_page_by_page_and_by_kind(school: School, person: Call) -> None:
    _, _, _, child = family(school)
    seen, cursor = [], "0"
    for _ in range(3):
        page = person("sam").get(f"/evaluations/{child.id}", params={"limit": 5, "cursor": cursor}).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert sorted(seen) == sorted(f"q{n}" for n in range(12))
    lost = person("sam").get(f"/evaluations/{child.id}", params={"change": ["lost", "won"]}).json()
    assert {each["change"] for each in lost["items"]} == {"lost", "won"}


def test_runs_of_another_exam_cannot_be_held_against_each_other(school: School, person: Call) -> None:
    suite, _, parent, child = family(school)
    with school.world.database.read() as session:
        version = catalog_queries.get_ref(session, "support/desk@2")
    other = sat(school, version, school.suite("support/other"), CHILD)
    answer = person("sam").get(f"/evaluations/{child.id}", params={"against": str(other.id)})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_compare")
    assert person("sam").get(f"/evaluations/{child.id}", params={"against": str(parent.id)}).status_code == 200
    assert suite.name == "support/exam"


@pytest.mark.parametrize(("who", "hidden"), [("sam", False), ("lin", False), ("omar", True), ("noor", True)])
def test_words_of_items_are_for_those_who_may_read_the_data_set(
    school: School, person: Call, who: str, hidden: bool
) -> None:
    _, _, _, child = family(school)
    found = person(who).get(f"/evaluations/{child.id}")
    assert found.status_code == 200
    assert (found.json()["items_hidden"], found.json()["items"] == []) == (hidden, hidden)
    assert found.json()["tally"]["lost"] == 4
    assert ("Where does mail" in found.text) is not hidden
    suite = person(who).get("/suites/support/exam")
    assert (suite.json()["items_hidden"], "Where does mail" in suite.text) == (hidden, not hidden)
    assert suite.json()["runs"] == 3


def test_runs_of_a_private_model_do_not_exist_for_others(school: School, person: Call) -> None:
    _, base, _, child = family(school)
    with school.world.database.write() as session:
        upkeep.change(
            session, SYSTEM, catalog_queries.get_model(session, "support/desk"), visibility=Visibility.PRIVATE
        )
    rui = person("rui")
    assert (rui.get(f"/evaluations/{child.id}").status_code, rui.get(f"/evaluations/{base.id}").status_code) == (
        404,
        200,
    )
    against = rui.get(f"/evaluations/{base.id}", params={"against": str(child.id)})
    assert (against.status_code, against.json()["code"]) == (404, "run_not_found")
    assert rui.get(f"/evaluations/{base.id}").json()["others"] == []
    assert rui.get("/suites/support/exam").json()["runs"] == 1
    assert person("lin").get(f"/evaluations/{child.id}").status_code == 200


TASK = "task: desk\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: c\ndoc_to_target: a"
IMPORT: dict[str, Any] = {
    "name": "support/desk-task",
    "yaml": TASK,
    "documents": '{"q": "Where?", "c": ["Here.", "There."], "a": 1}',
    "slot": "safety",
    "skill": "places",
}


def test_a_task_is_shown_first_and_then_brought_in(school: School, person: Call) -> None:
    sam = person("sam")
    shown = sam.post("/suites/import", json={**IMPORT, "dry_run": True})
    assert (shown.status_code, shown.json()["suite"], shown.json()["items"]) == (201, None, 1)
    assert shown.json()["sample"][0]["choices"] == ["Here.", "There."]
    assert sam.get("/suites").json()["items"] == []
    made = sam.post("/suites/import", json=IMPORT).json()["suite"]
    assert (made["name"], made["dataset"], made["items"]) == ("support/desk-task", "support/desk-task-items@1", 1)
    assert sam.get("/suites", params={"slot": "safety", "skill": "places"}).json()["items"] == [made]
    assert sam.get("/suites", params={"slot": "refusal"}).json()["items"] == []
    assert sam.post("/suites/import", json=IMPORT).status_code == 409
    assert person("lin").post("/suites/import", json={**IMPORT, "name": "support/two"}).status_code == 403


def test_a_task_that_runs_python_is_refused_and_leaves_nothing(school: School, person: Call) -> None:
    body = {**IMPORT, "yaml": f"{TASK}\nprocess_docs: !function utils.docs"}
    answer = person("sam").post("/suites/import", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "task_refused")
    assert person("sam").get("/suites").json()["items"] == []
