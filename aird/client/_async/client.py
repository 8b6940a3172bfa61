"""The way in: the client and what hangs on it."""

import builtins
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

import httpx

from aird.client import sse
from aird.client._async.access import AsyncAccess, AsyncAliases
from aird.client._async.compute import AsyncCompute
from aird.client._async.datasets import AsyncDatasets
from aird.client._async.exams import AsyncEvaluations, AsyncSuites
from aird.client._async.governance import AsyncApprovals, AsyncAudit
from aird.client._async.jobs import AsyncJob, AsyncJobs
from aird.client._async.merges import AsyncMerges
from aird.client._async.models import AsyncModels
from aird.client._async.organisation import AsyncDepartments, AsyncPeople, AsyncSample, AsyncTokens
from aird.client._async.plans import AsyncPlans
from aird.client._async.requests import AsyncRequests
from aird.client._async.serving import AsyncEndpoints, AsyncFeedback, AsyncUsage
from aird.client._async.transport import AsyncTransport
from aird.client._async.versions import AsyncVersions
from aird.client._async.work import AsyncDistillations, AsyncGates, AsyncTrainings, Recipe
from aird.client.discovery import find_server
from aird.client.errors import ConnectionFailed
from aird.client.http import Json, problem_of_chat
from aird.client.refs import split_name
from aird.client.schema_gen import CheckRead, Me

DEFAULT_SECONDS = 60.0
ANSWER_SECONDS = 600.0


class AsyncClient:
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
        transport = AsyncTransport(
            place.url, place.token, timeout=timeout, retries=retries, retry_pause=retry_pause, patience=patience
        )
        self.url, self.local = transport.url, place.local
        self._transport = transport
        self.models, self.versions, self.datasets = (
            AsyncModels(transport),
            AsyncVersions(transport),
            AsyncDatasets(transport),
        )
        self.aliases, self.access = AsyncAliases(transport), AsyncAccess(transport)
        self.suites, self.gates, self.evaluations = (
            AsyncSuites(transport),
            AsyncGates(transport),
            AsyncEvaluations(transport),
        )
        self.trainings, self.merges = AsyncTrainings(transport), AsyncMerges(transport)
        self.distillations, self.jobs = AsyncDistillations(transport), AsyncJobs(transport)
        self.plans, self.compute = AsyncPlans(transport), AsyncCompute(transport)
        self.requests, self.approvals, self.audit = (
            AsyncRequests(transport),
            AsyncApprovals(transport),
            AsyncAudit(transport),
        )
        self.endpoints, self.usage, self.feedback = (
            AsyncEndpoints(transport),
            AsyncUsage(transport),
            AsyncFeedback(transport),
        )
        self.departments, self.people, self.tokens = (
            AsyncDepartments(transport),
            AsyncPeople(transport),
            AsyncTokens(transport),
        )
        self.sample = AsyncSample(transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._transport.close()

    async def whoami(self) -> Me:
        """The person behind the token: {person, roles, permissions}."""
        return Me(await self._transport.get("/session"))

    async def health(self) -> builtins.list[CheckRead]:
        """The server's own checks: [{check, state, detail, fix}]."""
        return [CheckRead(each) for each in (await self._transport.get("/health"))["items"]]

    async def merge(
        self, recipe: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None
    ) -> AsyncJob:
        """Merge versions by a recipe of mergekit, as YAML or as an object; gives the job."""
        return await self.merges.start(recipe, model=model, search=search)

    async def train(self, recipe: Recipe) -> AsyncJob:
        """Train a version from data by a recipe; gives the job."""
        return await self.trainings.start(recipe)

    async def distill(self, recipe: Recipe) -> AsyncJob:
        """Have teachers train a student by a recipe; gives the job."""
        return await self.distillations.start(recipe)

    async def evaluate(
        self, versions: str | Sequence[str], suites: Sequence[str] | None = None, *, split: str | None = None
    ) -> AsyncJob:
        """Measure versions on suites, or on all of them; gives the job."""
        return await self.evaluations.start([versions] if isinstance(versions, str) else versions, suites, split)

    @overload
    async def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: Literal[True] = True, **options: Any
    ) -> AsyncIterator[Json]: ...

    @overload
    async def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: Literal[False], **options: Any
    ) -> Json: ...

    async def chat(
        self, endpoint: str, messages: Sequence[Json], *, stream: bool = True, **options: Any
    ) -> AsyncIterator[Json] | Json:
        """Ask an endpoint ("department/name", "@digest" after it pins a version) at /v1/chat/completions.

        Gives the chunks as they come, or with stream=False the whole answer; `options` are the other fields
        of the request (max_tokens, temperature, top_p, seed, stop). Closing the iterator stops the answer.
        """
        split_name(endpoint.partition("@")[0])
        body = {"model": endpoint, "messages": list(messages), "stream": stream, **options}
        chunks = self._answer(body)
        return chunks if stream else await anext(chunks)

    async def _answer(self, body: Json) -> AsyncIterator[Json]:
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=10.0)
        async with self._transport.stream("POST", "/v1/chat/completions", json=body, timeout=timeout) as response:
            if not body["stream"]:
                yield json.loads(await response.aread())
                return
            parser = sse.Parser()
            async for block in response.aiter_bytes():
                for event in parser.feed(block):
                    if event.data == "[DONE]":
                        return
                    chunk = json.loads(event.data)
                    if isinstance(chunk.get("error"), dict):
                        said = response.headers.get("x-request-id")
                        raise problem_of_chat(response.status_code, chunk["error"], said)
                    yield chunk
        raise ConnectionFailed("The answer broke off before its end. Ask again; the server's log has the reason.")
