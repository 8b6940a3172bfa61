"""How files come in by a commit: the question beforehand which way each takes, and the commit itself."""

import re
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from aird.auth.deps import CurrentSettings, ReadSession, database_of, public
from aird.catalog.cards import EVAL_RESULTS
from aird.catalog.intake.files import check_listed
from aird.catalog.uploads import check_path
from aird.core.errors import NotOffered
from aird.core.text import check_text
from aird.hub import pushes, revisions
from aird.hub.addresses import plain
from aird.hub.deps import CurrentTrees, Endpoint, Writer
from aird.hub.errors import CommitMalformed, XetNotOffered
from aird.hub.ndjson import Line, Lines, Piece
from aird.hub.pushes import IGNORED, Operation, Push
from aird.hub.repo_routes import page_of
from aird.hub.revisions import Revision
from aird.hub.trees import LFS_BYTES, HubFile, is_lfs
from aird.store.artifacts import Store
from aird.store.deps import CurrentStore
from aird.store.receiving import ANY_SIZE
from aird.store.spooling import Spool

router = APIRouter()
MODEL = "/api/models/{department}/{name}"
MOST_FILES, LONGEST_PATH = 1000, 1024
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_client = re.compile(r"hf_hub/(\d+)\.(\d+)\.")
NEGOTIATING = (1, 20)
"""Clients older than this ask the server whether to use Xet, and take LFS for an answer."""
NO_XET = "HF_HUB_DISABLE_XET=1"
NO_XET_PATH = f"/no-xet-storage-here/set/{NO_XET}/and-run-it-again"


class FileToCome(BaseModel):
    """A file that a client is about to send."""

    path: str = Field(max_length=LONGEST_PATH)
    size: int = Field(ge=0, le=2**50)
    sample: str | None = Field(None, max_length=4096)


class Preupload(BaseModel):
    """The files of a commit to come."""

    files: list[FileToCome] = Field(max_length=MOST_FILES)
    gitIgnore: str | None = Field(None, max_length=2**20)  # noqa: N815


@router.post(f"{MODEL}/preupload/{{revision:path}}")
def preupload(
    department: str,
    name: str,
    revision: str,
    body: Preupload,
    request: Request,
    session: ReadSession,
    trees: CurrentTrees,
    settings: CurrentSettings,
    actor: Writer,
    create_pr: bool = False,
) -> dict[str, Any]:
    """Which way each file takes: inside the commit when it is small, by LFS when it is large.

    A file that could not be taken is refused here, before its bytes are sent.
    """
    _no_pull_request(create_pr)
    model = pushes.writable(session, actor, department, name)
    head = pushes.branch_head(session, model, plain(revision))
    there = trees.files(session, Revision(revisions.Repo(model), plain(revision), head, None)) if head else {}
    agent = request.headers.get("user-agent", "")
    regular = regular_bytes(agent, settings.hub_regular_bytes)
    known = there if compares(agent) else {}
    return {"files": [_way(each, known.get(each.path), regular, trees.ids) for each in body.files]}


def regular_bytes(user_agent: str, limit: int) -> int:
    """Below which size this client had better send a file inside the commit."""
    version = _client.search(user_agent)
    negotiates = version is not None and (int(version[1]), int(version[2])) < NEGOTIATING
    return min(limit, LFS_BYTES) if negotiates else limit


def compares(user_agent: str) -> bool:
    """Whether this client may be told what is there already, and so leave out what has not changed.

    Clients before 1.0 fail when nothing is left: they put a link together that they then cannot read, because the
    endpoint has a path. They send everything, and a commit that changes nothing is none.
    """
    version = _client.search(user_agent)
    return version is None or int(version[1]) >= 1


def _way(file: FileToCome, there: HubFile | None, regular: int, ids: Any) -> dict[str, Any]:
    ignored = file.path in IGNORED
    if not ignored:
        check_path(file.path)
        if not file.path.startswith(f"{EVAL_RESULTS}/"):
            check_listed(file.path, file.size)
    mode = "regular" if file.size < regular else "lfs"
    found: dict[str, Any] = {"path": file.path, "uploadMode": mode, "shouldIgnore": ignored}
    if there is not None and there.size == file.size:
        as_sha1 = ids.of(there.digest, there.size) if is_lfs(there.path, there.size) else there.oid
        found["oid"] = there.sha256 if mode == "lfs" else as_sha1
    return found


def _no_pull_request(create_pr: bool) -> None:
    if create_pr:
        raise NotOffered("Pull requests are not offered. Push to a branch, then have the version approved.")


@router.get(f"{MODEL}/xet-write-token")
@router.get(f"{MODEL}/xet-write-token/{{revision:path}}")
@router.get(f"{MODEL}/xet-read-token")
@router.get(f"{MODEL}/xet-read-token/{{revision:path}}")
def xet_token(department: str, name: str, at: Endpoint, _actor: Writer, revision: str = "") -> RedirectResponse:
    """Leads to where it is said what to set instead.

    The Xet library shows the address that failed and none of the words that came from there, so the line to set
    stands in the address itself.
    """
    return RedirectResponse(f"{at}{NO_XET_PATH}", status_code=307)


@router.get(NO_XET_PATH)
@public
def no_xet(settings: CurrentSettings) -> None:
    """Says what to set instead."""
    raise XetNotOffered(
        f"This server has no Xet storage, which this client uses for files from {settings.hub_regular_bytes} bytes on. "
        f"Set this line in the environment and run the same command again: {NO_XET}",
        set=NO_XET,
    )


@router.post(f"{MODEL}/commit/{{revision:path}}", max_body_size=ANY_SIZE)
async def commit(
    department: str,
    name: str,
    revision: str,
    request: Request,
    store: CurrentStore,
    settings: CurrentSettings,
    at: Endpoint,
    actor: Writer,
    create_pr: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """Take a commit; its files go into the store while they arrive."""
    _no_pull_request(create_pr)
    database = database_of(request)

    def may_push() -> None:
        with database.read() as session:
            pushes.branch_head(session, pushes.writable(session, actor, department, name), plain(revision))

    await run_in_threadpool(may_push)
    sent = await _receive(request, store, settings.max_upload_bytes)
    scratch = settings.home / "uploads"
    model, made = await run_in_threadpool(
        pushes.push, database, store, actor, (department, name), plain(revision), sent, scratch
    )
    return {
        "success": True,
        "commitUrl": f"{page_of(at, model.name)}/commit/{made.sha}",
        "commitOid": made.sha,
        "hookOutput": "",
    }


async def _receive(request: Request, store: Store, limit: int) -> Push:
    lines, sent = Lines(), Push()
    async with AsyncExitStack() as stack:
        spool: Spool | None = None
        try:
            async for chunk in request.stream():
                for event in lines.feed(chunk):
                    spool = await _take(event, spool, stack, store, sent, limit)
        except ClientDisconnect as error:
            raise CommitMalformed("The commit broke off. Send it again.") from error
        for event in lines.end():
            spool = await _take(event, spool, stack, store, sent, limit)
    if not sent.title:
        raise CommitMalformed("The commit has no header with a summary.")
    return sent


async def _take(
    event: Piece | Line, spool: Spool | None, stack: AsyncExitStack, store: Store, sent: Push, limit: int
) -> Spool | None:
    """Write a piece, or end a line with what came before it; gives the file that is under way."""
    if isinstance(event, Piece):
        if spool is None:
            spool = await stack.enter_async_context(store.spool(limit=limit))
        await spool.write(event.data)
        return spool
    stored = await spool.publish() if spool is not None else None
    await stack.aclose()
    key, value = event.value.get("key"), event.value.get("value")
    check_text(event.value)
    if not isinstance(value, dict) or (stored is not None and key != "file"):
        raise CommitMalformed(f"Line {event.number} of the commit has no `key` and `value` as Hub clients send them.")
    if key == "header":
        _header(value, sent)
    elif key == "file":
        if value.get("encoding", "base64") != "base64" or "content" not in value:
            raise CommitMalformed(f"Line {event.number}: a file has its `content` in base64.")
        digest, size = stored if stored is not None else await run_in_threadpool(store.put_bytes, b"")
        sent.operations.append(Operation("put", _path(value, event), digest, size))
    else:
        sent.operations.append(_operation(key, value, event))
    return None


def _header(value: dict[str, Any], sent: Push) -> None:
    parts = [value.get(key) or "" for key in ("summary", "description", "parentCommit")]
    if not all(isinstance(each, str) for each in parts):
        raise CommitMalformed("The header of the commit holds something else than text.")
    sent.title, sent.message, sent.parent = parts[0][:256] or "Upload", parts[1][:20_000], parts[2] or None


def _path(value: dict[str, Any], event: Line, key: str = "path") -> str:
    path = value.get(key)
    if not isinstance(path, str) or not 0 < len(path) <= LONGEST_PATH:
        raise CommitMalformed(f"Line {event.number} of the commit names no {key}, or one that is too long.")
    return path


def _operation(key: Any, value: dict[str, Any], event: Line) -> Operation:
    path = _path(value, event)
    if key == "lfsFile":
        oid, size = value.get("oid"), value.get("size", -1)
        right = isinstance(oid, str) and DIGEST.fullmatch(oid) and isinstance(size, int)
        if not right or value.get("algo", "sha256") != "sha256":
            raise CommitMalformed(f"Line {event.number}: an LFS file has an `oid` of 64 hex digits.")
        return Operation("claim", path, f"sha256:{oid}", size)
    if key == "deletedFile":
        return Operation("delete", path)
    if key == "deletedFolder":
        return Operation("delete_folder", path)
    if key == "copyFile":
        revision = value.get("srcRevision")
        source = _path(value, event, "srcPath")
        revision = revision[:LONGEST_PATH] if isinstance(revision, str) else None
        return Operation("copy", path, source=source, revision=revision)
    raise CommitMalformed(f"Line {event.number}: {str(key)[:40]!r} is not a step of a commit that is known here.")
