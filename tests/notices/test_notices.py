"""Who is told of what, how far they have read, and the stream that keeps a tab fresh."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from aird.audit import service as audit
from aird.auth.permissions import SYSTEM
from aird.requests import queries as requests
from aird.server.app import create_app
from aird.testing import World


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app) as opened:
        yield opened


def headers(world: World, username: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(username)}"}


def told(world: World, client: TestClient, username: str) -> list[tuple[str, str | None]]:
    found = client.get("/api/v1/notices", headers=headers(world, username))
    assert found.status_code == 200, found.text
    return [(each["event"], each["page"]) for each in found.json()["items"]]


@pytest.fixture
def asked(world: World, client: TestClient) -> int:
    """The number of a request of lin's."""
    body = {"department": "support", "title": "Mail", "need": "Sort the mail"}
    answer = client.post("/api/v1/requests", json=body, headers=headers(world, "lin"))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def test_a_new_request_is_told_to_the_ml_staff_and_not_to_its_author(
    world: World, client: TestClient, asked: int
) -> None:
    assert told(world, client, "sam") == [("requests.request.filed", f"/requests/{asked}")]
    assert told(world, client, "lin") == []


def test_a_request_of_a_department_is_no_news_for_the_staff_of_another(
    world: World, client: TestClient, asked: int
) -> None:
    assert told(world, client, "rui") == told(world, client, "omar") == []


def test_the_author_is_told_what_somebody_else_made_of_it(world: World, client: TestClient, asked: int) -> None:
    with world.database.write() as session:
        request = requests.get_request(session, world.actor("lin"), asked)
        audit.record(session, world.actor("sam"), "requests.request.rejected", request, reason="There is one already")
        audit.record(session, world.actor("lin"), "requests.request.reopened", request)
    assert told(world, client, "lin") == [("requests.request.rejected", f"/requests/{asked}")]


def test_whoever_ordered_a_job_is_told_its_end_though_the_worker_acts_in_their_name(
    world: World, client: TestClient
) -> None:
    sam = world.actor("sam")
    version = world.version("support/mail")
    with world.database.write() as session:
        for event in ("jobs.job.queued", "jobs.job.failed"):
            audit.record(session, sam, event, world.reload(session, version), reason="No memory")
    assert told(world, client, "sam")[0] == ("jobs.job.failed", f"/jobs/{version.id}")
    assert told(world, client, "rui") == []


def test_what_was_read_is_no_longer_counted_and_reading_never_goes_back(
    world: World, client: TestClient, asked: int
) -> None:
    mine = headers(world, "sam")
    assert client.get("/api/v1/desk", headers=mine).json()["unread"] == 1
    seq = client.get("/api/v1/notices", headers=mine).json()["items"][0]["seq"]
    assert client.patch("/api/v1/desk", json={"seen": seq}, headers=mine).json()["unread"] == 0
    again = client.patch("/api/v1/desk", json={"seen": 1}, headers=mine).json()
    assert (again["seen"], again["unread"]) == (seq, 0)


def test_the_tour_is_offered_until_it_is_done_and_each_has_their_own(world: World, client: TestClient) -> None:
    mine = headers(world, "sam")
    assert client.get("/api/v1/desk", headers=mine).json()["tour"] == "offered"
    assert client.patch("/api/v1/desk", json={"tour": "done"}, headers=mine).json()["tour"] == "done"
    assert client.get("/api/v1/desk", headers=mine).json()["tour"] == "done"
    assert client.get("/api/v1/desk", headers=headers(world, "lin")).json()["tour"] == "offered"


def test_pages_of_notices_follow_each_other_without_a_gap(world: World, client: TestClient) -> None:
    lin, sam = world.actor("lin"), world.actor("sam")
    version = world.version("support/mail")
    with world.database.write() as session:
        subject = world.reload(session, version)
        audit.record(session, lin, "approval.approval.asked", subject)
        for _ in range(3):
            audit.record(session, sam, "approval.approval.changes_requested", subject)
    mine, found, before = headers(world, "lin"), [], None
    for _ in range(3):
        page = client.get("/api/v1/notices", headers=mine, params={"limit": 2, "before": before or 10_000})
        found += [each["seq"] for each in page.json()["items"]]
        before = page.json()["next"]
        if before is None:
            break
    assert len(found) == 3
    assert found == sorted(set(found), reverse=True)


def test_the_stream_says_which_slices_changed_and_how_many_notices_came(
    world: World, client: TestClient, asked: int
) -> None:
    client.app.state.stopping = True  # type: ignore[attr-defined]  # what is there is sent, then the stream ends
    text = client.get("/api/v1/events/stream?after=0", headers=headers(world, "sam")).text
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    assert [each["event"] for each in blocks] == ["open", "change"]
    change = json.loads(blocks[1]["data"])
    assert {"auth", "requests"} <= set(change["slices"])
    assert change["notices"] == 1
    again = client.get(f"/api/v1/events/stream?after={blocks[1]['id']}", headers=headers(world, "sam")).text
    assert '"requests"' not in again


def test_a_tab_that_opens_hears_of_what_comes_and_not_of_what_was(world: World, client: TestClient) -> None:
    client.app.state.stopping = True  # type: ignore[attr-defined]
    with world.database.write() as session:
        audit.record(session, SYSTEM, "catalog.model.added", world.reload(session, world.version("support/mail")))
    mine = headers(world, "sam")
    assert "change" not in client.get("/api/v1/events/stream", headers=mine).text
