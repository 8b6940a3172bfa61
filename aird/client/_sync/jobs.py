# Written by scripts/make-client.py from aird/client/_async/jobs.py; change that one.
"""Jobs: work that goes on at the server whether or not anybody watches.

Watching reads the event stream, goes on after the last event seen when the connection breaks, and asks in
turns when a stream does not get through (some proxies hold streams back).
"""

import builtins
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx

from aird.client import sse
from aird.client._sync import backend
from aird.client._sync.transport import Transport
from aird.client.display import live
from aird.client.errors import ApiProblem, ConnectionFailed, JobFailed, WaitTimedOut
from aird.client.http import API, PASSING, Json
from aird.client.schema_gen import DecisionRead, JobEventRead, JobRead

FINAL = frozenset({"succeeded", "failed", "cancelled"})
STREAM_TRIES = 3
"""Streams in a row that brought nothing before asking in turns."""

OnEvent = Callable[[JobEventRead], None]


class Job(JobRead):
    """A job as the server last told it; `refresh`, `wait` and `watch` bring it up to date."""

    def __init__(self, found: Json, transport: Transport) -> None:
        super().__init__(found)
        self._transport = transport

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self["state"] in FINAL

    def refresh(self) -> Self:
        """Read it again."""
        return self._now(self._transport.get(f"/jobs/{self['id']}"))

    def wait(self, *, timeout: float | None = None, on_event: OnEvent | None = None, check: bool = True) -> Self:
        """Wait for its end. Raises JobFailed when that is no success, unless `check` is off, and WaitTimedOut."""
        self._now(Jobs(self._transport).wait(self["id"], on_event=on_event, timeout=timeout))
        if check and self["state"] != "succeeded":
            raise JobFailed(self)
        return self

    def watch(self, *, timeout: float | None = None, check: bool = True) -> Self:
        """Wait, and show how far it is: a card that moves in a notebook, a line on stderr elsewhere."""
        with live(self) as show:
            return self.wait(timeout=timeout, on_event=show, check=check)

    def metrics(self) -> dict[str, Any]:
        """The last value of everything it measures."""
        if not self.done:
            self.refresh()
        return dict(self["metrics"])

    def events(self, *, after: int = 0, follow: bool = True, timeout: float | None = None) -> Iterator[JobEventRead]:
        """What happens, as it happens, until the job has ended."""
        return Jobs(self._transport).events(self["id"], after=after, follow=follow, timeout=timeout)

    def logs(self, *, follow: bool = True, timeout: float | None = None) -> Iterator[str]:
        """Its log line by line, as it is written."""
        return Jobs(self._transport).logs(self["id"], follow=follow, timeout=timeout)

    def cancel(self) -> Self:
        """Ask it to stop; a running job stops at its next step."""
        return self._now(self._transport.post(f"/jobs/{self['id']}/cancel"))

    def clone(self, *, title: str | None = None) -> "Job":
        """Order the same work once more, as a job of its own."""
        return Jobs(self._transport).clone(self["id"], title=title)

    def retry(self) -> Self:
        """Queue it again after it failed or was cancelled."""
        return self._now(self._transport.post(f"/jobs/{self['id']}/retry"))

    def _now(self, found: Json) -> Self:
        self.clear()
        self.update(found)
        return self


class Jobs:
    """The jobs of the organisation."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        department: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Job]:
        """Jobs, the newest first."""
        params = {"state": state, "kind": kind, "department": department}
        return self._transport.pages(self._shape, "/jobs", params, limit=limit)

    def get(self, job: str) -> Job:
        """One job."""
        return self._shape(self._transport.get(f"/jobs/{job}"))

    def cancel(self, job: str) -> Job:
        """Ask the job to stop; a running one stops at its next step."""
        return self._shape(self._transport.post(f"/jobs/{job}/cancel"))

    def retry(self, job: str) -> Job:
        """Queue a failed or cancelled job again."""
        return self._shape(self._transport.post(f"/jobs/{job}/retry"))

    def clone(self, job: str, *, title: str | None = None) -> Job:
        """Order the same work once more, as a job of its own."""
        body = {"title": title} if title else {}
        return self._shape(self._transport.post(f"/jobs/{job}/clone", body))

    def decisions(self, job: str) -> builtins.list[DecisionRead]:
        """Why it started, waited or made room, the newest last."""
        return [DecisionRead(each) for each in self._transport.get(f"/jobs/{job}/decisions")]

    def events(
        self, job: str, *, after: int = 0, follow: bool = False, timeout: float | None = None
    ) -> Iterator[JobEventRead]:
        """What happened, in order, as {seq, kind: "state"|"progress"|"log", data}.

        With `follow` until the job is final; raises WaitTimedOut after `timeout` seconds and ConnectionFailed
        when the server stays away.
        """
        watch = _Watch(self._transport, job, after, timeout)
        return watch.events() if follow else watch.past()

    def logs(self, job: str, *, follow: bool = False, timeout: float | None = None) -> Iterator[str]:
        """The job's log, line by line."""
        for event in self.events(job, follow=follow, timeout=timeout):
            if event["kind"] == "log":
                yield str(event["data"].get("line", ""))

    def wait(self, job: str, *, on_event: OnEvent | None = None, timeout: float | None = None) -> Job:
        """The job when it is final, however it ended; `on_event` is told everything from the start on."""
        for event in self.events(job, follow=True, timeout=timeout):
            if on_event is not None:
                on_event(event)
        return self.get(job)

    def _shape(self, found: Json) -> Job:
        return Job(found, self._transport)


class _Watch:
    """One watcher of one job: where it is in the events, and until when it stays."""

    def __init__(self, transport: Transport, job: str, after: int, timeout: float | None) -> None:
        self.transport, self.job, self.after, self.ended = transport, job, after, False
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def past(self) -> Iterator[JobEventRead]:
        """What happened so far."""
        while True:
            items = (self.transport.get(f"/jobs/{self.job}/events", {"after": self.after}))["items"]
            new = [event for event in items if event["seq"] > self.after]
            if not new:
                return
            for event in new:
                self.after = event["seq"]
                yield JobEventRead(event)

    def events(self) -> Iterator[JobEventRead]:
        """What happens until the end."""
        fruitless = 0
        while fruitless < STREAM_TRIES:
            before = self.after
            try:
                for event in self._streamed():
                    yield event
            except ConnectionFailed:
                self._check_time()
            except ApiProblem as problem:
                if problem.status < 500 and problem.status not in (404, 406, 429):
                    raise
                break
            if self.ended:
                return
            fruitless = 0 if self.after > before else fruitless + 1
            self._pause(self.transport.retry_pause * (fruitless + 1))
        for event in self._asked():
            yield event

    def _streamed(self) -> Iterator[JobEventRead]:
        """The events of one connection; `ended` is set when the server said that it was the last one."""
        silence = self.transport.silence if self.deadline is None else min(self.transport.silence, self._left())
        with self.transport.stream(
            "GET", f"{API}/jobs/{self.job}/events/stream",
            headers={"Accept": "text/event-stream", "Last-Event-ID": str(self.after)},
            timeout=httpx.Timeout(silence, connect=10.0),
        ) as response:  # fmt: skip
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise ApiProblem(406, "not_a_stream", "The events did not come as a stream.")
            parser = sse.Parser()
            for chunk in response.iter_bytes():
                self._check_time()
                for event in parser.feed(chunk):
                    if event.event == "end":
                        self.ended = True
                        return
                    seq = int(event.id) if event.id.isdigit() else 0
                    if seq > self.after and event.data:
                        self.after = seq
                        yield _shaped(seq, event)

    def _asked(self) -> Iterator[JobEventRead]:
        silent_since = time.monotonic()
        while True:
            self._check_time()
            try:
                state = (self.transport.get(f"/jobs/{self.job}"))["state"]
                for event in self.past():
                    yield event
            except (ConnectionFailed, ApiProblem) as error:
                passing = isinstance(error, ConnectionFailed) or error.status in PASSING
                if not passing or time.monotonic() - silent_since > self.transport.patience:
                    raise
            else:
                silent_since = time.monotonic()
                if state in FINAL:
                    return
            self._pause(self.transport.retry_pause * 2)

    def _left(self) -> float:
        return max(0.001, (self.deadline or 0.0) - time.monotonic())

    def _check_time(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise WaitTimedOut(
                f"The job {self.job} is not done yet and goes on. Wait again: 'aird jobs wait {self.job}'."
            )

    def _pause(self, seconds: float) -> None:
        backend.sleep(seconds if self.deadline is None else min(seconds, self._left()))


def _shaped(seq: int, event: sse.Event) -> JobEventRead:
    """One shape for streamed and listed events: a stream may send the data alone or the whole entry."""
    data = json.loads(event.data)
    if isinstance(data, dict) and "data" in data and "kind" in data:
        return JobEventRead({**data, "seq": seq})
    return JobEventRead({"seq": seq, "kind": event.event, "data": data})
