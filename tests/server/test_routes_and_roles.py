"""Deny by default: every route declares who may call it, and no role reaches more than the table of rights says."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from aird.auth.permissions import RIGHTS, Permission, Role
from aird.server.app import create_app, make_routes
from aird.testing import PEOPLE, World

ROLES = {Role.LEAD: "lin", Role.STAFF: "sam", Role.ADMIN: "ada", Role.AUDITOR: "noor"}


def api_routes(app: FastAPI) -> list[RouteContext]:
    found = iter_route_contexts(app.routes)
    return [each for each in found if isinstance(each.original_route, APIRoute) and each.include_in_schema]


def declared(dependant: Dependant) -> set[Permission]:
    """Every permission that a route's dependencies ask for."""
    own = getattr(dependant.call, "permission", None)
    found = {own} if own else set()
    return found.union(*(declared(each) for each in dependant.dependencies))


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def test_every_route_declares_one_permission_or_is_public(client: TestClient) -> None:
    routes = api_routes(client.app)  # type: ignore[arg-type]
    assert len(routes) > 50
    for route in routes:
        public = getattr(route.endpoint, "public", False)
        assert public != (len(declared(route.dependant)) == 1), f"{route.methods} {route.path}"


def test_routes_that_were_made_at_the_start_are_not_made_by_the_first_request(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_routes(client.app)  # type: ignore[arg-type]
    monkeypatch.delattr("fastapi.routing.get_dependant")
    assert (client.get("/api/v1/models").status_code, client.get("/nowhere").status_code) == (401, 404)


def test_the_public_routes_are_few_and_known(client: TestClient) -> None:
    public = {r.path for r in api_routes(client.app) if getattr(r.endpoint, "public", False)}  # type: ignore[arg-type]
    assert public == {"/api/v1/session", "/api/v1/session/link", "/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_gets_past_the_door_exactly_where_the_table_says(client: TestClient, world: World, role: Role) -> None:
    assert PEOPLE[ROLES[role]][0] is role
    headers = {"Authorization": f"Bearer {world.token(ROLES[role])}"}
    for route in api_routes(client.app):  # type: ignore[arg-type]
        if getattr(route.endpoint, "public", False) or route.path.endswith("/stream"):
            continue
        (permission,) = declared(route.dependant)
        url = re.sub(
            r"\{number[^}]*\}", "1", re.sub(r"\{[a-z_]*id\}", "0" * 8 + "-0000-0000-0000-" + "0" * 12, route.path)
        )
        url = re.sub(r"\{[^}]*\}", "nobody", url)
        for method in route.methods - {"HEAD"}:
            if url.endswith("/session") and method == "DELETE":
                continue
            answer = client.request(method, url, headers=headers, json={} if method != "GET" else None)
            refused = answer.status_code == 403 and answer.json().get("params", {}).get("permission") == permission
            assert refused == (permission not in RIGHTS[role]), f"{role} {method} {url}: {answer.text[:200]}"
            assert answer.status_code < 500, f"{role} {method} {url}: {answer.text[:200]}"


def test_nobody_gets_in_without_a_token(client: TestClient) -> None:
    for route in api_routes(client.app):  # type: ignore[arg-type]
        if getattr(route.endpoint, "public", False):
            continue
        url = re.sub(r"\{[^}]*\}", "1", route.path)
        for method in route.methods - {"HEAD"}:
            assert client.request(method, url).status_code == 401, f"{method} {url}"


@pytest.mark.parametrize(
    "token", ["", "x", "aird_user_" + "0" * 36, "aird_user_'; DROP TABLE people;--", "a" * 100_000]
)
def test_a_wrong_token_is_refused(client: TestClient, token: str) -> None:
    answer = client.get("/api/v1/models", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_another_host_name_is_not_answered(client: TestClient) -> None:
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/healthz").status_code == 200
