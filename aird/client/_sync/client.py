# Written by scripts/make-client.py from aird/client/_async/client.py; change that one.
"""The way in: the client and what hangs on it."""

import builtins
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

import httpx

from aird.client import sse
from aird.client._sync.access import Access, Aliases
from aird.client._sync.compute import Compute
from aird.client._sync.datasets import Datasets
from aird.client._sync.exams import Evaluations, Suites
from aird.client._sync.governance import Approvals, Audit
from aird.client._sync.jobs import Job, Jobs
from aird.client._sync.merges import Merges
from aird.client._sync.models import Models
from aird.client._sync.organisation import Departments, People, Sample, Tokens
from aird.client._sync.plans import Plans
from aird.client._sync.requests import Requests
from aird.client._sync.serving import Endpoints, Feedback, Usage
from aird.client._sync.transport import Transport
from aird.client._sync.versions import Versions
from aird.client._sync.work import Distillations, Gates, Recipe, Trainings
from aird.client.discovery import find_server
from aird.client.errors import ConnectionFailed
from aird.client.http import Json, problem_of_chat
from aird.client.refs import split_name
from aird.client.schema_gen import CheckRead, Me

DEFAULT_SECONDS = 60.0
ANSWER_SECONDS = 600.0


class Client:
    """A connection to one aird server; closed at the end of a `with`, and thread-safe where it is sync.

    `url` and `token` default to AIRD_URL and AIRD_TOKEN, then to the server that runs with `data_dir` on this
    machine (AIRD_DATA_DIR, ~/.aird). Raises NoServer when nothing of this is there; nothing is sent yet.
    What may be sent twice is sent up to `retries` times more when the server fails for the moment, after
    `retry_pause` seconds at first; watching a job gives a silent server up after `patience`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data_dir: Path | str | None = None,
        timeout: float = DEFAULT_SECONDS,
        retries: int = 2,
        retry_pause: float = 0.5,
        patience: float = 60.0,
    ) -> None:
        place = find_server(url, token, data_dir)
        transport = Transport(
            place.url, place.token, timeout=timeout, retries=retries, retry_pause=retry_pause, patience=patience
        )
        self.url, self.local = transport.url, place.local
        self._transport = transport
        self.models, self.versions, self.datasets = (
            Models(transport),
            Versions(transport),
            Datasets(transport),
        )
        self.aliases, self.access = Aliases(transport), Access(transport)
        self.suites, self.gates, self.evaluations = (
            Suites(transport),
            Gates(transport),
            Evaluations(transport),
        )
        self.trainings, self.merges = Trainings(transport), Merges(transport)
        self.distillations, self.jobs = Distillations(transport), Jobs(transport)
        self.plans, self.compute = Plans(transport), Compute(transport)
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
        self.sample = Sample(transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def whoami(self) -> Me:
        """The person behind the token: {person, roles, permissions}."""
        return Me(self._transport.get("/session"))

    def health(self) -> builtins.list[CheckRead]:
        """The server's own checks: [{check, state, detail, fix}]."""
        return [CheckRead(each) for each in (self._transport.get("/health"))["items"]]

    def merge(self, recipe: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> Job:
        """Merge versions by a recipe of mergekit, as YAML or as an object; gives the job."""
        return self.merges.start(recipe, model=model, search=search)

    def train(self, recipe: Recipe) -> Job:
        """Train a version from data by a recipe; gives the job."""
        return self.trainings.start(recipe)

    def distill(self, recipe: Recipe) -> Job:
        """Have teachers train a student by a recipe; gives the job."""
        return self.distillations.start(recipe)

    def evaluate(
        self, versions: str | Sequence[str], suites: Sequence[str] | None = None, *, split: str | None = None
    ) -> Job:
        """Measure versions on suites, or on all of them; gives the job."""
        return self.evaluations.start([versions] if isinstance(versions, str) else versions, suites, split)

    @overload
    def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: Literal[True] = True, **options: Any
    ) -> Iterator[Json]: ...

    @overload
    def chat(self, endpoint: str, messages: Sequence[Json], *, stream: Literal[False], **options: Any) -> Json: ...

    def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: bool = True, **options: Any
    ) -> Iterator[Json] | Json:
        """Ask an endpoint ("department/name", "@digest" after it pins a version) at /v1/chat/completions.

        Gives the chunks as they come, or with stream=False the whole answer; `options` are the other fields
        of the request (max_tokens, temperature, top_p, seed, stop). Closing the iterator stops the answer.
        """
        split_name(endpoint.partition("@")[0])
        body = {"model": endpoint, "messages": list(messages), "stream": stream, **options}
        chunks = self._answer(body)
        return chunks if stream else next(chunks)

    def _answer(self, body: Json) -> Iterator[Json]:
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=10.0)
        with self._transport.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as response:
            if not body["stream"]:
                yield json.loads(response.read())
                return
            parser = sse.Parser()
            for block in response.iter_bytes():
                for event in parser.feed(block):
                    if event.data == "[DONE]":
                        return
                    chunk = json.loads(event.data)
                    if isinstance(chunk.get("error"), dict):
                        said = response.headers.get("x-request-id")
                        raise problem_of_chat(response.status_code, chunk["error"], said)
                    yield chunk
        raise ConnectionFailed("The answer broke off before its end. Ask again; the server's log has the reason.")
