"""Whatever goes wrong leaves as problem+json, and a bug tells nothing of the inside."""

from typing import Annotated

import pytest
from fastapi import FastAPI, HTTPException, Query
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.errors import Conflict, NotAuthenticated, NotFound, Refused
from aird.core.http import install_error_handlers, problems


class GateClosed(Refused):
    """The gate is closed"""


ERRORS = {
    "refused": GateClosed("It is night. Come back at eight.", opens=8),
    "nobody": NotAuthenticated("Sign in."),
    "framework": HTTPException(405, "Method Not Allowed", {"Allow": "GET"}),
    "teapot": HTTPException(418, "I'm a teapot"),
    "locked": OperationalError("SELECT 1", {}, Exception("database is locked")),
    "full": OperationalError("INSERT", {}, Exception("database or disk is full")),
    "pool": PoolTimeout("QueuePool limit reached"),
    "bug": ZeroDivisionError("secret detail"),
}


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/raise/{name}")
    def fail(name: str) -> None:
        raise ERRORS[name]

    @app.get("/count")
    def count(number: Annotated[int, Query(ge=1)]) -> int:
        return number

    return TestClient(app, raise_server_exceptions=False)


def problem(answer: Response) -> tuple[int, str]:
    """(status, code), after a look at the form."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "code", "params"}
    assert (body["status"], body["type"]) == (answer.status_code, f"urn:aird:error:{body['code']}")
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refused", 422, "gate_closed"),
        ("nobody", 401, "not_authenticated"),
        ("framework", 405, "method_not_allowed"),
        ("teapot", 418, "http_error"),
        ("locked", 503, "database_unavailable"),
        ("full", 507, "storage_full"),
        ("pool", 503, "database_unavailable"),
        ("bug", 500, "internal_error"),
    ],
)
def test_every_error_is_a_problem(client: TestClient, name: str, status: int, code: str) -> None:
    assert problem(client.get(f"/raise/{name}")) == (status, code)


def test_a_refusal_says_what_and_why_and_what_to_do(client: TestClient) -> None:
    body = client.get("/raise/refused").json()
    assert (body["title"], body["detail"]) == ("The gate is closed", "It is night. Come back at eight.")
    assert body["params"] == {"opens": 8}


def test_a_bug_shows_nothing_of_the_inside(client: TestClient) -> None:
    assert "secret" not in client.get("/raise/bug").text
    assert "SELECT" not in client.get("/raise/locked").text


def test_headers_that_belong_to_the_error_are_sent(client: TestClient) -> None:
    assert client.get("/raise/nobody").headers["www-authenticate"] == "Bearer"
    assert client.get("/raise/framework").headers["allow"] == "GET"
    assert "www-authenticate" not in client.get("/raise/refused").headers


def test_a_request_that_does_not_fit_names_its_field(client: TestClient) -> None:
    answer = client.get("/count", params={"number": "many"})
    assert problem(answer) == (422, "invalid_request")
    assert answer.json()["params"]["fields"][0]["field"] == "query.number"
    assert client.get("/count", params={"number": 3}).json() == 3


def test_an_address_that_is_not_there_is_a_problem_too(client: TestClient) -> None:
    assert problem(client.get("/nowhere")) == (404, "not_found")


def test_a_route_declares_its_errors_by_status() -> None:
    found = problems(GateClosed, NotFound, Conflict, Refused)
    assert set(found) == {404, 409, 422}
    assert found[422]["description"] == "`gate_closed`: The gate is closed; `refused`: A rule refuses this"
