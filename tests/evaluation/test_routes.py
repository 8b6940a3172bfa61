"""Suites, gates and evaluations over HTTP."""

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, upkeep
from aird.catalog.models import Visibility
from aird.evaluation import service
from aird.evaluation.routes import router
from tests.evaluation.conftest import QUESTIONS, School
from tests.evaluation.test_service import measured, order
from tests.requests.web import Call, people_of

SUITE = {"name": "support/exam", "title": "Mail", "dataset": "support/mail", "split": "exam", "scorer": "choice"}
GATE = {"name": "basics", "department": "support", "rules": [{"suite": "support/exam", "at_least": 0.8}]}


@pytest.fixture
def person(school: School) -> Call:
    return people_of(school.world, router)


def test_staff_make_a_suite_and_everybody_sees_it(school: School, person: Call) -> None:
    school.dataset(exam=QUESTIONS)
    made = person("sam").post("/suites", json=SUITE)
    assert made.status_code == 201
    assert {"dataset": "support/mail@1", "items": 12, "metric": "accuracy"}.items() <= made.json().items()
    assert person("noor").get("/suites").json()["items"] == [made.json()]
    assert person("lin").post("/suites", json={**SUITE, "name": "support/two"}).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"dataset": "support/other"}, 404, "dataset_not_found"),
        ({"dataset": "support/mail@9"}, 404, "dataset_version_not_found"),
        ({"split": "dev"}, 422, "suite_refused"),
        ({"split": "../exam"}, 422, "invalid_request"),
        ({"name": "exam"}, 422, "invalid_request"),
        ({"name": "moon/exam"}, 404, "department_not_found"),
        ({"scorer": "feeling"}, 422, "invalid_request"),
    ],
)
def test_a_suite_that_makes_no_sense_is_refused(
    school: School, person: Call, change: dict[str, object], status: int, code: str
) -> None:
    school.dataset(exam=QUESTIONS)
    answer = person("sam").post("/suites", json={**SUITE, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_gate_is_made_changed_and_checked(school: School, person: Call) -> None:
    school.suite()
    version = school.world.version("support/desk")
    school.world.score(version, "support/exam", 0.7)
    sam = person("sam")
    gate = sam.post("/gates", json=GATE)
    assert gate.status_code == 201
    path = "/models/support/desk/versions/1/gates"
    assert person("noor").get(path).json()["lines"][0]["reason"] == "too_low"
    body = {"rules": [{"suite": "support/exam", "at_least": 0.6}], "reason": "few items"}
    assert sam.put(f"/gates/{gate.json()['id']}", json=body).json()["rules"][0]["at_least"] == 0.6
    assert sam.get(path).json()["passed"] is True
    assert sam.get(path, params={"department": "finance"}).json() == {"passed": True, "lines": []}
    assert sam.get("/gates").json()["items"][0]["name"] == "basics"


def test_a_gate_does_not_name_a_reference_of_a_private_model(school: School, person: Call) -> None:
    school.suite()
    school.world.version("support/desk")
    school.world.version("finance/secret")
    rule = {"suite": "support/exam", "at_least": 0.9, "measure": "relative", "reference": "finance/secret@1"}
    assert (
        person("sam").post("/gates", json={**GATE, "rules": [rule]}).json()["rules"][0]["reference"]
        == rule["reference"]
    )
    with school.world.database.write() as session:
        queries.get_model(session, "finance/secret").visibility = Visibility.PRIVATE
    for who, named in (("lin", False), ("omar", True), ("noor", True)):
        for path in ("/gates", "/models/support/desk/versions/1/gates"):
            answer = person(who).get(path)
            assert (answer.status_code, "finance/secret" in answer.text) == (200, named), (who, path)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/models/support/none-such/versions/1/gates", "model_not_found"),
        ("/models/support/desk/versions/9/gates", "version_not_found"),
        ("/models/support/desk/versions/1/gates?department=moon", "department_not_found"),
    ],
)
def test_gates_of_unknown_things_are_not_found(school: School, person: Call, path: str, code: str) -> None:
    school.world.version("support/desk")
    answer = person("sam").get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_an_evaluation_of_all_suites_is_a_job(school: School, person: Call) -> None:
    school.suite()
    school.suite("support/words")
    school.world.version("support/desk")
    answer = person("sam").post("/evaluations", json={"versions": ["support/desk"]})
    assert (answer.status_code, answer.json()["kind"]) == (202, "evaluation.run")
    assert answer.json()["title"] == "support/desk@1 in 2 suites"
    assert person("lin").post("/evaluations", json={"versions": ["support/desk"]}).status_code == 403


def test_an_evaluation_without_any_suite_is_refused(school: School, person: Call) -> None:
    school.world.version("support/desk")
    answer = person("sam").post("/evaluations", json={"versions": ["support/desk"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_measure")


def test_runs_are_listed_newest_first_page_by_page(school: School, person: Call) -> None:
    version, other, suite = school.world.version("support/desk"), school.world.version("support/two"), school.suite()
    for correct in (3, 6, 9):
        job = order(school, [version], [suite])
        with school.world.database.write() as session:
            service.record(session, school.world.actor("sam"), job.id, [measured(version, suite, correct)])
    noor = person("noor")
    first = noor.get("/evaluations", params={"version": version.ref, "limit": 2}).json()
    second = noor.get("/evaluations", params={"version": version.ref, "limit": 2, "cursor": first["next"]}).json()
    assert [each["score"] for page in (first, second) for each in page["items"]] == [0.75, 0.5, 0.25]
    assert noor.get("/evaluations", params={"version": other.ref}).json()["items"] == []


def test_runs_of_a_private_model_are_for_those_who_see_it(school: School, person: Call) -> None:
    version, suite = school.world.version("support/desk"), school.suite()
    job = order(school, [version], [suite])
    with school.world.database.write() as session:
        service.record(session, school.world.actor("sam"), job.id, [measured(version, suite, 3)])
        upkeep.change(session, SYSTEM, queries.get_model(session, "support/desk"), visibility=Visibility.PRIVATE)
    assert len(person("lin").get("/evaluations").json()["items"]) == 1
    rui = person("rui")
    assert rui.get("/evaluations").json()["items"] == []
    for path in ("/evaluations?version=support/{}@7", "/models/support/{}/versions/1/gates"):
        hidden, absent = (rui.get(path.format(name)) for name in ("desk", "dusk"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["detail"] == absent.json()["detail"].replace("dusk", "desk")
