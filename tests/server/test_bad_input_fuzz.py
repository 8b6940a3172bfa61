"""Nothing that is sent to any route makes the server fail: every answer is a clear one, and soon."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.routing import RouteContext
from httpx2 import ASGITransport, AsyncClient

from aird.testing import World
from tests.e2e.processes import patience
from tests.server import nasty
from tests.server.house import EXAMPLES, House

pytestmark = pytest.mark.slow

SLOWEST = 5.0  # seconds, on an idle machine
JSON = {"Content-Type": "application/json"}
PLACES = {
    "number": "1",
    "department": "support",
    "model": "mail",
    "alias": "staging",
    "grantee": "finance",
    "path": "config.json",
    "kind": "department",
    "subject": "support",
    "name": "desk",
    "dataset": "mails",
    "username": "sam",
}
MOMENTS = (
    "0001-01-01T00:00:00", "0001-01-01T00:00:00%2b23:59", "9999-12-31T23:59:59-23:59", "9999-12", "0000-00", "2026-13",
    "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA=",
)  # fmt: skip
"""Months, times and a job list's cursor that no calendar has in UTC."""
IN_A_QUERY = ("%ff", "%ed%a0%80", "a" * 5000, "%0a", "%20", "%F0%9F%98%80", "%u002e", "'%20OR%201=1--", "@", "a@1")
"""What of an address's segments means something in a query as well, where no path is resolved."""
STORED = ("nul", "surrogate", "long", "beyond_64_bit", "huge")
"""What a database may choke on, each one on what the others take; schemas stop the rest on the way to either."""
TOLD_TO_ALL = ("list", "null", "infinite", "deep_objects", "deep_field", "not_utf8", "long_text")
"""Bodies that a route's own checks meet; most of the others are stopped by what all routes share."""
CHAT: dict[str, Any] = {
    "model": "support/desk", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5, "temperature": 0.5,
    "top_p": 1, "seed": 1, "stop": ["x"], "stream": True, "stream_options": {"include_usage": True},
}  # fmt: skip


@pytest.fixture
def house(world: World) -> House:
    return House(world).furnish()


class Judge:
    """Sends, and notes what no server may answer; an endpoint without a deployment is not at fault.

    One event loop serves all calls: a test client starts a thread and a loop for each, which costs more than the call.
    It has a thread of its own, since a browser of other tests may hold this one's.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.stack = ExitStack()
        self.loop = self.stack.enter_context(start_blocking_portal())
        transport = ASGITransport(house.app, raise_app_exceptions=False)
        self.client = AsyncClient(
            transport=transport, base_url="http://testserver", headers=house.client.headers, follow_redirects=True
        )
        self.wrong: list[str] = []
        self.statuses: Counter[int] = Counter()

    def send(self, method: str, url: str, **sent: Any) -> None:
        """One call."""
        began = time.monotonic()
        answer = self.loop.call(partial(self.client.request, method, url, **sent))
        took = time.monotonic() - began
        self.statuses[answer.status_code] += 1
        empty = answer.status_code == 503 and "endpoint_not_ready" in answer.text
        if (answer.status_code >= 500 and not empty) or took > patience(SLOWEST):
            content = str(sent.get("content") or sent.get("headers", ""))[:200]
            self.wrong.append(
                f"{method} {url[:160]} {content}: {answer.status_code} in {took:.1f} s {answer.text[:200]}"
            )

    def verdict(self, *, least: int) -> None:
        """Nothing was wrong, and at least so many calls were made."""
        self.loop.call(self.client.aclose)
        self.stack.close()
        assert not self.wrong, ascii(self.wrong)  # a report with half a surrogate cannot be sent to anybody
        assert self.statuses.total() >= least
        assert self.house.client.get("/healthz").status_code == 200


def example(route: RouteContext) -> dict[str, Any] | None:
    return EXAMPLES.get(route.path.removeprefix("/api/v1"))


def place(house: House, route: RouteContext, **values: str) -> str:
    return nasty.address(route, **{**PLACES, **house.ids, **values})


def test_the_examples_are_good_ones_and_every_route_has_one(house: House) -> None:
    later = ("approvals", "suspend", "reinstate", "withdraw", "deploy", "rollback", "feedback", "session", "uploads",
             "clean", "erase", "requests/{number}", "rollouts", "permit",
             "merges/export", "votes")  # fmt: skip
    for method, route in nasty.calls(house.app):
        wants = route.original_route.body_field is not None and method != "GET"  # type: ignore[attr-defined]
        assert (example(route) is not None) >= wants, route.path
        if wants and not any(word in route.path for word in later):
            answer = house.client.request(method, place(house, route, model="old"), json=example(route))
            assert answer.status_code < 300, f"{route.path}: {answer.text}"


def test_no_body_makes_a_route_fail(house: House) -> None:
    judge = Judge(house)
    writing = [(method, route) for method, route in nasty.calls(house.app) if method != "GET"]
    turns = nasty.Turns(method for method, _ in writing)
    for method, route in writing:
        for kind in turns.deal(method, list(nasty.RAW), TOLD_TO_ALL):
            judge.send(method, place(house, route), content=nasty.RAW[kind], headers=JSON)
    judge.verdict(least=400)


ONCE = pytest.mark.skipif("config.getoption('--db') == 'sqlite'", reason="asked of PostgreSQL, which takes less")
KINDS = [pytest.param(kind, marks=[pytest.mark.postgres] if kind in STORED else [], id=kind) for kind in nasty.TEXTS]


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_of_a_field_makes_a_route_fail(house: House, kind: str) -> None:
    judge = Judge(house)
    for method, route in nasty.calls(house.app):
        body = example(route)
        for spoilt in nasty.spoilt(body, nasty.TEXTS[kind]) if body and method != "GET" else ():
            judge.send(method, place(house, route, model="old"), content=json.dumps(spoilt).encode(), headers=JSON)
    judge.verdict(least=150)


@ONCE
@pytest.mark.postgres
def test_no_part_of_an_address_makes_a_route_fail(house: House) -> None:
    judge = Judge(house)
    turns = nasty.Turns(name for _, route in nasty.calls(house.app) for name in nasty.parameters(route))
    for method, route in nasty.calls(house.app):
        for name in nasty.parameters(route):
            for value in turns.deal(name, nasty.NUMBERS if name == "number" else nasty.SEGMENTS):
                judge.send(method, place(house, route, **{name: value}), json=example(route))
    for root in ("/", "/v1/", "/v1/models/", "/assets/", "/login/", "/api/v1/"):
        for segment in nasty.SEGMENTS:
            judge.send("GET", root + segment, headers={"Accept": "text/html"})
    judge.verdict(least=500)


@ONCE
@pytest.mark.postgres
def test_no_query_makes_a_route_fail(house: House) -> None:
    values = [*map(nasty.escaped, nasty.TEXTS.values()), *nasty.NUMBERS, *IN_A_QUERY, *MOMENTS]
    harmful = {*nasty.HARMFUL, *MOMENTS, *(nasty.escaped(nasty.TEXTS[kind]) for kind in STORED)}
    judge = Judge(house)
    turns = nasty.Turns(each.alias for _, route in nasty.calls(house.app) for each in route.dependant.query_params)
    for method, route in nasty.calls(house.app):
        for parameter in route.dependant.query_params:
            for value in turns.deal(parameter.alias, values, harmful):
                judge.send(method, f"{place(house, route)}?{parameter.alias}={value[:60_000]}")
    judge.verdict(least=1000)


def test_no_chat_makes_the_gateway_fail(house: House) -> None:
    judge = Judge(house)
    for raw in nasty.RAW.values():
        judge.send("POST", "/v1/chat/completions", content=raw, headers=JSON)
    for wrong in nasty.TEXTS.values():
        for spoilt in nasty.spoilt(CHAT, wrong):
            judge.send("POST", "/v1/chat/completions", content=json.dumps(spoilt).encode(), headers=JSON)
    judge.verdict(least=100)


HEADERS = ("", "x", "Bearer", "Bearer ", "Bearer \xff", "aird_session=" + "a" * 5000, "9" * 30, ";=;", "a/b;c=\x7f")


def test_no_header_makes_a_route_fail(house: House) -> None:
    judge = Judge(house)
    for header in ("Authorization", "Cookie", "Content-Type", "Accept", "Host", "X-CSRF-Token"):
        for value in HEADERS:
            for method, path in (("GET", "/models"), ("POST", "/session"), ("POST", "/models")):
                sent = {header: value.encode("latin-1")}
                judge.send(method, f"/api/v1{path}", headers=sent, content=b"{}" if method == "POST" else None)
    judge.verdict(least=120)


def test_a_stream_does_not_begin_at_an_impossible_event(house: House) -> None:
    url = f"/api/v1/jobs/{house.ids['job_id']}/events/stream"
    for number in ("9" * 30, str(2**63), "-1", "x"):
        assert house.client.get(url, headers={"Last-Event-ID": number}).status_code == 422, number
        assert house.client.get(url, params={"after": number}).status_code == 422, number
