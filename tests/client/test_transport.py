import time
from typing import Any

import httpx
import pytest

from aird.client import (
    ApiProblem,
    Client,
    ClientError,
    Conflict,
    ConnectionFailed,
    NotFound,
    NotPermitted,
    NotSignedIn,
    Refused,
    ServerBusy,
)
from aird.client.http import pause_before
from tests.client.stand_in import Reply, StandIn


def test_the_token_goes_with_every_call(server: StandIn, client: Client) -> None:
    server.page("/api/v1/departments", [])
    assert list(client.departments.list()) == []
    assert server.calls[0].headers["authorization"] == "Bearer aird_user_secret"


def test_without_a_token_nothing_is_sent_in_its_place(server: StandIn) -> None:
    server.page("/api/v1/departments", [])
    with Client(server.url) as client:
        list(client.departments.list())
    assert "authorization" not in server.calls[0].headers


def test_all_pages_of_a_list_are_read(server: StandIn, client: Client) -> None:
    pages = {None: (["a", "b"], "2"), "2": (["c"], None)}

    def page(call: Any) -> Any:
        names, following = pages[call.query.get("cursor")]
        return {"items": [{"name": name} for name in names], "next": following}

    server.on("GET", "/api/v1/models", page)
    assert [each["name"] for each in client.models.list(department="support")] == ["a", "b", "c"]
    assert [call.query["department"] for call in server.calls] == ["support", "support"]


def test_a_limit_reads_no_page_too_many(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/models", {"items": [{"n": 1}, {"n": 2}], "next": "again"})
    assert [each["n"] for each in client.models.list(limit=3)] == [1, 2, 1]
    assert len(server.calls) == 2
    assert [each["n"] for each in client.models.list(limit=2)] == [1, 2]
    assert len(server.calls) == 3


def test_a_problem_keeps_its_code_and_params(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/jobs/7", server.problem(409, "moved_on", "It moved on.", state="running"))
    with pytest.raises(ApiProblem, match=r"It moved on\.") as caught:
        client.jobs.get("7")
    problem = caught.value
    assert (problem.status, problem.code, problem.params) == (409, "moved_on", {"state": "running"})


def test_an_openai_error_is_a_problem_too(server: StandIn, client: Client) -> None:
    body = b'{"error": {"message": "No such endpoint.", "type": "invalid", "code": "model_not_found"}}'
    server.on("POST", "/v1/chat/completions", server.raw(body, 404, "application/json"))
    with pytest.raises(ApiProblem, match="No such endpoint") as caught:
        list(client.chat("a/b", []))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_a_page_of_something_else_is_not_taken_for_an_answer(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/jobs/7", server.raw(b"<html>Welcome</html>"))
    with pytest.raises(ApiProblem, match="text/html") as caught:
        client.jobs.get("7")
    assert caught.value.code == "not_json"


def test_an_error_page_of_a_proxy_is_shortened(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/jobs/7", server.raw(b"Bad gateway " * 100, 502))
    with pytest.raises(ApiProblem, match="502 Bad Gateway") as caught:
        client.jobs.get("7")
    assert len(caught.value.detail) < 300


def test_a_redirect_is_shown_and_the_token_does_not_follow_it(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/jobs/7", server.raw(b"", 307, Location="https://elsewhere/"))
    with pytest.raises(ApiProblem, match="https://elsewhere/") as caught:
        client.jobs.get("7")
    assert caught.value.code == "redirected"
    assert len(server.calls) == 1


def test_nobody_listening_is_a_failed_connection() -> None:
    with (
        Client("http://127.0.0.1:9", "t") as client,
        pytest.raises(ConnectionFailed, match="does not answer"),
    ):
        client.jobs.get("7")


def test_an_answer_that_takes_too_long_is_a_failed_connection(server: StandIn) -> None:
    server.on("GET", "/api/v1/jobs/8", lambda _call: time.sleep(0.5))
    with Client(server.url, "t", timeout=0.1) as client, pytest.raises(ConnectionFailed, match="in time"):
        client.jobs.get("8")


@pytest.mark.parametrize("url", ["", "here", "ftp://host", "http://", "127.0.0.1:8321"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ClientError):
        Client(url, "t")


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tökén"])
def test_what_is_no_token_is_refused_before_anything_is_sent(token: str) -> None:
    with pytest.raises(ClientError, match="token"):
        Client("http://127.0.0.1:9", token)


def test_no_content_is_none(server: StandIn, client: Client) -> None:
    server.on("DELETE", "/api/v1/tokens/5", server.raw(b"", 204))
    client.tokens.revoke("5")
    assert len(server.sent("DELETE", "/api/v1/tokens/5")) == 1


@pytest.mark.parametrize("status", [423, 429, 502, 503, 504])
def test_what_may_be_asked_twice_is_asked_again_when_the_server_is_busy(
    server: StandIn, client: Client, status: int
) -> None:
    busy = server.problem(status, "busy")
    server.on("GET", "/api/v1/jobs/7", busy, busy, {"id": "7"})
    assert client.jobs.get("7").id == "7"
    assert len(server.calls) == 3


def test_a_server_that_stays_busy_is_said(server: StandIn, client: Client) -> None:
    server.on("GET", "/api/v1/jobs/7", server.problem(503, "starting"))
    with pytest.raises(ServerBusy) as caught:
        client.jobs.get("7")
    assert (caught.value.code, len(server.calls)) == ("starting", 3)


def test_what_could_happen_twice_is_asked_once(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/merges", server.problem(503, "starting"))
    with pytest.raises(ServerBusy):
        client.merge("merge_method: linear")
    assert len(server.calls) == 1


def test_the_server_says_how_long_to_wait(server: StandIn, client: Client) -> None:
    busy = Reply(b"{}", 429, headers={"Retry-After": "1"})
    server.on("GET", "/api/v1/jobs/7", busy, {"id": "7"})
    began = time.monotonic()
    client.jobs.get("7")
    assert time.monotonic() - began >= 1


def test_pauses_double_and_have_an_end() -> None:
    assert 0.8 <= pause_before(1, 1.0) <= 1.2
    assert 3.2 <= pause_before(3, 1.0) <= 4.8
    assert pause_before(30, 1.0) == 30.0
    date = httpx.Response(503, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})
    assert pause_before(1, 1.0, date) == 0.0


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotSignedIn), (403, NotPermitted), (404, NotFound), (409, Conflict), (422, Refused)]
)
def test_a_refusal_is_an_exception_of_its_kind(
    server: StandIn, client: Client, status: int, kind: type[ApiProblem]
) -> None:
    server.on("GET", "/api/v1/jobs/7", server.problem(status, "some_code", field="x"))
    with pytest.raises(kind) as caught:
        client.jobs.get("7")
    assert (caught.value.status, caught.value.code, caught.value.params) == (status, "some_code", {"field": "x"})
