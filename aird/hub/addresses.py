"""Addresses of the Hub as clients write them: a branch or a path inside one segment has its slashes encoded.

The framework decodes an address before it looks for the route, and so would take `tree/feature%2Fx` for two segments.
Here every segment is decoded once, an encoded slash becomes SLASH, and what was encoded twice stays as it is written:
it is then no name and no path of ours.
"""

from urllib.parse import quote, unquote_to_bytes

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aird.store.manifest import SAFE_PATH

SLASH = "\x1f"
LONGEST = 8192


class SegmentPaths:
    """Give the routes below it a path in which each segment was decoded by itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        path = decoded(raw.partition(b"?")[0])
        if path is None:
            message = "This address has control characters, bytes that are no UTF-8, or is too long."
            headers = {"X-Error-Code": "BadRequest", "X-Error-Message": message}
            await JSONResponse({"error": message}, 400, headers)(scope, receive, send)
            return
        await self.app({**scope, "path": path}, receive, send)


def decoded(raw: bytes) -> str | None:
    """The path with each segment decoded once and encoded slashes as SLASH; None when it is no address of ours."""
    if len(raw) > LONGEST:
        return None
    segments = []
    for segment in raw.split(b"/"):
        try:
            text = unquote_to_bytes(segment).decode()
        except UnicodeDecodeError:
            return None
        if any(ord(char) < 32 or ord(char) == 127 for char in text):
            return None
        segments.append(text.replace("/", SLASH))
    return "/".join(segments)


def plain(segment: str) -> str:
    """The segment, or the rest of a path, with its encoded slashes as slashes."""
    return segment.replace(SLASH, "/")


def is_path(path: str) -> bool:
    """Whether this can be a file of a model at all."""
    return len(path) <= 255 and SAFE_PATH.fullmatch(path) is not None
