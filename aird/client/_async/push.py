"""A folder's files to the server by resumable uploads (tus 1.0.0), and the version filed from them."""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from urllib.parse import urljoin, urlsplit

import httpx

from aird.client._async import backend
from aird.client._async.transport import AsyncTransport
from aird.client.errors import ClientError, ConnectionFailed, ServerBusy
from aird.client.http import API, CONNECT_SECONDS, PASSING, UPLOAD_SECONDS, Json, decoded, pause_before, problem_of
from aird.client.landing import BLOCK
from aird.client.memory import Memory
from aird.client.refs import path_of
from aird.client.uploads import OnFile, Sent, Upload

TUS = {"Tus-Resumable": "1.0.0"}
UPLOADS = f"{API}/uploads"
CHECKSUM_MISMATCH = 460
PIECE = 32 * 1024 * 1024
"""Bytes of one PATCH; each carries its sha256."""
TRIES = 5
"""Tries in a row that brought nothing before a file is given up."""


class AsyncPush:
    """Files on their way to becoming one version of a model."""

    def __init__(
        self,
        transport: AsyncTransport,
        model: str,
        uploads: Sequence[Upload],
        *,
        on_sent: Sent | None = None,
        on_progress: OnFile | None = None,
    ) -> None:
        self.transport, self.model, self.uploads = transport, model, list(uploads)
        self.on_sent, self.on_progress = on_sent, on_progress
        self.stopped = False

    async def file(self, fields: Mapping[str, str | None], *, parallel: int = 4) -> Json:
        """Send what is missing and file the version; an older server takes it in one piece."""
        said = {name: value for name, value in fields.items() if value is not None}
        address = f"/models/{path_of(self.model)}/versions"
        if not await self._resumable():
            found: Json = await self.transport.upload(address, self.uploads, said, self._progress)
            return found
        memory = Memory(self.transport.url, self.model, self.uploads)
        works = [partial(self._send, memory, each) for each in self.uploads]
        sent = await backend.gather(works, parallel, self._stop)
        try:
            filed: Json = await self.transport.call(
                "POST", f"{address}/from-uploads", json={"uploads": sent, **said},
                timeout=httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS),
            )  # fmt: skip
        except (ConnectionFailed, ServerBusy):
            raise  # every byte is there; the next try files them
        except ClientError:
            memory.forget()
            raise
        memory.forget()
        return filed

    def _stop(self) -> None:
        self.stopped = True

    def _progress(self, path: str, count: int) -> None:
        if self.on_sent is not None:
            self.on_sent(count)
        if self.on_progress is not None:
            self.on_progress(path, count)

    async def _resumable(self) -> bool:
        answer = await self.transport.request("OPTIONS", UPLOADS)
        return answer.is_success and "tus-version" in answer.headers

    async def _send(self, memory: Memory, upload: Upload) -> str:
        """Send one file from where the server has it; gives the upload's id."""
        size = upload.size  # once: a file that grows meanwhile is sent as it was announced
        address = memory.begun.get(upload.path)
        at = await self._offset(address) if address else None
        if address is None or at is None:
            address, at = await self._begin(upload, size), 0
            memory.note(upload.path, address)
        self._progress(upload.path, at)
        fruitless = 0
        while at < size and not self.stopped:
            before = at
            try:
                at = await self._piece(upload, address, at, min(PIECE, size - at))
            except (ConnectionFailed, ServerBusy):
                if fruitless + 1 >= TRIES:
                    raise
                await backend.sleep(pause_before(fruitless + 1, self.transport.retry_pause))
                at = await self._known(address)
            fruitless = 0 if at > before else fruitless + 1
            if fruitless >= TRIES:
                raise ConnectionFailed(f"{upload.path} arrived damaged or not at all, {TRIES} times. Try again later.")
            self._progress(upload.path, at - before)
        return address.rstrip("/").rpartition("/")[2]

    async def _begin(self, upload: Upload, size: int) -> str:
        about = {"model": self.model, "path": upload.path}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in about.items())
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        answer = await self.transport.request("POST", UPLOADS, headers=headers)
        if not answer.is_success:
            raise problem_of(answer)
        return urlsplit(urljoin(f"{UPLOADS}/", answer.headers["location"])).path

    async def _offset(self, address: str) -> int | None:
        """How much the server has of an upload; None when it knows nothing of it any more."""
        answer = await self.transport.request("HEAD", address, headers=TUS)
        if answer.is_success:
            return int(answer.headers["upload-offset"])
        if answer.status_code in PASSING or answer.status_code == httpx.codes.UNAUTHORIZED:
            raise problem_of(answer)
        return None

    async def _known(self, address: str) -> int:
        at = await self._offset(address)
        if at is None:
            raise ConnectionFailed("The server has lost an upload that was under way. Run this again.")
        return at

    async def _piece(self, upload: Upload, address: str, at: int, size: int) -> int:
        sha256 = await backend.run(partial(_sha256, upload, at, size))
        answer = await self.transport.request(
            "PATCH", address, content=self._blocks(upload, at, size),
            headers=TUS | {
                "Content-Type": "application/offset+octet-stream", "Content-Length": str(size),
                "Upload-Offset": str(at), "Upload-Checksum": f"sha256 {sha256}",
            },
            timeout=httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS),
        )  # fmt: skip
        if answer.status_code in (httpx.codes.CONFLICT, CHECKSUM_MISMATCH):
            return await self._known(address)
        decoded(answer, self.transport.url)
        return int(answer.headers["upload-offset"])

    async def _blocks(self, upload: Upload, at: int, size: int) -> AsyncIterator[bytes]:
        with upload.file.open("rb") as stream:
            stream.seek(at)
            while size > 0 and not self.stopped:
                block = stream.read(min(BLOCK, size))
                if not block:
                    raise ConnectionFailed(f"{upload.file} became shorter while it was sent. Run this again.")
                size -= len(block)
                yield block


def _sha256(upload: Upload, at: int, size: int) -> str:
    sum_ = hashlib.sha256()
    with upload.file.open("rb") as stream:
        stream.seek(at)
        while size > 0 and (block := stream.read(min(BLOCK, size))):
            sum_.update(block)
            size -= len(block)
    return base64.b64encode(sum_.digest()).decode()
