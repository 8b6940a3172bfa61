"""Serves the built web UI beside the API, with the headers that keep a browser safe.

The UI answers only what no route answers, so it may be mounted before or after the routers. A page address
(a deep link) gets index.html; a miss under `/api`, `/v1`, `/assets` is a 404, and so is every request that
does not ask for HTML.
"""

import gzip
import os
import stat
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UI_FOLDER = Path(__file__).parent.parent / "_ui"

# Never a page: a wrong address below these is an error for a program, not a deep link of the UI.
NOT_PAGES = frozenset({"api", "v1", "assets", "metrics", "healthz", "readyz"})

# Styles may be inline because Mantine writes its theme variables into a <style> element; scripts may not.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

LONGEST_NAME = 128  # the file system would refuse a name of more than 255 bytes with an error
PACKED = {".js": "text/javascript", ".css": "text/css"}
ONE_YEAR = "public, max-age=31536000, immutable"

HINT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aird</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
</head><body><h1>aird is running, its web pages are not built</h1>
<p>The API and the command line work. To build the pages, run <code>npm ci</code> and
<code>npm run build</code> in the folder <code>web</code> of the source, then
reload this page. An installed release contains them.</p>
<p>aird 正在运行，但网页界面尚未构建。请在源码的 <code>web</code> 目录运行上述命令，然后刷新本页。</p>
</body></html>
"""


class SecurityHeaders:
    """Adds the security headers to every response that does not set its own; passes the body on untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_guarded)


class _Assets(StaticFiles):
    """Files whose names carry a hash of their content, so they never change, and are compressed once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._packed: dict[str, bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        headers, media = Headers(scope=scope), PACKED.get(Path(path).suffix)
        whole = scope["method"] == "GET" and not {"range", "if-none-match", "if-modified-since"} & set(headers.keys())
        if media is None or not whole or "gzip" not in headers.get("accept-encoding", ""):
            return await super().get_response(path, scope)
        packed = self._packed.get(path) or await run_in_threadpool(self._pack, path)
        if packed is None:
            raise HTTPException(404)
        kept = {"content-encoding": "gzip", "vary": "Accept-Encoding", "cache-control": ONE_YEAR}
        return Response(packed, media_type=media, headers=kept)

    def _pack(self, path: str) -> bytes | None:
        """The file compressed; read in one piece, since the first page waits for half a dozen of them."""
        found, status = self.lookup_path(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        self._packed[path] = gzip.compress(Path(found).read_bytes(), 6)
        return self._packed[path]

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = ONE_YEAR
        return response


class _Pages:
    """What no route answered: a file of the UI, a page of the UI, or a 404."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assets = GZipMiddleware(_Assets(folder / "assets"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first, _, rest = scope["path"].lstrip("/").partition("/")
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(404)
        if first == "assets" and rest and (self.folder / "assets").is_dir():
            below = {**scope, "root_path": scope.get("root_path", "") + "/assets"}
            await self.assets(below, receive, send)
            return
        if first in NOT_PAGES:
            raise HTTPException(404)
        response = None if rest else self._root_file(first)
        if response is None and "text/html" not in Headers(scope=scope).get("accept", ""):
            raise HTTPException(404)
        await (response or self._index())(scope, receive, send)

    def _root_file(self, name: str) -> Response | None:
        """favicon.svg and its like; a name is one path segment, so it cannot leave the folder."""
        path = self.folder / name
        if len(name) > LONGEST_NAME or name.startswith(".") or name == "index.html" or not path.is_file():
            return None
        return FileResponse(path, headers={"cache-control": "no-cache"})

    def _index(self) -> Response:
        page = self.folder / "index.html"
        headers = {"cache-control": "no-cache", "vary": "accept"}
        if page.is_file():
            return FileResponse(page, headers=headers)
        return HTMLResponse(HINT, 503, headers=headers)


def mount_ui(app: FastAPI, folder: Path = UI_FOLDER) -> None:
    """Serve the UI in `folder` for whatever `app` has no route for, and guard every response with headers.

    Without a built UI the API works and a browser sees how to build it.
    """
    pages = _Pages(folder)
    not_found = app.router.default

    async def fallback(scope: Scope, receive: Receive, send: Send) -> None:
        # A mounted sub-application has its own router; only the outermost one reaches this line.
        await (pages if scope["type"] == "http" else not_found)(scope, receive, send)

    app.router.default = fallback
    app.add_middleware(SecurityHeaders)
