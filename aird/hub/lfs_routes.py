"""Large files by the LFS protocol (git-lfs, docs/api/batch.md): asked for, sent to an address of their own, verified.

Clients send the bytes without Authorization, so the address itself is the right: 256 random bits, of which the
database keeps a hash. What was sent whole may be named in a commit by the person who asked, and by nobody else.
"""

import secrets
import shutil
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from aird.auth.deps import CurrentSettings, ReadSession, database_of, public
from aird.auth.secrets import fingerprint
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import BadInput, NotFound, NotOffered
from aird.core.settings import Settings
from aird.hub import pushes
from aird.hub.claims import claimable
from aird.hub.deps import Endpoint, Writer
from aird.hub.errors import BlobNotUploaded
from aird.store.artifacts import Store
from aird.store.deps import CurrentStore
from aird.store.models import Upload, UploadState
from aird.store.receiving import ANY_SIZE

router = APIRouter()
LFS = "application/vnd.git-lfs+json"
MOST_OBJECTS, MOST_PARTS = 1000, 10_000
Oid = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class UploadGone(NotFound):
    """There is no upload at this address"""


class UploadCut(BadInput):
    """The upload broke off"""


class LfsObject(BaseModel):
    """A file by the sha256 of its bytes."""

    oid: Oid
    size: int = Field(ge=0, le=2**50)


class Batch(BaseModel):
    """Files that a client wants to send."""

    operation: Literal["upload", "download"]
    objects: list[LfsObject] = Field(max_length=MOST_OBJECTS)
    transfers: list[str] = Field(default_factory=list, max_length=16)
    hash_algo: str = "sha256"


class Part(BaseModel):
    """A part that was sent, by what was answered to it."""

    partNumber: int = Field(ge=1, le=MOST_PARTS)  # noqa: N815
    etag: str = Field(max_length=200)


class Completion(BaseModel):
    """All parts of a file."""

    oid: Oid
    parts: list[Part] = Field(max_length=MOST_PARTS)


@dataclass(frozen=True)
class Coming:
    """An upload that an address stands for."""

    id: UUID
    digest: str
    size: int
    whole: bool

    def folder(self, store: Store) -> Path:
        """Where its parts wait."""
        return store.partial_folder / f"hub-{self.id}"


@router.post("/{department}/{name}.git/info/lfs/objects/batch")
def batch(
    department: str,
    name: str,
    body: Batch,
    request: Request,
    store: CurrentStore,
    settings: CurrentSettings,
    at: Endpoint,
    actor: Writer,
) -> JSONResponse:
    """Where to send each file. One that the caller may read or has sent already needs no sending.

    Whether the store has the bytes of anybody else makes no difference to the answer.
    """
    if body.operation != "upload" or body.hash_algo != "sha256":
        raise NotOffered("Only uploads with sha256 go through here; files are downloaded from `resolve`.")
    wanted = {f"sha256:{each.oid}" for each in body.objects}
    database = database_of(request)
    with database.read() as session:
        model = pushes.writable(session, actor, department, name)
        allowed = claimable(session, actor, wanted)
    held = store.hold(allowed) if allowed else {}
    answers = []
    with database.write() as session:
        for each in body.objects:
            answer: dict[str, Any] = {"oid": each.oid, "size": each.size}
            if each.size > settings.max_upload_bytes:
                message = f"A file may have {settings.max_upload_bytes} bytes."
                answer["error"] = {"code": 422, "message": message}
            elif held.get(f"sha256:{each.oid}") != each.size and actor.id is not None:
                secret = _open(session, actor.id, model.name, each, settings)
                verify = {"href": f"{at}/api/lfs/verify/{model.name}"}
                answer |= {
                    "authenticated": True,
                    "actions": {"upload": _action(at, secret, each, settings), "verify": verify},
                }
            answers.append(answer)
    parted = any(each.size > settings.hub_part_bytes for each in body.objects)
    transfer = "multipart" if parted and "multipart" in body.transfers else "basic"
    return JSONResponse({"transfer": transfer, "objects": answers}, media_type=LFS)


def _open(session: Session, person_id: UUID, subject: str, wanted: LfsObject, settings: Settings) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        Upload(
            person_id=person_id,
            subject=subject,
            path="",
            size=wanted.size,
            secret_hash=fingerprint(secret),
            expires_at=now() + timedelta(hours=settings.upload_hours),
            digest=f"sha256:{wanted.oid}",
        )
    )
    return secret


def _action(at: str, secret: str, wanted: LfsObject, settings: Settings) -> dict[str, Any]:
    href = f"{at}/api/lfs/{secret}"
    if wanted.size <= settings.hub_part_bytes:
        return {"href": href}
    parts = ceil(wanted.size / settings.hub_part_bytes)
    return {
        "href": href,
        "header": {
            "chunk_size": str(settings.hub_part_bytes),
            **{str(number): f"{href}/{number}" for number in range(1, parts + 1)},
        },
    }


def _coming(database: Database, secret: str) -> Coming:
    with database.read() as session:
        found = session.scalar(select(Upload).where(Upload.secret_hash == fingerprint(secret)))
        if found is None or found.digest is None or found.expires_at <= now():
            raise UploadGone("This upload is not known or has expired. Start the upload again.")
        return Coming(found.id, found.digest, found.size, found.state is UploadState.WHOLE)


def _whole(database: Database, coming: Coming) -> None:
    with database.write() as session:
        found = session.get(Upload, coming.id)
        if found is None:
            raise UploadGone("This upload has expired meanwhile. Start the upload again.")
        found.state, found.received = UploadState.WHOLE, coming.size


@router.put("/api/lfs/{secret}", max_body_size=ANY_SIZE)
@public
async def put_object(secret: str, request: Request, store: CurrentStore) -> Response:
    """Take the bytes of one file; it is in the store when every one came and the sha256 fits."""
    database = database_of(request)
    coming = await run_in_threadpool(_coming, database, secret)
    try:
        async with store.spool(size=coming.size, digest=coming.digest) as spool:
            async for chunk in request.stream():
                await spool.write(chunk)
            await spool.publish()
    except ClientDisconnect as error:
        raise UploadCut("The upload broke off. Send the file again.") from error
    await run_in_threadpool(_whole, database, coming)
    return Response(status_code=200, headers={"ETag": f'"{coming.digest.removeprefix("sha256:")}"'})


@router.put("/api/lfs/{secret}/{number}", max_body_size=ANY_SIZE)
@public
async def put_part(
    secret: str, number: int, request: Request, store: CurrentStore, settings: CurrentSettings
) -> Response:
    """Take one part of a large file; sent again, it replaces what came before."""
    database, size = database_of(request), settings.hub_part_bytes
    coming = await run_in_threadpool(_coming, database, secret)
    if not 1 <= number <= ceil(coming.size / size):
        raise UploadGone("The file has no part of this number. Start the upload again.")
    folder = coming.folder(store)
    await run_in_threadpool(folder.mkdir, parents=True, exist_ok=True)
    try:
        async with store.spool(size=min(size, coming.size - (number - 1) * size)) as spool:
            async for chunk in request.stream():
                await spool.write(chunk)
            digest, _ = await spool.keep(folder / str(number))
    except ClientDisconnect as error:
        raise UploadCut("The upload broke off. Send the part again.") from error
    return Response(status_code=200, headers={"ETag": f'"{digest.removeprefix("sha256:")}"'})


@router.post("/api/lfs/{secret}")
@public
async def complete(
    secret: str, body: Completion, request: Request, store: CurrentStore, settings: CurrentSettings
) -> JSONResponse:
    """Join the parts; the file is in the store when its sha256 fits."""
    database = database_of(request)
    coming = await run_in_threadpool(_coming, database, secret)
    if coming.digest != f"sha256:{body.oid}":
        raise UploadGone("This address is for another file. Start the upload again.")
    if not coming.whole:
        folder = coming.folder(store)
        parts = [folder / str(number) for number in range(1, ceil(coming.size / settings.hub_part_bytes) + 1)]
        missing = [each.name for each in parts if not each.is_file()]
        if missing:
            raise UploadCut(f"Part {missing[0]} of the file did not come. Send it, then complete the upload.")
        try:
            await store.publish_parts(parts, digest=coming.digest, size=coming.size)
        except FileNotFoundError as error:  # another request joined them meanwhile, and has taken them away
            if not (await run_in_threadpool(_coming, database, secret)).whole:
                raise UploadCut("A part of the file is gone. Start the upload again.") from error
            return JSONResponse({"success": True})
        await run_in_threadpool(_whole, database, coming)
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)
    return JSONResponse({"success": True})


@router.post("/api/lfs/verify/{department}/{name}")
def verify(
    department: str, name: str, body: LfsObject, session: ReadSession, store: CurrentStore, actor: Writer
) -> JSONResponse:
    """Whether the caller's file is there, with this size and sha256."""
    pushes.writable(session, actor, department, name)
    digest = f"sha256:{body.oid}"
    if digest not in claimable(session, actor, [digest]) or store.backend.size(digest) != body.size:
        raise BlobNotUploaded("The file did not arrive whole. Upload it again.")
    return JSONResponse({"success": True})
