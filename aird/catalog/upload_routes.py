"""Resumable uploads: the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload), one upload a file.

Offered are its core and the extensions creation, checksum, termination and expiration. Finished uploads become a
version by `from-uploads`.
"""

import base64
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from aird.auth import service as auth
from aird.auth.deps import CurrentSettings, database_of
from aird.auth.permissions import Permission
from aird.catalog.errors import ModelNotFound, VersionExists
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.names import NameRefused, check_name
from aird.catalog.routes_params import MODEL, Writer, model_at
from aird.catalog.schemas import VersionRead
from aird.catalog.uploads import NOBODY, UploadForm, UploadMisplaced, check_path, file_finished
from aird.core.errors import AirdError, BadInput, NotPermitted
from aird.core.http import problem_response, problems
from aird.core.text import check_text
from aird.store import uploads
from aird.store.deps import CurrentStore
from aird.store.errors import (
    ArtifactNotFound,
    BlobDamaged,
    DigestMismatch,
    FileTooLarge,
    QuotaExceeded,
    StoreFull,
    StoreUnavailable,
)
from aird.store.manifest import check_digest
from aird.store.models import Upload, UploadState
from aird.store.receiving import ANY_SIZE
from aird.store.spooling import Pipe
from aird.store.uploads import (
    Checksum,
    ChecksumMismatch,
    ChecksumUnknown,
    OffsetMismatch,
    TooManyUploads,
    UploadLocked,
    UploadNotFound,
)

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
MOST_FILES = 256
BODY = "application/offset+octet-stream"


class TusVersionUnknown(BadInput):
    """This version of the upload protocol is not spoken"""

    status = 412


class TusBodyUnknown(BadInput):
    """The body of an upload is not of the type the protocol asks for"""

    status = 415


class MetadataUnreadable(BadInput):
    """The metadata of the upload cannot be read"""


class TusRoute(APIRoute):
    """Every answer says which version of the protocol it speaks, errors too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, with the header."""
        handler = super().get_route_handler()

        async def with_version(request: Request) -> Response:
            try:
                response = await handler(request)
            except AirdError as error:
                response = problem_response(error, {"WWW-Authenticate": "Bearer"} if error.status == 401 else None)
            response.headers["Tus-Resumable"] = VERSION
            return response

        return with_version


router = APIRouter(tags=["uploads"], route_class=TusRoute)
filing = APIRouter(tags=["uploads"])


def spoken(tus_resumable: Annotated[str, Header()] = "") -> None:
    """Raise TusVersionUnknown unless the client speaks the version that we do."""
    if tus_resumable != VERSION:
        raise TusVersionUnknown(f"Send `Tus-Resumable: {VERSION}`.", versions=VERSION)


Spoken = Annotated[None, Depends(spoken)]
Size = Annotated[int, Header(alias="Upload-Length", ge=0, lt=2**62)]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, lt=2**62)]
Metadata = Annotated[str, Header(alias="Upload-Metadata", max_length=4096)]
Sum = Annotated[str | None, Header(alias="Upload-Checksum", max_length=256)]


@router.options("/uploads", status_code=204)
def describe_uploads(_actor: Writer, settings: CurrentSettings) -> Response:
    """What of the protocol is offered."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.max_upload_bytes),
        "Tus-Checksum-Algorithm": "sha1,sha256",
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "/uploads",
    status_code=201,
    responses=problems(
        NotPermitted, ModelNotFound, NameRefused, IntakeRefused, MetadataUnreadable, FileTooLarge, StoreFull,
        TooManyUploads, TusVersionUnknown,
    ),
)  # fmt: skip
async def begin_upload(
    actor: Writer,
    _spoken: Spoken,
    request: Request,
    settings: CurrentSettings,
    store: CurrentStore,
    size: Size,
    metadata: Metadata,
) -> Response:
    """Announce a file: its `model` and `path` in the metadata, base64 each, and `digest` when it is known."""
    said = _metadata(metadata)
    department, _, name = check_name(said.get("model", "")).partition("/")
    path, digest = check_path(said.get("path", "")), said.get("digest")
    database = database_of(request)

    def begin() -> Upload:
        with database.write() as session:
            model = model_at(session, actor, department, name)
            auth.require(actor, Permission.WRITE_MODELS, model.department_id)
            return uploads.create(
                session,
                store,
                actor.id or NOBODY,
                subject=model.name,
                path=path,
                size=size,
                limit=settings.max_upload_bytes,
                lasts=timedelta(hours=settings.upload_hours),
                digest=check_digest(digest) if digest else None,
            )

    upload = await run_in_threadpool(begin)
    headers = {"Location": f"/api/v1/uploads/{upload.id}", "Upload-Expires": _http_date(upload)}
    if size == 0:
        await _append(request, store, actor.id or NOBODY, upload.id, 0, None)
    return Response(status_code=201, headers=headers)


def _metadata(header: str) -> dict[str, str]:
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            found[key] = base64.b64decode(encoded, validate=True).decode()
        except ValueError as error:  # not base64, not UTF-8, or a header that is not even ASCII
            raise MetadataUnreadable("Upload-Metadata must read `key base64,key base64`, in UTF-8.") from error
    check_text(list(found.values()))
    return found


def _http_date(upload: Upload) -> str:
    return upload.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT")


def _standing(upload: Upload) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": _http_date(upload),
        "Cache-Control": "no-store",
    }
    if upload.state is UploadState.WHOLE and upload.digest:
        headers["Upload-Digest"] = upload.digest
    return headers


@router.head("/uploads/{upload_id}", responses=problems(UploadNotFound, TusVersionUnknown))
def look_at_upload(actor: Writer, _spoken: Spoken, upload_id: UUID, request: Request) -> Response:
    """Where the upload goes on."""
    with database_of(request).read() as session:
        return Response(headers=_standing(uploads.get(session, actor.id or NOBODY, upload_id)))


@router.patch(
    "/uploads/{upload_id}",
    status_code=204,
    max_body_size=ANY_SIZE,
    responses=problems(
        UploadNotFound, UploadLocked, OffsetMismatch, ChecksumUnknown, ChecksumMismatch, DigestMismatch, FileTooLarge,
        StoreFull, StoreUnavailable, TusVersionUnknown, TusBodyUnknown,
    ),
)  # fmt: skip
async def continue_upload(
    actor: Writer,
    _spoken: Spoken,
    upload_id: UUID,
    request: Request,
    store: CurrentStore,
    offset: Offset,
    checksum: Sum = None,
) -> Response:
    """Append the body at this offset. The last byte puts the file into the store."""
    if request.headers.get("content-type") != BODY:
        raise TusBodyUnknown(f"The body must be sent as {BODY}.")
    given = Checksum.read(checksum) if checksum else None
    await _append(request, store, actor.id or NOBODY, upload_id, offset, given)
    with database_of(request).read() as session:
        return Response(status_code=204, headers=_standing(uploads.get(session, actor.id or NOBODY, upload_id)))


async def _append(
    request: Request, store: CurrentStore, person: UUID, upload_id: UUID, offset: int, checksum: Checksum | None
) -> None:
    with ExitStack() as opened:
        going_on = uploads.growing(database_of(request), store, person, upload_id, offset=offset, checksum=checksum)
        growing = await run_in_threadpool(opened.enter_context, going_on)
        pipe = Pipe(growing.take)
        try:
            async for chunk in request.stream():
                await pipe.write(chunk)
            await pipe.flush()
        except ClientDisconnect as error:
            await pipe.flush()
            await run_in_threadpool(growing.stop)
            raise OffsetMismatch("The upload broke off. Ask where it goes on.", offset=growing.offset) from error
        except BaseException:
            await pipe.quiet()
            await run_in_threadpool(growing.stop)
            raise
        await run_in_threadpool(growing.done)


@router.delete("/uploads/{upload_id}", status_code=204, responses=problems(UploadNotFound, TusVersionUnknown))
def end_upload(actor: Writer, _spoken: Spoken, upload_id: UUID, request: Request, store: CurrentStore) -> Response:
    """Give an upload up."""
    database = database_of(request)
    with database.read() as session:
        uploads.get(session, actor.id or NOBODY, upload_id)
    uploads.end(database, store, upload_id)
    return Response(status_code=204)


class FinishedUploads(UploadForm):
    """Which uploads make the version, and what is said about it."""

    uploads: list[UUID] = Field(min_length=1, max_length=MOST_FILES)


@filing.post(
    f"{MODEL}/versions/from-uploads",
    status_code=201,
    responses=problems(
        NotPermitted, ModelNotFound, NameRefused, VersionExists, IntakeRefused, UploadNotFound, OffsetMismatch,
        UploadMisplaced, UploadLocked, DigestMismatch, ArtifactNotFound, BlobDamaged, QuotaExceeded,
        StoreFull, StoreUnavailable,
    ),
)  # fmt: skip
def file_uploads(
    department: str,
    model: str,
    body: FinishedUploads,
    request: Request,
    settings: CurrentSettings,
    store: CurrentStore,
    actor: Writer,
) -> VersionRead:
    """File a version from finished uploads; they are examined first."""
    name, form = check_name(f"{department}/{model}"), UploadForm(**body.model_dump(exclude={"uploads"}))
    return file_finished(database_of(request), store, actor, name, body.uploads, settings.home / "uploads", form)
