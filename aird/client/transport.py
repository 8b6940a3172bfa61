"""One connection to the server: bearer token, JSON in and out, problems as exceptions, pages as iterators."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from aird.client.errors import ApiProblem, ClientError, ConnectionFailed
from aird.client.uploads import Sent, Upload, parts

Json = dict[str, Any]
"""An object of the API, as it came."""

API = "/api/v1"
CONNECT_SECONDS = 10.0
UPLOAD_SECONDS = 900.0
"""The server checks and hashes what it got before it answers."""


def clean_params(params: Mapping[str, Any] | None) -> dict[str, str]:
    """Query parameters as text, those that are None left out."""
    found = {}
    for name, value in (params or {}).items():
        if value is not None:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


class Transport:
    """Talks to one server.

    A stream that says nothing for `silence` seconds counts as broken, a server that does not answer for
    `patience` seconds as gone.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float,
        retry_pause: float = 0.5,
        patience: float = 60.0,
        silence: float = 45.0,
    ) -> None:
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or not where.hostname:
            raise ClientError(f"{url!r} is not the address of a server. Write for example http://127.0.0.1:8321.")
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ClientError("The token has characters that no token has. Copy it again, without quotes or spaces.")
        self.url = url.rstrip("/")
        self.retry_pause, self.patience, self.silence = retry_pause, patience, silence
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        local = where.hostname in ("127.0.0.1", "::1", "localhost")
        self.http = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            verify=where.scheme == "https",  # plain HTTP needs no certificates; reading them takes a moment
            trust_env=not local,  # a company's proxy has no business with a server on this machine
        )

    def close(self) -> None:
        """Let the connections go."""
        self.http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON at `path` below /api/v1."""
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None) -> Any:
        """Send `body` as JSON to `path` below /api/v1 and give the answer."""
        return self.call("POST", path, json={} if body is None else body)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One request below /api/v1 and its JSON answer, None when there is no content; raises ApiProblem."""
        options["params"] = clean_params(options.get("params"))
        with self._connected():
            response = self.http.request(method, f"{self.url}{API}{path}", **options)
        return self._decoded(response)

    def upload(self, path: str, uploads: Sequence[Upload], fields: Mapping[str, str | None], sent: Sent | None) -> Any:
        """Stream files and form fields as multipart/form-data."""
        timeout = httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS)
        data = {name: value for name, value in fields.items() if value is not None}
        return self.call("POST", path, data=data, files=parts(uploads, sent), timeout=timeout)

    def pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        limit: int | None = None,
        size: int | None = None,
    ) -> Iterator[Json]:
        """Every item of a list, page by page; `limit` ends it early, `size` is the page size to ask for."""
        cursor, given = None, 0
        while limit is None or given < limit:
            page = self.get(path, {**(params or {}), "cursor": cursor, "limit": size})
            for item in page["items"][: None if limit is None else limit - given]:
                yield item
                given += 1
            cursor = page.get("next")
            if not cursor:
                return

    @contextmanager
    def stream(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:
        """An answer read as it comes, `path` below the server's root; a refusal is raised at once."""
        options["params"] = clean_params(options.get("params"))
        with self._connected(), self.http.stream(method, f"{self.url}{path}", **options) as response:
            if not response.is_success:
                response.read()
                raise problem_of(response)
            yield response

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise ConnectionFailed(f"{self.url} did not answer in time: busy, or out of reach. Try again.") from error
        except (httpx.TransportError, httpx.InvalidURL, httpx.StreamError, httpx.DecodingError) as error:
            raise ConnectionFailed(
                f"{self.url} does not answer ({str(error) or type(error).__name__}). Is the server"
                " running, and is the address right?"
            ) from error

    def _decoded(self, response: httpx.Response) -> Any:
        if not response.is_success:
            raise problem_of(response)
        if response.status_code == 204 or not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            kind = response.headers.get("content-type", "no content type")
            raise ApiProblem(
                response.status_code,
                "not_json",
                f"{self.url} answered with {kind}, not JSON. Is it an aird server?",
            ) from error


def problem_of(response: httpx.Response) -> ApiProblem:
    """The refusal in `response`: problem+json, an OpenAI error object, or whatever stands in between."""
    status, request_id = response.status_code, response.headers.get("x-request-id")
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return problem_of_chat(status, body["error"], request_id)
    if isinstance(body, dict) and "code" in body:
        params = body.get("params")
        return ApiProblem(
            status, str(body["code"]), str(body.get("detail") or ""), title=str(body.get("title") or ""),
            params=params if isinstance(params, dict) else None, request_id=request_id,
        )  # fmt: skip
    if response.is_redirect:
        target = response.headers.get("location", "elsewhere")
        return ApiProblem(status, "redirected", f"The server sends us to {target}. Use that address in AIRD_URL.")
    said = json.dumps(body) if body is not None else response.text.strip()
    short = said if len(said) <= 200 else said[:200] + " ..."
    return ApiProblem(status, "http_error", f"The server answered {status} {response.reason_phrase}. {short}".rstrip())


def problem_of_chat(status: int, error: Mapping[str, Any], request_id: str | None = None) -> ApiProblem:
    """The refusal in an OpenAI error object {message, type, param, code}."""
    return ApiProblem(
        status, str(error.get("code") or error.get("type") or "http_error"), str(error.get("message") or ""),
        params={"param": error["param"]} if error.get("param") else None, request_id=request_id,
    )  # fmt: skip
