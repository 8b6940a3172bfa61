"""People over the API: other names, roles taken back, accounts closed; and why somebody may or may not."""

import pytest

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Permission, Role
from aird.auth.routes import router as auth_router
from aird.auth.routes_people import router as people_router
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from aird.server.access_routes import router as explained
from aird.testing import World
from tests.requests.web import Call, people_of


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, auth_router, people_router, explained)


def test_a_person_and_a_department_get_other_names(person: Call) -> None:
    ada = person("ada")
    assert ada.patch("/people/lin", json={"display_name": "Lin Wei"}).json()["display_name"] == "Lin Wei"
    changed = ada.patch("/departments/support", json={"title": "Customer care"}).json()
    assert (changed["title"], changed["key"], changed["quota_bytes"]) == ("Customer care", "support", None)
    assert ada.patch("/departments/support", json={"quota_bytes": 5}).json()["title"] == "Customer care"


@pytest.mark.parametrize("body", [{"display_name": ""}, {"display_name": "  "}, {"username": "x"}])
def test_a_name_that_is_none_is_refused(person: Call, body: dict[str, str]) -> None:
    assert person("ada").patch("/people/lin", json=body).status_code == 422


def test_a_role_is_taken_back_once(person: Call) -> None:
    ada, wanted = person("ada"), {"role": "lead", "department": "support"}
    assert ada.delete("/people/lin/roles", params=wanted).json()["roles"] == []
    answer = ada.delete("/people/lin/roles", params=wanted)
    assert (answer.status_code, answer.json()["code"]) == (404, "role_not_held")


def test_a_closed_account_opens_nothing_and_comes_back_with_its_roles(world: World, person: Call) -> None:
    ada, lin = person("ada"), person("lin")
    assert lin.get("/session").status_code == 200
    assert ada.patch("/people/lin", json={"active": False}).json()["active"] is False
    assert lin.get("/session").status_code == 401
    again = ada.patch("/people/lin", json={"active": True}).json()
    assert (again["active"], again["roles"][0]["role"]) == (True, "lead")
    assert lin.get("/session").status_code == 401  # the token stays revoked
    assert person("lin").get("/session").status_code == 200


def test_the_last_admin_can_neither_leave_nor_be_put_out(world: World, person: Call) -> None:
    ada = person("ada")
    for answer in (
        ada.patch("/people/ada", json={"active": False}),
        ada.delete("/people/ada/roles", params={"role": "admin"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    with world.database.write() as session:
        auth.give_role(session, SYSTEM, auth_queries.get_person(session, "noor"), Role.ADMIN, None)
    assert ada.delete("/people/ada/roles", params={"role": "admin"}).status_code == 200


@pytest.mark.parametrize("who", ["lin", "sam", "noor"])
def test_only_an_admin_changes_people(person: Call, who: str) -> None:
    assert person(who).patch("/people/omar", json={"active": False}).status_code == 403
    assert person(who).delete("/people/omar/roles", params={"role": "lead"}).status_code == 403
    assert person("ada").patch("/people/omar", json={"active": False}).status_code == 200


def test_the_roles_are_listed_with_what_they_may_do(person: Call) -> None:
    found = {each["role"]: each for each in person("lin").get("/roles").json()}
    assert (found["lead"]["people"], found["admin"]["people"]) == (3, 1)
    assert "approval.decide" in found["lead"]["permissions"]
    assert "approval.decide" not in found["admin"]["permissions"]


def explained_to(call: Call, by: str, permission: Permission, **params: str) -> dict[str, object]:
    answer = call(by).get("/access/explain", params={"permission": permission.value, **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_everybody_is_told_why_they_may_not(person: Call) -> None:
    found = explained_to(person, "lin", Permission.WRITE_MODELS, department="support")
    assert (found["allowed"], found["reason"], found["admins"]) == (False, "no_role_gives_it", ["ada"])
    assert found["roles_that_give"] == ["staff"]
    found = explained_to(person, "lin", Permission.ASK_APPROVAL, department="finance")
    assert (found["reason"], found["elsewhere"]) == ("other_department", ["support"])
    found = explained_to(person, "lin", Permission.ASK_APPROVAL, department="support")
    assert (found["allowed"], found["given_by"]) == (True, [{"role": "lead", "department": "support"}])


def test_only_admins_and_auditors_ask_about_others(person: Call) -> None:
    for who in ("ada", "noor"):
        assert explained_to(person, who, Permission.WRITE_MODELS, person="rui")["person"] == "rui"
    params = {"permission": "model.write", "person": "rui"}
    assert person("lin").get("/access/explain", params=params).status_code == 403
    assert person("lin").get("/access/explain", params={**params, "person": "lin"}).status_code == 200


def test_a_model_says_what_it_lets_somebody_do(world: World, person: Call) -> None:
    world.version("finance/books")
    found = explained_to(person, "ada", Permission.USE_WEIGHTS, person="rui", model="finance/books")
    assert (found["department"], found["reason"]) == ("finance", "other_department")
    lines = {each["code"]: each["allowed"] for each in found["lines"]}  # type: ignore[attr-defined]
    assert lines == {"see_model": True, "use_weights": False, "decide_access": False}
    with world.database.write() as session:
        catalog_queries.get_model(session, "finance/books").visibility = Visibility.PRIVATE
    params = {"permission": "model.read", "model": "finance/books"}
    assert person("rui").get("/access/explain", params=params).status_code == 404
    assert person("omar").get("/access/explain", params=params).status_code == 200
