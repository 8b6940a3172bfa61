# Written by scripts/make-client.py from aird/client/_async/pull.py; change that one.
"""A version's files onto this machine: several at a time, resumed by Range, each compared with its digest."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from aird.client._sync import backend
from aird.client._sync.transport import Transport
from aird.client.errors import ConnectionFailed, DigestMismatch, ServerBusy
from aird.client.http import API, CONNECT_SECONDS, pause_before
from aird.client.landing import Arriving, Landing, digest_of, holds, inside
from aird.client.uploads import OnFile

TRIES = 5
"""Tries in a row that brought nothing before a file is given up."""


class Pull:
    """One version on its way into one folder."""

    def __init__(
        self, transport: Transport, address: str, files: Sequence[dict[str, Any]], progress: OnFile | None
    ) -> None:
        self.transport, self.address, self.files = transport, f"{API}{address}/content", list(files)
        self.progress = progress or (lambda _path, _count: None)
        self.stopped = False

    def into(
        self,
        target: Path,
        digest: str,
        *,
        beside: Mapping[str, bytes] | None = None,
        replace: bool = False,
        parallel: int = 4,
    ) -> Path:
        """Gather the files, and what is written `beside` them, and put them in the target's place.

        Raises LocalFile, DigestMismatch, ConnectionFailed.
        """
        extra = [{"path": path, "size": len(data), "digest": digest_of(data)} for path, data in (beside or {}).items()]
        for each in self.files:
            inside(target, each["path"])
        if backend.run(partial(holds, target, [*self.files, *extra])):
            for each in self.files:
                self.progress(each["path"], each["size"])
            return target
        landing = Landing(target, digest, replace=replace)
        with landing.held():
            works = [partial(self._fetch, landing.folder, each) for each in self.files]
            backend.gather(works, parallel, self._stop)
            for path, data in (beside or {}).items():
                inside(landing.folder, path).write_bytes(data)
            backend.run(partial(landing.land, [each["path"] for each in [*self.files, *extra]]))
        return target

    def _stop(self) -> None:
        self.stopped = True

    def _fetch(self, folder: Path, file: dict[str, Any]) -> None:
        where = inside(folder, file["path"])
        arriving = backend.run(partial(Arriving, where, file["size"], file["digest"]))
        try:
            found = arriving.at
            self.progress(file["path"], found)
            self._receive(arriving, file["path"])
            if found and not arriving.sound():  # what an earlier try left here may have been damaged since
                self._restart(arriving, file["path"])
                self._receive(arriving, file["path"])
            if not arriving.sound():
                self._restart(arriving, file["path"])
                raise DigestMismatch(
                    f"The bytes of {file['path']} are not those of {file['digest']}. Pull again; when it stays so,"
                    " have the store checked: aird store scrub."
                )
        finally:
            arriving.close()

    def _restart(self, arriving: Arriving, path: str) -> None:
        self.progress(path, -arriving.at)
        arriving.restart()

    def _receive(self, arriving: Arriving, path: str) -> None:
        fruitless = 0
        while arriving.at < arriving.size and not self.stopped:
            before = arriving.at
            try:
                self._stream(arriving, path)
            except (ConnectionFailed, ServerBusy):
                fruitless = 0 if arriving.at > before else fruitless + 1
                if fruitless >= TRIES:
                    raise
                backend.sleep(pause_before(fruitless + 1, self.transport.retry_pause))

    def _stream(self, arriving: Arriving, path: str) -> None:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={arriving.at}-"} if arriving.at else {})
        with self.transport.stream(
            "GET", f"{self.address}/{quote(path)}", headers=headers,
            timeout=httpx.Timeout(self.transport.silence, connect=CONNECT_SECONDS),
        ) as response:  # fmt: skip
            if arriving.at and response.status_code != httpx.codes.PARTIAL_CONTENT:
                self._restart(arriving, path)
            for block in response.iter_bytes():
                if self.stopped:
                    return
                arriving.write(block)
                self.progress(path, len(block))
