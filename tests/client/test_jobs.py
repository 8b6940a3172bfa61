import time
from typing import Any

import pytest

from aird.client import ApiProblem, Client, ConnectionFailed, JobFailed, WaitTimedOut
from tests.client.stand_in import StandIn

JOB, STREAM, EVENTS = "/api/v1/jobs/7", "/api/v1/jobs/7/events/stream", "/api/v1/jobs/7/events"
DONE = {"id": "7", "state": "succeeded"}
FIRST = (1, "state", {"state": "running"})
SECOND = (2, "progress", {"stage": "train", "step": 1, "total": 2, "fraction": 0.5})
THIRD = (3, "log", {"line": "loss 0.5"})


def listed(*events: tuple[int, str, Any]) -> Any:
    """The events as GET /events gives them, those after `after`."""

    def answer(call: Any) -> Any:
        after = int(call.query.get("after", 0))
        return {"items": [{"seq": seq, "kind": kind, "data": data} for seq, kind, data in events if seq > after]}

    return answer


def test_waiting_tells_every_event_and_gives_the_final_job(server: StandIn, client: Client) -> None:
    server.on("GET", STREAM, server.events(FIRST, SECOND, THIRD))
    server.on("GET", JOB, DONE)
    seen: list[Any] = []
    assert client.jobs.wait("7", on_event=seen.append) == DONE
    assert [(each["seq"], each["kind"], each["data"]) for each in seen] == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("cut", [True, False])
def test_a_broken_stream_is_taken_up_after_the_last_event(server: StandIn, client: Client, cut: bool) -> None:
    server.on("GET", STREAM, server.events(FIRST, SECOND, end=False, cut=cut), server.events(SECOND, THIRD))
    server.on("GET", JOB, DONE)
    assert [event["seq"] for event in client.jobs.events("7", follow=True)] == [1, 2, 3]
    assert [call.headers["last-event-id"] for call in server.sent("GET", STREAM)] == ["0", "2"]


def test_many_breaks_are_survived_as_long_as_something_arrives(server: StandIn, client: Client) -> None:
    pieces = [server.events((seq, "log", {"line": str(seq)}), end=False, cut=True) for seq in range(1, 9)]
    server.on("GET", STREAM, *pieces, server.events())
    assert list(client.jobs.logs("7", follow=True)) == [str(seq) for seq in range(1, 9)]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_without_a_stream_the_events_are_asked_for(server: StandIn, client: Client, status: int) -> None:
    server.on("GET", STREAM, server.problem(status, "no_stream"))
    server.on("GET", JOB, {"id": "7", "state": "running"}, {"id": "7", "state": "running"}, DONE)
    server.on("GET", EVENTS, listed(FIRST, SECOND, THIRD))
    seen: list[Any] = []
    assert client.jobs.wait("7", on_event=seen.append)["state"] == "succeeded"
    assert [event["seq"] for event in seen] == [1, 2, 3]


def test_a_stream_that_never_brings_anything_is_given_up(server: StandIn, client: Client) -> None:
    server.on("GET", STREAM, server.raw(b"<html>", type="text/html"))
    server.on("GET", JOB, DONE)
    server.on("GET", EVENTS, listed(FIRST))
    assert [event["seq"] for event in client.jobs.events("7", follow=True)] == [1]


def test_streams_that_break_at_once_are_given_up(server: StandIn, client: Client) -> None:
    server.on("GET", STREAM, server.events(end=False, cut=True))
    server.on("GET", JOB, DONE)
    server.on("GET", EVENTS, listed(FIRST))
    assert [event["seq"] for event in client.jobs.events("7", follow=True)] == [1]
    assert len(server.sent("GET", STREAM)) == 3


def test_a_server_that_is_away_for_a_moment_is_waited_for(server: StandIn, client: Client) -> None:
    server.on("GET", STREAM, server.problem(503, "starting"))
    server.on("GET", JOB, server.problem(503, "starting"), DONE)
    server.on("GET", EVENTS, listed(FIRST))
    assert client.jobs.wait("7")["state"] == "succeeded"


def test_a_job_that_is_not_there_is_said_at_once(server: StandIn, client: Client) -> None:
    server.on("GET", STREAM, server.problem(401, "not_authenticated"))
    with pytest.raises(ApiProblem) as caught:
        client.jobs.wait("7")
    assert caught.value.status == 401
    with pytest.raises(ApiProblem) as caught:
        client.jobs.wait("8")
    assert caught.value.status == 404


def test_waiting_ends_at_its_timeout_and_the_job_goes_on(server: StandIn, client: Client) -> None:
    def silent(_call: Any) -> Any:
        time.sleep(0.4)
        return server.events()

    server.on("GET", STREAM, silent)
    began = time.monotonic()
    with pytest.raises(WaitTimedOut, match="goes on"):
        client.jobs.wait("7", timeout=0.1)
    assert time.monotonic() - began < 2
    assert not server.sent("POST", JOB + "/cancel")


def test_past_events_are_read_to_their_end(server: StandIn, client: Client) -> None:
    server.on("GET", EVENTS, listed(FIRST, SECOND, THIRD))
    assert list(client.jobs.logs("7")) == ["loss 0.5"]
    assert [call.query["after"] for call in server.calls] == ["0", "3"]


def test_a_stream_may_carry_whole_entries(server: StandIn, client: Client) -> None:
    entry = {"seq": 1, "at": "2026-11-22T06:00:00Z", "kind": "log", "data": {"line": "hello"}}
    server.on("GET", STREAM, server.events((1, "log", entry)))
    assert list(client.jobs.logs("7", follow=True)) == ["hello"]


def test_a_server_that_is_gone_is_not_waited_for_for_ever() -> None:
    with (
        Client("http://127.0.0.1:9", "t", retry_pause=0.01, patience=0.05) as gone,
        pytest.raises(ConnectionFailed),
    ):
        gone.jobs.wait("7")


def test_an_ordered_job_is_waited_for_and_measured(server: StandIn, client: Client) -> None:
    server.on("POST", "/api/v1/merges", {"id": "7", "state": "queued", "metrics": {}})
    server.on("GET", STREAM, server.events(FIRST, SECOND))
    server.on("GET", JOB, {**DONE, "metrics": {"loss": 0.25}})
    job = client.merge({"merge_method": "linear"}, model="a/b")
    assert server.calls[0].json() == {"yaml": '{"merge_method": "linear"}', "model": "a/b"}
    assert not job.done
    job.wait()
    assert (job.done, job.state, job.metrics()) == (True, "succeeded", {"loss": 0.25})


def test_a_job_that_failed_is_an_exception_with_its_code(server: StandIn, client: Client) -> None:
    error = {"code": "out_of_memory", "message": "The chip is full."}
    server.on("POST", "/api/v1/trainings", {"id": "7", "state": "queued"})
    server.on("GET", STREAM, server.events(FIRST))
    server.on("GET", JOB, {"id": "7", "state": "failed", "error": error})
    job = client.train("kind: Train")
    with pytest.raises(JobFailed, match=r"The chip is full\.") as caught:
        job.wait()
    assert (caught.value.code, caught.value.params) == ("out_of_memory", {"state": "failed"})
    assert job.wait(check=False).state == "failed"


def test_the_events_and_logs_of_a_job_come_live(server: StandIn, client: Client) -> None:
    server.on("GET", JOB, {"id": "7", "state": "running"})
    server.on("GET", STREAM, server.events(FIRST, SECOND, THIRD))
    job = client.jobs.get("7")
    assert [event.kind for event in job.events()] == ["state", "progress", "log"]
    assert list(job.logs()) == ["loss 0.5"]


def test_a_job_is_cancelled_and_queued_again(server: StandIn, client: Client) -> None:
    server.on("GET", JOB, {"id": "7", "state": "running"})
    server.on("POST", JOB + "/cancel", {"id": "7", "state": "cancelled"})
    server.on("POST", JOB + "/retry", {"id": "7", "state": "queued"})
    job = client.jobs.get("7")
    assert job.cancel().state == "cancelled"
    assert job.retry().state == "queued"


def test_watching_says_on_a_terminal_how_far_it_is(
    server: StandIn, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", STREAM, server.events(FIRST, SECOND, THIRD))
    server.on("GET", JOB, {"id": "7", "kind": "merge.run", "state": "queued"}, DONE)
    assert client.jobs.get("7").watch().state == "succeeded"
    assert capsys.readouterr().err.splitlines() == ["merge.run running   0 %", "merge.run running  50 % train"]
