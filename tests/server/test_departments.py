"""The quota of a department: set by an admin, on record, and held to when something is filed."""

import pytest

from aird.audit.queries import entries
from aird.auth.routes import router
from aird.store.errors import QuotaExceeded
from aird.testing import World
from tests.requests.web import Call, people_of


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


def test_an_admin_sets_a_quota_and_takes_it_back(world: World, person: Call) -> None:
    answer = person("ada").patch("/departments/support", json={"quota_bytes": 10})
    assert (answer.status_code, answer.json()["quota_bytes"]) == (200, 10)
    listed = {each["key"]: each["quota_bytes"] for each in person("lin").get("/departments").json()["items"]}
    assert (listed["support"], listed["finance"]) == (10, None)
    with pytest.raises(QuotaExceeded):
        world.version("support/mail", files={"a": b"x" * 11})
    assert person("ada").patch("/departments/support", json={"quota_bytes": None}).json()["quota_bytes"] is None
    world.version("support/mail", files={"a": b"x" * 11})
    with world.database.read() as session:
        found = [each for each in entries(session, limit=50) if each.event == "auth.department.quota_set"]
    assert [(each.subject, each.actor_name, each.details) for each in found] == [
        ("support", "ada", {"was": 10, "quota_bytes": None}),
        ("support", "ada", {"was": None, "quota_bytes": 10}),
    ]


def test_a_quota_is_set_by_nobody_else_and_is_a_number_of_bytes(person: Call) -> None:
    for username in ("lin", "sam", "noor"):
        assert person(username).patch("/departments/support", json={"quota_bytes": 10}).status_code == 403
    ada = person("ada")
    for body in ({"quota_bytes": -1}, {"quota_bytes": 2**63}, {"quota_bytes": "much"}):
        assert ada.patch("/departments/support", json=body).status_code == 422
    assert ada.patch("/departments/nowhere", json={"quota_bytes": 10}).json()["code"] == "department_not_found"
    assert ada.patch("/departments/support", json={"quota_bytes": 0}).status_code == 200
