"""Files of a revision: listed, described, and handed out whole or in part.

Who sees a model may list its files and read its README; every other file needs the right to the weights.
"""

from dataclasses import dataclass
from hashlib import sha1
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import ReadSession, database_of
from aird.auth.permissions import Actor
from aird.catalog import access, retirement
from aird.core.ranges import Span, wanted
from aird.hub import refs, revisions
from aird.hub.addresses import is_path, plain
from aird.hub.deps import CurrentTrees, Endpoint, Reader
from aird.hub.errors import EntryNotFound
from aird.hub.revisions import Revision
from aird.hub.shapes import last_commit, page
from aird.hub.trees import README, HubFile, Trees
from aird.store.deps import CurrentStore

router = APIRouter()
PAGE, EXPANDED_PAGE, LOOKED_BACK = 1000, 50, 200
MOST_PATHS = 1000
MODEL = "/api/models/{department}/{name}"


@dataclass(frozen=True)
class Found:
    """A file to hand out, with what its answer says beside the bytes."""

    revision: Revision
    file: HubFile
    warning: str | None


def described(file: HubFile) -> dict[str, Any]:
    """A file in a list."""
    found: dict[str, Any] = {"type": "file", "path": file.path, "size": file.size, "oid": file.oid}
    if file.is_lfs:
        found["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return found


def entries(files: dict[str, HubFile], folder: str, *, recursive: bool) -> list[dict[str, Any]] | None:
    """What lies in a folder of the tree; None when there is no such folder."""
    prefix = f"{folder}/" if folder else ""
    inside = {path: file for path, file in files.items() if path.startswith(prefix)}
    if folder and not inside:
        return None
    folders = {
        "/".join(path.split("/")[:depth])
        for path in inside
        for depth in range(prefix.count("/") + 1, path.count("/") + 1)
    }
    if not recursive:
        folders = {each for each in folders if "/" not in each.removeprefix(prefix)}
        inside = {path: file for path, file in inside.items() if "/" not in path.removeprefix(prefix)}
    shown = [_folder(files, each) for each in folders] + [described(each) for each in inside.values()]
    return sorted(shown, key=lambda each: (each["type"] != "directory", each["path"]))


def _folder(files: dict[str, HubFile], path: str) -> dict[str, Any]:
    content = "".join(f"{each.path} {each.oid}\n" for each in files.values() if each.path.startswith(f"{path}/"))
    oid = sha1(content.encode(), usedforsecurity=False).hexdigest()
    return {"type": "directory", "path": path, "size": 0, "oid": oid}


def _expand(session: Session, trees: Trees, revision: Revision, shown: list[dict[str, Any]]) -> None:
    """Say which commit changed each file last, as far back as is looked."""
    history = refs.history(session, revision.commit, LOOKED_BACK)
    known = trees.stored(session, [each.artifact for each in history])
    for entry in shown:
        path, newest = entry["path"], history[0]
        now = known[newest.artifact].get(path)
        for commit in history[1:]:
            if known[commit.artifact].get(path) != now or now is None:
                break
            newest = commit
        entry["lastCommit"] = last_commit(newest)


@router.get(f"{MODEL}/tree/{{revision}}")
@router.get(f"{MODEL}/tree/{{revision}}/{{folder:path}}")
def list_tree(
    department: str,
    name: str,
    revision: str,
    request: Request,
    session: ReadSession,
    trees: CurrentTrees,
    at: Endpoint,
    actor: Reader,
    folder: str = "",
    recursive: bool = False,
    expand: bool = False,
    cursor: Annotated[int, Query(ge=0, le=10**6)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> JSONResponse:
    """The files and folders below a folder of a revision."""
    found = revisions.resolve(session, revisions.repo(session, actor, department, name), plain(revision))
    shown = entries(trees.files(session, found), plain(folder).strip("/"), recursive=recursive)
    if shown is None:
        raise EntryNotFound(f"There is no folder {plain(folder)[:200]!r} in {found.asked!r}.", commit=found.sha or "")
    size = min(limit, EXPANDED_PAGE) if expand else limit
    part, more = shown[cursor : cursor + size], len(shown) > cursor + size
    if expand:
        _expand(session, trees, found, part)
    path = f"/api/models/{department}/{name}/tree/{quote(plain(revision), safe='')}"
    path += f"/{quote(plain(folder), safe='')}" if folder else ""
    answer = page(part, at, path, request.query_params.multi_items(), str(cursor + size) if more else None)
    _say(answer, found, retirement.notice(session, found.version, actor) if found.version else None)
    return answer


@router.post(f"{MODEL}/paths-info/{{revision:path}}")
def paths_info(
    department: str,
    name: str,
    revision: str,
    session: ReadSession,
    trees: CurrentTrees,
    actor: Reader,
    paths: Annotated[list[str], Form(max_length=MOST_PATHS)],
    expand: Annotated[bool, Form()] = False,
) -> list[dict[str, Any]]:
    """What is known of these paths; those that are not there are left out."""
    found = revisions.resolve(session, revisions.repo(session, actor, department, name), plain(revision))
    files = trees.files(session, found)
    shown = []
    for path in dict.fromkeys(each.strip("/") for each in paths):
        if path in files:
            shown.append(described(files[path]))
        elif path and any(each.startswith(f"{path}/") for each in files):
            shown.append(_folder(files, path))
    if expand:
        _expand(session, trees, found, shown)
    return shown


def _say(answer: Response, revision: Revision, warning: str | None) -> None:
    if revision.sha:
        answer.headers["X-Repo-Commit"] = revision.sha
    if warning:
        answer.headers["X-HF-Warning"] = warning


def _find(session: Session, trees: Trees, actor: Actor, repo: tuple[str, str], asked: str, path: str) -> Found:
    found = revisions.resolve(session, revisions.repo(session, actor, *repo), asked)
    if path != README:
        access.require_weights(session, actor, found.repo.model)
    if not is_path(path):
        raise EntryNotFound(f"{path[:200]!r} is not a file of a model.", commit=found.sha or "")
    file = trees.file(session, found, path)
    return Found(found, file, retirement.notice(session, found.version, actor) if found.version else None)


def _headers(found: Found) -> dict[str, str]:
    file = found.file
    name = file.path.rpartition("/")[2]
    headers = {
        "X-Repo-Commit": found.revision.sha or "",
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    if file.is_lfs:
        headers |= {"X-Linked-Etag": f'"{file.etag}"', "X-Linked-Size": str(file.size)}
    if found.warning:
        headers["X-HF-Warning"] = found.warning
    return headers


@router.head("/{department}/{name}/resolve/{revision}/{path:path}")
@router.get("/{department}/{name}/resolve/{revision}/{path:path}")
async def resolve(
    department: str,
    name: str,
    revision: str,
    path: str,
    request: Request,
    store: CurrentStore,
    trees: CurrentTrees,
    actor: Reader,
) -> Response:
    """A file's bytes, or the part of them that was asked for; HEAD says all but the bytes."""
    database = database_of(request)

    def look() -> Found:
        with database.read() as session:
            return _find(session, trees, actor, (department, name), plain(revision), plain(path))

    found = await run_in_threadpool(look)
    headers, file = _headers(found), found.file
    if _unchanged(request, file):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if _range_holds(request, file) else None
    span = wanted(asked, file.size)
    if span is None:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    if request.method == "HEAD":
        return Response(status_code=200, headers={**headers, "Content-Length": str(file.size)})
    headers["Content-Length"] = str(span.end - span.start)
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    status = 206 if span.partial else 200
    if file.body is not None:
        return Response(file.body[span.start : span.end], status, headers)
    return await _stored(store, file, span, status, headers)


async def _stored(store: CurrentStore, file: HubFile, span: Span, status: int, headers: dict[str, str]) -> Response:
    if file.size == 0:
        return Response(b"", status, headers)
    download = await store.download(file.digest, span.start, span.end)
    return StreamingResponse(download, status, headers)


def _unchanged(request: Request, file: HubFile) -> bool:
    known = request.headers.get("if-none-match", "")
    tags = {each.strip().removeprefix("W/").strip('"') for each in known.split(",")}
    return file.etag in tags or known.strip() == "*"


def _range_holds(request: Request, file: HubFile) -> bool:
    condition = request.headers.get("if-range")
    return condition is None or condition.strip().strip('"') == file.etag


@router.get("/{department}/{name}/raw/{revision}/{path:path}")
def raw(
    department: str,
    name: str,
    revision: str,
    path: str,
    session: ReadSession,
    trees: CurrentTrees,
    actor: Reader,
) -> Response:
    """A file as git keeps it: an LFS file's pointer, a small file itself."""
    found = _find(session, trees, actor, (department, name), plain(revision), plain(path))
    file = found.file
    body = file.pointer if file.is_lfs else file.body if file.body is not None else trees.store.read(file.digest)
    headers = _headers(found) | {"ETag": f'"{file.oid}"'}
    headers.pop("Accept-Ranges")
    return Response(body, headers=headers)
