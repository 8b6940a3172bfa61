"""Each method of the client, and the call it makes."""

from collections.abc import Callable
from typing import Any

import pytest

from aird.client import Client
from tests.client.stand_in import StandIn

ROLE = {"role": "lead", "department": "support"}
REASON = {"reason": "Because."}

POSTS: dict[str, tuple[Callable[[Client], Any], Any]] = {
    "/departments": (lambda c: c.departments.create("hr", title="HR"), {"key": "hr", "title": "HR"}),
    "/people": (
        lambda c: c.people.create("lin", display_name="Lin", roles=[ROLE], password="a long one"),
        {"username": "lin", "display_name": "Lin", "roles": [ROLE], "password": "a long one"},
    ),
    "/people/lin/roles": (lambda c: c.people.give_role("lin", "lead", department="support"), ROLE),
    "/people/lin/login-link": (lambda c: c.people.login_link("lin"), {}),
    "/models": (
        lambda c: c.models.create("a/b", description="D", tags=["x"]),
        {"name": "a/b", "title": "B", "description": "D", "tags": ["x"]},
    ),
    "/models/a/b/versions/1/retire": (lambda c: c.versions.retire("a/b@1", reason="Because."), REASON),
    "/models/a/b/versions/1/suspend": (lambda c: c.versions.suspend("a/b@1", reason="Because."), REASON),
    "/models/a/b/versions/1/reinstate": (lambda c: c.versions.reinstate("a/b@1", reason="Because."), REASON),
    "/suites": (
        lambda c: c.suites.create("a/exam", dataset="a/data@1", split="exam", scorer="choice", title="Exam"),
        {"name": "a/exam", "title": "Exam", "dataset": "a/data@1", "split": "exam", "scorer": "choice"},
    ),
    "/gates": (
        lambda c: c.gates.create("floor", department="a", rules=[{"suite": "a/exam", "at_least": 0.8}]),
        {"name": "floor", "department": "a", "rules": [{"suite": "a/exam", "at_least": 0.8}]},
    ),
    "/requests/4/withdraw": (lambda c: c.requests.withdraw(4, reason="Because."), REASON),
    "/endpoints/a/desk/stop": (lambda c: c.endpoints.stop("a/desk", reason="Because."), REASON),
    "/endpoints/a/desk/rollouts": (
        lambda c: c.endpoints.try_version("a/desk", version="a/b@1", steps=[100]),
        {"approval": None, "version": "a/b@1", "steps": [100]},
    ),
    "/endpoints/a/desk/rollouts/2/advance": (
        lambda c: c.endpoints.advance("a/desk", 2, weight=50),
        {"weight": 50, "reason": ""},
    ),
    "/endpoints/a/desk/rollouts/2/promote": (lambda c: c.endpoints.promote("a/desk", 2, reason="Because."), REASON),
    "/endpoints/a/desk/rollouts/2/rollback": (lambda c: c.endpoints.take_back("a/desk", 2, reason="Because."), REASON),
    "/audit/verify": (lambda c: c.audit.verify(), {}),
    "/datasets/a/feedback/snapshot": (lambda c: c.feedback.freeze("a/feedback"), {}),
}

GETS: dict[str, tuple[Callable[[Client], Any], dict[str, str]]] = {
    "/session": (lambda c: c.whoami(), {}),
    "/endpoints/a/desk/route": (lambda c: c.endpoints.route("a/desk"), {}),
    "/endpoints/a/desk/rollouts/2": (lambda c: c.endpoints.rollout("a/desk", 2), {}),
    "/endpoints/a/desk/capture": (lambda c: c.endpoints.capture("a/desk"), {}),
    "/skills": (lambda c: c.versions.skills(department="a"), {"department": "a"}),
    "/skills/groups": (lambda c: c.evaluations.skills(by="slot", slot="safety"), {"by": "slot", "slot": "safety"}),
    "/models/a/b/skills": (lambda c: c.evaluations.evolution("a/b", limit=3), {"limit": "3"}),
    "/models/a/b/versions/1/gates": (lambda c: c.versions.gates("a/b@1", department="a"), {"department": "a"}),
    "/datasets/a/b/versions/2": (lambda c: c.datasets.version("a/b", 2), {}),
    "/sample": (lambda c: c.sample.get(), {}),
    "/usage/jobs": (lambda c: c.usage.jobs(month="2026-11"), {"month": "2026-11"}),
}

LISTS: dict[str, Callable[[Client], Any]] = {
    "/people": lambda c: c.people.list(),
    "/suites": lambda c: c.suites.list(),
    "/gates": lambda c: c.gates.list(),
    "/endpoints/a/desk/rollouts": lambda c: c.endpoints.rollouts("a/desk"),
    "/endpoints/a/desk/exchanges": lambda c: c.endpoints.exchanges("a/desk"),
    "/engines": lambda c: c.endpoints.engines(),
    "/evaluations": lambda c: c.evaluations.list(version="a/b@1"),
    "/datasets/a/feedback/items": lambda c: c.feedback.list("a/feedback"),
}


@pytest.mark.parametrize("path", POSTS)
def test_what_is_sent(server: StandIn, client: Client, path: str) -> None:
    call, body = POSTS[path]
    server.on("POST", f"/api/v1{path}", {"found": True})
    assert call(client) == {"found": True}
    assert server.calls[0].json() == body


@pytest.mark.parametrize("path", GETS)
def test_what_is_read(server: StandIn, client: Client, path: str) -> None:
    call, query = GETS[path]
    server.on("GET", f"/api/v1{path}", {"found": True})
    assert call(client) == {"found": True}
    assert server.calls[0].query == query


@pytest.mark.parametrize("path", LISTS)
def test_what_is_listed(server: StandIn, client: Client, path: str) -> None:
    server.page(f"/api/v1{path}", [{"id": "1"}])
    assert list(LISTS[path](client)) == [{"id": "1"}]


def test_what_an_endpoint_runs_on_and_keeps_is_changed(server: StandIn, client: Client) -> None:
    server.on("PATCH", "/api/v1/endpoints/a/desk/capacity", {"found": True})
    server.on("PUT", "/api/v1/endpoints/a/desk/capture", {"found": True})
    server.on("POST", "/api/v1/datasets/a/desk-feedback/snapshot", {"found": True})
    assert client.endpoints.configure("a/desk", chip=None, replicas=2) == {"found": True}
    assert client.endpoints.set_capture("a/desk", 30, agreed="Told on 1 May.") == {"found": True}
    client.feedback.freeze("a/desk-feedback", captured=True)
    bodies = [each.json() for each in server.calls[:2]]
    assert bodies == [{"chip": None, "replicas": 2}, {"days": 30, "agreed": "Told on 1 May.", "erase": False}]
    assert server.calls[2].query == {"captured": "true"}


def test_the_servers_own_checks_are_a_list(server: StandIn, client: Client) -> None:
    server.page("/api/v1/health", [{"check": "disk", "state": "ok"}])
    assert client.health() == [{"check": "disk", "state": "ok"}]
