"""People sign in by link or password; a page of another site cannot act for them."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from aird.auth import queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM
from aird.server.app import create_app
from aird.testing import PASSWORD, World


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.settings, world.database, world.store, reconcile=False)) as opened:
        yield opened


def link(world: World, username: str = "lin") -> str:
    with world.database.write() as session:
        return auth.create_login_link(session, SYSTEM, queries.get_person(session, username), minutes=5)[0]


def test_a_link_signs_in_once(client: TestClient, world: World) -> None:
    code = link(world)
    me = client.post("/api/v1/session/link", json={"code": code})
    assert me.json()["person"]["username"] == "lin"
    assert client.get("/api/v1/session").json()["roles"] == [{"role": "lead", "department": "support"}]
    again = client.post("/api/v1/session/link", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (401, "link_used_up")


def test_who_is_signed_in_learns_where_each_right_is_held(client: TestClient, world: World) -> None:
    rights = {}
    for person in ("rui", "sam"):  # staff of one department, staff of all
        client.post("/api/v1/session/link", json={"code": link(world, person)})
        rights[person] = client.get("/api/v1/session").json()
    assert "dataset.write" in rights["rui"]["permissions"]
    assert "dataset.write" not in rights["rui"]["everywhere"]
    assert "dataset.write" in rights["rui"]["in_departments"]["platform"]
    assert list(rights["rui"]["in_departments"]) == ["platform"]
    assert "dataset.write" in rights["sam"]["everywhere"]


def test_a_password_signs_in_and_a_wrong_one_does_not(client: TestClient, world: World) -> None:
    world.set_password("lin")
    wrong = client.post("/api/v1/session", json={"username": "lin", "password": "wrong"})
    nobody = client.post("/api/v1/session", json={"username": "nobody-here", "password": "wrong"})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json()["detail"] == nobody.json()["detail"]
    assert client.post("/api/v1/session", json={"username": "lin", "password": PASSWORD}).status_code == 200


def test_too_many_wrong_passwords_are_slowed_down(client: TestClient, world: World) -> None:
    answers = [
        client.post("/api/v1/session", json={"username": "guessed", "password": str(n)}).status_code for n in range(9)
    ]
    assert answers == [401] * 8 + [429]


def test_a_change_by_cookie_needs_the_csrf_token(client: TestClient, world: World) -> None:
    csrf = client.post("/api/v1/session/link", json={"code": link(world)}).json()["csrf"]
    body = {"name": "laptop"}
    assert client.post("/api/v1/tokens", json=body).json()["code"] == "forged_request"
    forged = {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/v1/tokens", json=body, headers=forged).status_code == 403
    assert client.post("/api/v1/tokens", json=body, headers={"X-CSRF-Token": csrf}).status_code == 201


def test_signing_out_ends_the_session(client: TestClient, world: World) -> None:
    csrf = client.post("/api/v1/session/link", json={"code": link(world)}).json()["csrf"]
    assert client.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    assert client.get("/api/v1/session").status_code == 401


def test_a_token_shows_its_secret_once_and_can_be_revoked(client: TestClient, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token('sam')}"}
    made = client.post("/api/v1/tokens", json={"name": "ci"}, headers=headers).json()
    mine = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/v1/models", headers=mine).status_code == 200
    assert "token" not in client.get("/api/v1/tokens", headers=headers).json()["items"][0]
    assert client.delete(f"/api/v1/tokens/{made['id']}", headers=headers).status_code == 204
    assert client.get("/api/v1/models", headers=mine).json()["code"] == "token_not_valid"


def test_a_departments_key_opens_no_other_door(client: TestClient, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token('lin')}"}
    body = {"name": "desk", "kind": "key", "department": "support"}
    key = client.post("/api/v1/tokens", json=body, headers=headers).json()["token"]
    assert client.get("/api/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 403
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_a_lead_makes_keys_for_their_own_department_only(client: TestClient, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token('lin')}"}
    body = {"name": "desk", "kind": "key", "department": "finance"}
    assert client.post("/api/v1/tokens", json=body, headers=headers).status_code == 403


def test_only_an_admin_adds_people(client: TestClient, world: World) -> None:
    body = {"username": "newcomer", "display_name": "New", "roles": [{"role": "lead", "department": "hr"}]}
    for username, status in (("sam", 403), ("ada", 201), ("ada", 409)):
        headers = {"Authorization": f"Bearer {world.token(username)}"}
        assert client.post("/api/v1/people", json=body, headers=headers).status_code == status


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_is_refused(client: TestClient, world: World, password: str) -> None:
    headers = {"Authorization": f"Bearer {world.token('ada')}"}
    body = {"username": "weak", "display_name": "Weak", "password": password}
    assert client.post("/api/v1/people", json=body, headers=headers).json()["code"] == "password_too_weak"
