"""Jobs over HTTP."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from aird.core.http import install_error_handlers
from aird.jobs.routes import router
from aird.worker import Worker
from tests.jobs.conftest import Desk, eventually
from tests.jobs.sample_tasks import Crash, Echo, Sleep, Talk


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.settings, app.state.database = desk.world.settings, desk.world.database
    app.include_router(router)
    install_error_handlers(app)
    with TestClient(app) as opened:
        yield opened


def signed_in(desk: Desk, username: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.world.token(username)}"}


def parse(text: str) -> list[dict[str, str]]:
    """The events of a stream as dictionaries of their fields."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_a_job_is_shown_with_its_department_and_creator(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.echo", Echo(text="x"))
    desk.run()

    found = client.get(f"/jobs/{job_id}", headers=signed_in(desk, "lin")).json()
    assert (found["department"], found["created_by"], found["state"]) == ("support", "sam", "succeeded")
    assert (found["spec"], found["result"]["text"], found["error"]) == ({"text": "x"}, "x", None)
    assert found["seconds"] >= 0


def test_a_failed_job_shows_its_error(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.crash", Crash(how="refuse"))
    desk.run()
    found = client.get(f"/jobs/{job_id}", headers=signed_in(desk, "lin")).json()
    assert found["error"] == {"code": "sample_refused", "message": "The sample does not want this."}


def test_jobs_of_another_department_are_hidden(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.echo", Echo())
    stranger = signed_in(desk, "omar")

    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/events", f"/jobs/{job_id}/events/stream"):
        assert client.get(path, headers=stranger).json()["code"] == "job_not_found"
    assert client.get("/jobs", headers=stranger).json() == {"items": [], "next": None}
    assert client.get(f"/jobs/{uuid4()}", headers=signed_in(desk, "sam")).status_code == 404


def test_jobs_are_filtered_and_paged(desk: Desk, client: TestClient) -> None:
    ids = [str(desk.order("test.echo", Echo(text=str(number)))) for number in range(3)]
    desk.run()
    sam = signed_in(desk, "sam")

    def listed(**query: str) -> list[str]:
        return [each["id"] for each in client.get("/jobs", params=query, headers=sam).json()["items"]]

    assert listed(state="succeeded") == ids[:1]
    assert listed(kind="test.echo", department="support") == ids[::-1]
    assert listed(department="finance") == []
    first = client.get("/jobs", params={"limit": 2}, headers=sam).json()
    assert [each["id"] for each in first["items"]] == ids[:0:-1]
    assert listed(cursor=first["next"]) == ids[:1]
    assert client.get("/jobs", params={"cursor": "nonsense"}, headers=sam).status_code == 400


def test_a_job_is_cancelled_and_tried_again_by_staff_and_not_by_a_lead(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.echo", Echo())

    assert client.post(f"/jobs/{job_id}/cancel", headers=signed_in(desk, "lin")).status_code == 403
    sam = signed_in(desk, "sam")
    assert client.post(f"/jobs/{job_id}/cancel", headers=sam).json()["state"] == "cancelled"
    assert client.post(f"/jobs/{job_id}/cancel", headers=sam).json()["code"] == "job_move_not_allowed"
    assert client.post(f"/jobs/{job_id}/retry", headers=signed_in(desk, "lin")).status_code == 403
    assert client.post(f"/jobs/{job_id}/retry", headers=sam).json()["state"] == "queued"


def test_events_are_listed_from_any_place(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.talk", Talk(lines=5))
    desk.run()
    sam = signed_in(desk, "sam")

    whole = client.get(f"/jobs/{job_id}/events", headers=sam).json()["items"]
    page = client.get(f"/jobs/{job_id}/events", params={"after": 2, "limit": 3}, headers=sam).json()
    assert page["items"] == whole[2:5]
    assert page["next"] == "5"
    assert whole[2]["data"] == {"line": "line 0", "stream": "log"}


def test_a_stream_replays_everything_and_ends(desk: Desk, client: TestClient) -> None:
    job_id = desk.order("test.talk", Talk(lines=1200))
    desk.run()
    response = client.get(f"/jobs/{job_id}/events/stream", headers=signed_in(desk, "sam"))

    assert response.headers["content-type"].startswith("text/event-stream")
    found = parse(response.text)
    assert [int(each["id"]) for each in found[:-1]] == list(range(1, 1204))
    assert (found[0]["event"], json.loads(found[0]["data"])["state"]) == ("state", "queued")
    assert found[-1] == {"event": "end", "data": "{}", "id": "1203"}


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_stream_goes_on_where_it_was_cut(desk: Desk, client: TestClient, how: str) -> None:
    job_id = desk.order("test.talk", Talk(lines=3))
    desk.run()
    headers = signed_in(desk, "sam") | ({"Last-Event-ID": "4"} if how == "header" else {})
    params = {"after": "4"} if how == "query" else {}
    found = parse(client.get(f"/jobs/{job_id}/events/stream", headers=headers, params=params).text)

    assert [each["id"] for each in found] == ["5", "6", "6"]
    assert [each["event"] for each in found] == ["log", "state", "end"]


def test_a_stream_follows_a_running_job_to_its_end(desk: Desk, client: TestClient, worker: Worker) -> None:
    job_id = desk.order("test.sleep", Sleep(seconds=1.0))
    eventually(lambda: desk.job(job_id).stage == "sleeping")
    found = parse(client.get(f"/jobs/{job_id}/events/stream", headers=signed_in(desk, "sam")).text)

    states = [json.loads(each["data"])["state"] for each in found if each["event"] == "state"]
    assert states == ["queued", "running", "succeeded"]
    assert [each["event"] for each in found][-2:] == ["state", "end"]
    assert any(each["event"] == "progress" for each in found)


def test_nobody_reads_jobs_without_signing_in(client: TestClient) -> None:
    assert client.get("/jobs").status_code == 401
