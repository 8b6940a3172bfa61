"""Endpoints that keep what is said on them: agreed to, without personal data, for a while, never what was kept out."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from sqlalchemy import update

from aird.audit import queries as audit_queries
from aird.auth.permissions import SYSTEM
from aird.auth.service import Caller
from aird.core.clock import now
from aird.core.db import Database
from aird.datasets import exchanges, queries, service
from aird.datasets.models import Exchange
from aird.datasets.routes import router as datasets_router
from aird.deploy.gateway import capture
from aird.deploy.gateway.capture import WAITING, Capture, kept_of
from aird.deploy.gateway.figures import Figures
from aird.deploy.gateway.meter import Usage
from aird.deploy.gateway.protocol import chat
from aird.deploy.gateway.relay import Answered
from aird.deploy.routes import router as deploy_router
from aird.deploy.routes_capture import router
from aird.metering.models import Status
from aird.testing import World
from tests.deploy.conftest import Stage, until
from tests.deploy.metering_victim import a_route
from tests.requests.web import Call, people_of

DESK = "/endpoints/support/desk"
ASK = [{"role": "user", "content": "short: I am ann@example.com, who calls me back?"}]
AGREED = {"days": 30, "agreed": "The staff was told on 1 May"}
FROZEN = "/datasets/support/desk-feedback/snapshot"


@pytest.fixture
def person(world: World) -> Call:
    found = people_of(world, router, deploy_router, datasets_router)
    found("sam").post("/endpoints", json={"name": "support/desk", "title": "Help desk"})
    return found


def keep(world: World, completion: str, answer: str = "Call 14.", *, days: int = 30) -> None:
    """An exchange as the gateway keeps it."""
    with world.database.write() as session:
        dataset = queries.get_dataset(session, "support/desk-feedback")
        question = [{"role": "user", "content": "Which number?"}]
        cleaned = exchanges.clean(completion, f"sha256:{'1' * 64}", "support/desk@1", question, answer)
        exchanges.keep(session, "support/desk", dataset, cleaned, days=days)


def expire(database: Database) -> None:
    with database.write() as session:
        session.execute(update(Exchange).values(expires_at=now() - timedelta(seconds=1)))


def kept(client: TestClient) -> list[str]:
    return [each["completion_id"] for each in client.get(f"{DESK}/exchanges").json()["items"]]


def test_nothing_is_kept_before_somebody_has_said_how_it_was_agreed_to(person: Call) -> None:
    sam = person("sam")
    assert sam.get(f"{DESK}/capture").json()["days"] is None
    assert sam.put(f"{DESK}/capture", json={"days": 30}).json()["code"] == "not_told_how"
    assert sam.put(f"{DESK}/capture", json={"days": 999, "agreed": "x"}).status_code == 422
    on = sam.put(f"{DESK}/capture", json=AGREED)
    assert (on.status_code, on.json()["days"], on.json()["dataset"]) == (200, 30, "support/desk-feedback")


def test_switching_is_the_owners_and_the_audit_log_has_it(world: World, person: Call) -> None:
    assert person("lin").put(f"{DESK}/capture", json=AGREED).status_code == 403
    sam = person("sam")
    for change in (AGREED, AGREED, {**AGREED, "days": 7}, {"days": None}):
        assert sam.put(f"{DESK}/capture", json=change).status_code == 200
    with world.database.read() as session:
        found = audit_queries.entries(session, event="deploy.capture")
    said = sorted((each.event.rpartition(".")[2], each.details["days"]) for each in found)
    assert said == [("changed", 7), ("switched_off", None), ("switched_on", 30)]


def test_what_is_kept_is_read_by_those_who_work_there_and_goes_when_it_is_taken_away(
    world: World, person: Call
) -> None:
    person("sam").put(f"{DESK}/capture", json=AGREED)
    for n in range(3):
        keep(world, f"chatcmpl-{n}")
    assert person("noor").get(f"{DESK}/exchanges").status_code == 403
    assert kept(person("lin")) == ["chatcmpl-2", "chatcmpl-1", "chatcmpl-0"]
    first = person("lin").get(f"{DESK}/exchanges", params={"limit": 2}).json()
    [last] = person("lin").get(f"{DESK}/exchanges", params={"cursor": first["next"]}).json()["items"]
    assert last["completion_id"] == "chatcmpl-0"
    off = person("sam").put(f"{DESK}/capture", json={"days": None, "erase": True})
    assert (off.json()["kept"], kept(person("lin"))) == (0, [])


def test_what_has_expired_is_not_shown_and_is_swept(world: World, person: Call) -> None:
    person("sam").put(f"{DESK}/capture", json=AGREED)
    keep(world, "chatcmpl-1")
    exchanges.sweep(world.database)
    assert kept(person("lin")) == ["chatcmpl-1"]
    expire(world.database)
    assert kept(person("lin")) == []
    exchanges.sweep(world.database)
    with world.database.read() as session:
        assert session.query(Exchange).count() == 0


def test_kept_exchanges_are_frozen_into_a_split_that_can_be_trained_on(world: World, person: Call) -> None:
    sam = person("sam")
    sam.put(f"{DESK}/capture", json=AGREED)
    keep(world, "chatcmpl-1")
    assert sam.post(FROZEN).json()["code"] == "nothing_to_freeze"
    assert person("lin").post(FROZEN, params={"captured": True}).status_code == 403
    frozen = sam.post(FROZEN, params={"captured": True}).json()
    assert (frozen["splits"], frozen["formats"]) == ({"captured": 1}, {"captured": "chat"})
    assert sam.get("/datasets/support/desk-feedback").json()["retention_days"] == 30
    with world.database.read() as session:
        service.usable(session, world.actor("sam"), "support/desk-feedback@1", "captured")
        version = queries.get_ref(session, "support/desk-feedback")
    [item] = service.open_items(world.store, version, "captured")
    assert [each["content"] for each in item["messages"]] == ["Which number?", "Call 14."]


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        ([], "a"), ([{"role": "user", "content": "?"}], " "), ([{"role": "user", "content": None}], "a"),
        ([{"role": "assistant", "content": "?"}], "a"), ([{"role": "user", "content": "?" * 64_000}], "a"),
        ([{"role": "tool", "content": "?", "tool_call_id": "1"}], "a"), (None, "a"),
    ],
)  # fmt: skip
def test_only_conversations_in_words_are_kept(messages: object, answer: str) -> None:
    assert kept_of(messages, answer) is None


def test_who_spoke_is_not_kept() -> None:
    asked = {"role": "user", "content": "?"}
    assert kept_of([{**asked, "name": "Li Wei"}], "a") == [asked]
    assert kept_of([{**asked, "tool_calls": []}], "a") is None


def test_the_gateway_keeps_an_exchange_without_personal_data_and_not_what_was_kept_out(shared: Stage) -> None:
    person = people_of(shared.world, router, deploy_router)
    client, lin = shared.client(shared.key()), person("lin")
    ask: dict[str, Any] = {"model": "support/desk", "messages": ASK}
    client.chat.completions.create(**ask)
    assert person("sam").put(f"{DESK}/capture", json=AGREED).status_code == 200
    until(lambda: shared_routes(shared), "the gateway knows that exchanges are kept")
    kept_out = [
        client.chat.completions.create(**ask, store=False),
        client.chat.completions.create(**ask, extra_headers={"x-aird-store": "false"}),
    ]
    answer = client.chat.completions.create(**ask)
    [first, *_] = client.chat.completions.create(**ask, stream=True)
    until(lambda: len(kept(lin)) == 2, "both are kept")
    found = {each["completion_id"]: each for each in lin.get(f"{DESK}/exchanges").json()["items"]}
    assert found.keys() == {answer.id, first.id}
    assert not found.keys() & {each.id for each in kept_out}
    assert found[answer.id]["messages"][0]["content"] == "short: I am [email], who calls me back?"
    assert (found[answer.id]["masked"], found[first.id]["answer"]) == ({"email": 1}, answer.choices[0].message.content)


def shared_routes(stage: Stage) -> bool:
    """Whether the gateway has read the routes since keeping was switched on."""
    stage.client(stage.key()).models.list()
    return any(each.captured for each in stage.gateway._access._routes.values())


def answered(world: World) -> Answered:
    """An answer that may be kept."""
    asked = chat.parse(
        b'{"model": "support/desk", "messages": [{"role": "user", "content": "?"}]}', default_max_tokens=9
    )
    route = a_route(world.department_id("support"))
    return Answered(
        request_id=f"chatcmpl-{uuid4().hex}", caller=Caller(SYSTEM), route=route, arm=route.arms[0], asked=asked,
        status=Status.OK, finish_reason="stop", usage=Usage(1, 1), texts=("Call 14.",), milliseconds=1,
    )  # fmt: skip


def test_exchanges_for_which_there_is_no_room_are_dropped_and_counted(world: World) -> None:
    figures = Figures()

    async def work() -> None:
        notebook = Capture(world.database, figures)
        for _ in range(WAITING + 3):
            notebook.answered(answered(world))  # nothing is written before this lets go of the loop
        await notebook.close()

    with start_blocking_portal() as portal:
        portal.call(work)
    found = [figures.registry.get_sample_value("aird_gateway_dropped_total", {"what": w}) for w in ("exchange", "copy")]
    assert found == [3, 0]


def test_a_gateway_without_a_server_beside_it_erases_what_is_too_old(
    world: World, person: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = person("sam")
    sam.put(f"{DESK}/capture", json=AGREED)
    keep(world, "chatcmpl-1")
    expire(world.database)
    monkeypatch.setattr(capture, "ERASE_SECONDS", 0.01)

    def left() -> int:
        with world.database.read() as session:
            return session.query(Exchange).count()

    async def work() -> None:
        notebook = Capture(world.database, Figures())
        notebook.start()
        while left():
            await asyncio.sleep(0.02)
        await notebook.close()

    assert left() == 1
    with start_blocking_portal() as portal:
        portal.call(work)
    assert left() == 0
