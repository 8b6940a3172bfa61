"""Jobs: work that goes on at the server whether or not anybody watches.

Watching reads the event stream, goes on after the last event seen when the connection breaks, and asks in
turns when a stream does not get through (some proxies hold streams back).
"""

import json
import time
from collections.abc import Callable, Generator, Iterator

import httpx

from aird.client import sse
from aird.client.errors import ApiProblem, ConnectionFailed, WaitTimedOut
from aird.client.transport import API, Json, Transport

FINAL = frozenset({"succeeded", "failed", "cancelled"})
STREAM_TRIES = 3
"""Streams in a row that brought nothing before asking in turns."""


class Jobs:
    """The jobs of the organisation; a job is a JobRead object of the API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        department: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Json]:
        """Jobs, the newest first."""
        params = {"state": state, "kind": kind, "department": department}
        return self._transport.pages("/jobs", params, limit=limit)

    def get(self, job: str) -> Json:
        """One job."""
        found: Json = self._transport.get(f"/jobs/{job}")
        return found

    def cancel(self, job: str) -> Json:
        """Ask the job to stop; a running one stops at its next step."""
        found: Json = self._transport.post(f"/jobs/{job}/cancel")
        return found

    def retry(self, job: str) -> Json:
        """Queue a failed or cancelled job again."""
        found: Json = self._transport.post(f"/jobs/{job}/retry")
        return found

    def events(self, job: str, *, after: int = 0, follow: bool = False, timeout: float | None = None) -> Iterator[Json]:
        """What happened, in order, as {seq, kind: "state"|"progress"|"log", data}.

        With `follow` until the job is final; raises WaitTimedOut after `timeout` seconds and ConnectionFailed
        when the server stays away.
        """
        if follow:
            return _Watch(self._transport, job, after, timeout).events()
        return _past(self._transport, job, after)

    def logs(self, job: str, *, follow: bool = False, timeout: float | None = None) -> Iterator[str]:
        """The job's log, line by line."""
        for event in self.events(job, follow=follow, timeout=timeout):
            if event["kind"] == "log":
                yield str(event["data"].get("line", ""))

    def wait(self, job: str, *, on_event: Callable[[Json], None] | None = None, timeout: float | None = None) -> Json:
        """The job when it is final, however it ended; `on_event` is told everything from the start on."""
        for event in self.events(job, follow=True, timeout=timeout):
            if on_event is not None:
                on_event(event)
        return self.get(job)


def _past(transport: Transport, job: str, after: int) -> Iterator[Json]:
    while items := transport.get(f"/jobs/{job}/events", {"after": after})["items"]:
        for event in items:
            if event["seq"] > after:
                yield event
        if items[-1]["seq"] <= after:
            return
        after = items[-1]["seq"]


class _Watch:
    """One watcher of one job: where it is in the events, and until when it stays."""

    def __init__(self, transport: Transport, job: str, after: int, timeout: float | None) -> None:
        self.transport, self.job, self.after = transport, job, after
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def events(self) -> Iterator[Json]:
        fruitless = 0
        while fruitless < STREAM_TRIES:
            before = self.after
            try:
                if (yield from self._streamed()):
                    return
            except ConnectionFailed:
                self._check_time()
            except ApiProblem as problem:
                if problem.status < 500 and problem.status not in (404, 406, 429):
                    raise
                break
            fruitless = 0 if self.after > before else fruitless + 1
            self._pause(self.transport.retry_pause * (fruitless + 1))
        yield from self._asked()

    def _streamed(self) -> Generator[Json, None, bool]:
        """The events of one connection; returns True when the server said that it was the last one."""
        silence = self.transport.silence if self.deadline is None else min(self.transport.silence, self._left())
        with self.transport.stream(
            "GET", f"{API}/jobs/{self.job}/events/stream",
            headers={"Accept": "text/event-stream", "Last-Event-ID": str(self.after)},
            timeout=httpx.Timeout(silence, connect=10.0),
        ) as response:  # fmt: skip
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise ApiProblem(406, "not_a_stream", "The events did not come as a stream.")
            for event in sse.events(self._in_time(response.iter_bytes())):
                if event.event == "end":
                    return True
                seq = int(event.id) if event.id.isdigit() else 0
                if seq > self.after and event.data:
                    self.after = seq
                    yield _shaped(seq, event)
        return False

    def _asked(self) -> Iterator[Json]:
        silent_since = time.monotonic()
        while True:
            self._check_time()
            try:
                state = self.transport.get(f"/jobs/{self.job}")["state"]
                for event in _past(self.transport, self.job, self.after):
                    self.after = event["seq"]
                    yield event
            except (ConnectionFailed, ApiProblem) as error:
                passing = isinstance(error, ConnectionFailed) or error.status in (429, 502, 503, 504)
                if not passing or time.monotonic() - silent_since > self.transport.patience:
                    raise
            else:
                silent_since = time.monotonic()
                if state in FINAL:
                    return
            self._pause(self.transport.retry_pause * 2)

    def _in_time(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._check_time()
            yield chunk

    def _left(self) -> float:
        return max(0.001, (self.deadline or 0.0) - time.monotonic())

    def _check_time(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise WaitTimedOut(
                f"The job {self.job} is not done yet and goes on. Wait again: 'aird jobs wait {self.job}'."
            )

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds if self.deadline is None else min(seconds, self._left()))


def _shaped(seq: int, event: sse.Event) -> Json:
    """One shape for streamed and listed events: a stream may send the data alone or the whole entry."""
    data = json.loads(event.data)
    if isinstance(data, dict) and "data" in data and "kind" in data:
        data = data["data"]
    return {"seq": seq, "kind": event.event, "data": data}
