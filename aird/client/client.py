"""The way in: `Client` and what hangs on it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

import httpx

from aird.client import sse
from aird.client.catalog import Datasets, Models, Versions
from aird.client.discovery import find_server
from aird.client.errors import ConnectionFailed
from aird.client.governance import Approvals, Audit, Requests
from aird.client.jobs import Jobs
from aird.client.organisation import Departments, People, Tokens
from aird.client.refs import split_name
from aird.client.serving import Endpoints, Feedback, Usage
from aird.client.transport import Json, Transport, problem_of_chat
from aird.client.work import Distillations, Evaluations, Gates, Merges, Suites, Trainings

DEFAULT_SECONDS = 60.0
ANSWER_SECONDS = 600.0


class Client:
    """A connection to one aird server; thread-safe as httpx is, and closed at the end of a `with`.

    `url` and `token` default to AIRD_URL and AIRD_TOKEN, then to the server that runs with `data_dir` on this
    machine (AIRD_DATA_DIR, ~/.aird). Raises NoServer when nothing of this is there; nothing is sent yet.
    Watching a job tries again every `retry_pause` seconds and gives a silent server up after `patience`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data_dir: Path | str | None = None,
        timeout: float = DEFAULT_SECONDS,
        retry_pause: float = 0.5,
        patience: float = 60.0,
    ) -> None:
        place = find_server(url, token, data_dir)
        transport = Transport(place.url, place.token, timeout=timeout, retry_pause=retry_pause, patience=patience)
        self.url, self.local = transport.url, place.local
        self._transport = transport
        self.models, self.versions, self.datasets = (
            Models(transport),
            Versions(transport),
            Datasets(transport),
        )
        self.suites, self.gates, self.evaluations = (
            Suites(transport),
            Gates(transport),
            Evaluations(transport),
        )
        self.trainings, self.merges = Trainings(transport), Merges(transport)
        self.distillations, self.jobs = Distillations(transport), Jobs(transport)
        self.requests, self.approvals, self.audit = (
            Requests(transport),
            Approvals(transport),
            Audit(transport),
        )
        self.endpoints, self.usage, self.feedback = (
            Endpoints(transport),
            Usage(transport),
            Feedback(transport),
        )
        self.departments, self.people, self.tokens = (
            Departments(transport),
            People(transport),
            Tokens(transport),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def whoami(self) -> Json:
        """The person behind the token: {person, roles, permissions}."""
        me: Json = self._transport.get("/session")
        return me

    def health(self) -> list[Json]:
        """The server's own checks: [{check, state, detail, fix}]."""
        found = self._transport.get("/health")
        lines: list[Json] = found["items"] if isinstance(found, dict) else found
        return lines

    @overload
    def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: Literal[True] = True, **options: Any
    ) -> Iterator[Json]: ...

    @overload
    def chat(self, endpoint: str, messages: Sequence[Json], *, stream: Literal[False], **options: Any) -> Json: ...

    def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: bool = True, **options: Any
    ) -> Iterator[Json] | Json:
        """Ask an endpoint ("department/name") at /v1/chat/completions.

        Gives the chunks as they come, or with stream=False the whole answer; `options` are the other fields
        of the request (max_tokens, temperature, top_p, seed, stop). Closing the iterator stops the answer.
        """
        split_name(endpoint)
        body = {"model": endpoint, "messages": list(messages), "stream": stream, **options}
        chunks = self._answer(body)
        return chunks if stream else next(chunks)

    def _answer(self, body: Json) -> Iterator[Json]:
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=10.0)
        with self._transport.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as response:
            if not body["stream"]:
                yield json.loads(response.read())
                return
            for event in sse.events(response.iter_bytes()):
                if event.data == "[DONE]":
                    return
                chunk = json.loads(event.data)
                if isinstance(chunk.get("error"), dict):
                    raise problem_of_chat(response.status_code, chunk["error"], response.headers.get("x-request-id"))
                yield chunk
        raise ConnectionFailed("The answer broke off before its end. Ask again; the server's log has the reason.")
