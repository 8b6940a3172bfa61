"""One connection to the server: bearer token, JSON in and out, problems as exceptions, pages as iterators."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from aird.client._async import backend
from aird.client.http import (
    API,
    CONNECT_SECONDS,
    IDEMPOTENT,
    PASSING,
    UPLOAD_SECONDS,
    Json,
    clean_params,
    connected,
    decoded,
    options_of,
    pause_before,
    problem_of,
    worth_another_try,
)
from aird.client.uploads import OnFile, Upload, parts

T = TypeVar("T")


class AsyncTransport:
    """Talks to one server.

    A call that may be repeated is repeated `retries` times when the connection or the server fails for the moment.
    A stream that says nothing for `silence` seconds counts as broken, a server that does not answer for `patience`
    seconds as gone.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float,
        retries: int = 2,
        retry_pause: float = 0.5,
        patience: float = 60.0,
        silence: float = 45.0,
    ) -> None:
        self.http = httpx.AsyncClient(**options_of(url, token, timeout))
        self.url = url.rstrip("/")
        self.retries, self.retry_pause, self.patience, self.silence = retries, retry_pause, patience, silence

    async def close(self) -> None:
        """Let the connections go."""
        await self.http.aclose()

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON at `path` below /api/v1."""
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Any = None) -> Any:
        """Send `body` as JSON to `path` below /api/v1 and give the answer."""
        return await self.call("POST", path, json={} if body is None else body)

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """One request below /api/v1 and its JSON answer, None when there is no content; raises ApiProblem."""
        return decoded(await self.request(method, f"{API}{path}", **options), self.url)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request below the server's root and its answer, whatever its status; raises ConnectionFailed."""
        options["params"] = clean_params(options.get("params"))
        tries = self.retries if method in IDEMPOTENT else 0
        for attempt in range(1, tries + 2):
            try:
                with connected(self.url):
                    response = await self.http.request(method, self.url + path, **options)
                if attempt > tries or response.status_code not in PASSING:
                    return response
                pause = pause_before(attempt, self.retry_pause, response)
            except Exception as error:
                cause = error.__cause__
                if attempt > tries or not (isinstance(cause, Exception) and worth_another_try(cause, self.url)):
                    raise
                pause = pause_before(attempt, self.retry_pause)
            await backend.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def upload(
        self, path: str, uploads: Sequence[Upload], fields: Mapping[str, str | None], sent: OnFile | None
    ) -> Any:
        """Stream files and form fields as multipart/form-data."""
        timeout = httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)
        data = {name: value for name, value in fields.items() if value is not None}
        return await self.call("POST", path, data=data, files=parts(uploads, sent), timeout=timeout)

    async def pages(
        self,
        shape: Callable[[Json], T],
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        size: int | None = None,
        cursor: str = "cursor",
    ) -> AsyncIterator[T]:
        """Every item of a list, page by page; `limit` ends it early, `size` is the page size to ask for."""
        after, given = None, 0
        while limit is None or given < limit:
            page = await self.get(path, {**(params or {}), cursor: after, "limit": size})
            for item in page["items"][: None if limit is None else limit - given]:
                yield shape(item)
                given += 1
            after = page.get("next")
            if not after:
                return

    @asynccontextmanager
    async def stream(self, method: str, path: str, **options: Any) -> AsyncIterator[httpx.Response]:
        """An answer read as it comes, `path` below the server's root; a refusal is raised at once."""
        options["params"] = clean_params(options.get("params"))
        with connected(self.url):
            async with self.http.stream(method, self.url + path, **options) as response:
                if not response.is_success:
                    await response.aread()
                    raise problem_of(response)
                yield response
