"""What a request and its answer are, whether sync or async: parameters, retries, problems. Pure."""

import email.utils
import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from aird.client.errors import ApiProblem, ClientError, ConnectionFailed, problem

Json = dict[str, Any]
"""An object of the API, as it came."""

API = "/api/v1"
CONNECT_SECONDS = 10.0
UPLOAD_SECONDS = 900.0
"""The server checks and hashes what it got before it answers."""

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""What may be sent again when nobody knows whether it arrived."""
PASSING = frozenset({423, 429, 502, 503, 504})
LONGEST_PAUSE = 30.0


def clean_params(params: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Query parameters as text; None is left out, a list becomes the same parameter several times."""
    found = []
    for name, value in (params or {}).items():
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None:
                found.append((name, str(each).lower() if isinstance(each, bool) else str(each)))
    return found


def options_of(url: str, token: str | None, timeout: float) -> dict[str, Any]:
    """How httpx is set up for the server at `url`. Raises ClientError for what is no address or no token."""
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise ClientError(f"{url!r} is not the address of a server. Write for example http://127.0.0.1:8321.")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ClientError("The token has characters that no token has. Copy it again, without quotes or spaces.")
    return {
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "timeout": httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        "verify": where.scheme == "https",  # plain HTTP needs no certificates; reading them takes a moment
        "trust_env": not is_local(url),  # a company's proxy has no business with a server on this machine
    }


def is_local(url: str) -> bool:
    """Whether the server is on this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def pause_before(attempt: int, first: float, answer: httpx.Response | None = None) -> float:
    """Seconds before the try number `attempt` (from 1 on): doubled each time, spread, or what the server asks for."""
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    if asked.isdigit():
        return min(float(asked), LONGEST_PAUSE)
    if asked and (moment := email.utils.parsedate_to_datetime(asked)):
        return float(min(max(0.0, moment.timestamp() - time.time()), LONGEST_PAUSE))
    return float(min(first * 2 ** (attempt - 1) * random.uniform(0.8, 1.2), LONGEST_PAUSE))  # noqa: S311


def worth_another_try(error: Exception, url: str) -> bool:
    """Whether a request that failed like this may succeed in a moment; a server of this machine starts no sooner."""
    if isinstance(error, httpx.ConnectError):
        return not is_local(url)
    return isinstance(error, httpx.ConnectTimeout | httpx.ReadError | httpx.RemoteProtocolError | httpx.WriteError)


@contextmanager
def connected(url: str) -> Iterator[None]:
    """What httpx raises becomes ConnectionFailed."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise ConnectionFailed(f"{url} did not answer in time: busy, or out of reach. Try again.") from error
    except (httpx.TransportError, httpx.InvalidURL, httpx.StreamError, httpx.DecodingError) as error:
        raise ConnectionFailed(
            f"{url} does not answer ({str(error) or type(error).__name__}). Is the server"
            " running, and is the address right?"
        ) from error


def decoded(response: httpx.Response, url: str) -> Any:
    """The JSON of an answer, None when there is no content. Raises ApiProblem."""
    if not response.is_success:
        raise problem_of(response)
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        kind = response.headers.get("content-type", "no content type")
        raise ApiProblem(
            response.status_code, "not_json", f"{url} answered with {kind}, not JSON. Is it an aird server?"
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
        return problem(
            status, str(body["code"]), str(body.get("detail") or ""), title=str(body.get("title") or ""),
            params=params if isinstance(params, dict) else None, request_id=request_id,
        )  # fmt: skip
    if response.is_redirect:
        target = response.headers.get("location", "elsewhere")
        return problem(status, "redirected", f"The server sends us to {target}. Use that address in AIRD_URL.")
    said = json.dumps(body) if body is not None else response.text.strip()
    short = said if len(said) <= 200 else said[:200] + " ..."
    return problem(status, "http_error", f"The server answered {status} {response.reason_phrase}. {short}".rstrip())


def problem_of_chat(status: int, error: Mapping[str, Any], request_id: str | None = None) -> ApiProblem:
    """The refusal in an OpenAI error object {message, type, param, code}."""
    return problem(
        status, str(error.get("code") or error.get("type") or "http_error"), str(error.get("message") or ""),
        params={"param": error["param"]} if error.get("param") else None, request_id=request_id,
    )  # fmt: skip
