"""Blobs in a bucket of any S3 endpoint, under keys that are their digests.

Nothing beyond plain PUT, multipart upload, GET with a range, HEAD, LIST and DELETE is relied on: no conditional PUT, no
versions, no locks, no server-side copy, and an ETag is never taken for a digest. Files are spooled to a local folder,
hashed, and then uploaded; what was uploaded is looked up again with its size. Every request has a time limit and is
tried again a few times; what still fails is StoreUnavailable.
"""

import io
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from aird.core.settings import Settings
from aird.store.backends.base import missing
from aird.store.errors import ArtifactNotFound, StoreUnavailable
from aird.store.manifest import DIGEST, check_digest
from aird.store.staging import BLOCK, Staging

T = TypeVar("T")

PART = 16 * BLOCK  # of a multipart upload; two are in memory at a time
MOST_PARTS = 9_000  # S3 allows 10,000
IN_MEMORY = 8 * BLOCK  # a blob that is opened is held in memory up to this size, in a temporary file beyond
GONE = {"NoSuchKey", "NoSuchObject", "NotFound", "ResourceNotFound"}
FINAL = {
    "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "InvalidBucketName",
    "AuthorizationHeaderMalformed", "PermanentRedirect", "QuotaExceeded", "EntityTooLarge",
}  # fmt: skip


@dataclass(frozen=True)
class S3Place:
    """Where the blobs lie and how to get there; times in seconds."""

    endpoint: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
    region: str
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    attempts: int = 4
    pause_seconds: float = 0.3

    @classmethod
    def of(cls, settings: Settings) -> "S3Place":
        """The place that the settings name, `s3://bucket/prefix`. Raises StoreUnavailable when they are not whole."""
        parts = urlsplit(settings.store_url)
        secret = settings.store_secret_key.get_secret_value() if settings.store_secret_key else ""
        endpoint = urlsplit(settings.store_endpoint)
        if not parts.netloc or endpoint.scheme not in ("http", "https") or not endpoint.netloc:
            raise StoreUnavailable(
                f"The store {settings.store_url} needs AIRD_STORE_URL=s3://bucket/prefix and AIRD_STORE_ENDPOINT with "
                "http:// or https://."
            )
        if not settings.store_access_key or not secret:
            raise StoreUnavailable(
                f"The store {settings.store_url} needs AIRD_STORE_ACCESS_KEY and AIRD_STORE_SECRET_KEY."
            )
        return cls(
            endpoint=settings.store_endpoint.rstrip("/"),
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            access_key=settings.store_access_key,
            secret_key=secret,
            region=settings.store_region,
            read_seconds=settings.store_timeout_seconds,
        )


class S3Backend:
    """A bucket of blobs, with a local `folder` for files on their way."""

    def __init__(self, place: S3Place, folder: Path, *, min_free_bytes: int = 0) -> None:
        self._place = place
        self._prefix = f"{place.prefix}/sha256/" if place.prefix else "sha256/"
        self.staging = Staging(folder / "tmp", min_free_bytes=min_free_bytes)
        self._client = _client(place)

    @property
    def place(self) -> str:
        """The address of the bucket."""
        return f"s3://{self._place.bucket}/{self._prefix} at {self._place.endpoint}"

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Upload the file, look that it is there as a whole, and remove it here."""
        key, part = self._key(digest), max(PART, -(-size // MOST_PARTS))
        try:
            self._ask(
                lambda: self._client.fput_object(
                    self._place.bucket, key, str(path), part_size=part, num_parallel_uploads=1
                )
            )
        except ArtifactNotFound as error:
            raise StoreUnavailable(f"The store at {self.place} has no such bucket.") from error
        found = self.size(digest)
        if found != size:
            raise StoreUnavailable(
                f"The store at {self.place} took {size} bytes and has {found}. Nothing was filed; try again."
            )
        path.unlink(missing_ok=True)

    def open(self, digest: str) -> BinaryIO:
        """A local copy of the blob: in memory when it is small, else in a temporary file without a name."""
        size = self.size(digest)
        if size is None:
            raise missing(digest)
        if size <= IN_MEMORY:
            return io.BytesIO(b"".join(self.blocks(digest, 0, size)))
        self.staging.folder.mkdir(parents=True, exist_ok=True)
        with self.staging.writing():
            self.staging.require_room(size)
            copy = tempfile.TemporaryFile(dir=self.staging.folder)  # noqa: SIM115
            try:
                for block in self.blocks(digest, 0, size):
                    copy.write(block)
                copy.seek(0)
            except BaseException:
                copy.close()
                raise
        return copy

    def blocks(self, digest: str, start: int, end: int) -> Iterator[bytes]:
        """Read the object; a connection that breaks is opened again where it broke, a few times in a row."""
        key, at, failures = self._key(digest), start, 0
        while at < end:
            before = at
            try:
                for block in self._part(key, digest, at, end):
                    at += len(block)
                    yield block
                cause: Exception | None = None
            except self._failures() as error:
                cause = error
            if at >= end:
                return
            failures = 1 if at > before else failures + 1
            if failures >= self._place.attempts:
                raise StoreUnavailable(
                    f"The store at {self.place} broke off after {at} of {end} bytes of {digest}. Try again."
                ) from cause
            self._pause(failures)

    def _part(self, key: str, digest: str, start: int, end: int) -> Iterator[bytes]:
        response = self._ask(
            lambda: self._client.get_object(self._place.bucket, key, offset=start, length=end - start), digest
        )
        try:
            announced = response.headers.get("content-length")
            if announced is not None and int(announced) != end - start:
                raise StoreUnavailable(
                    f"The store at {self.place} answers with {announced} bytes where {end - start} were asked for."
                )
            left = end - start
            while left > 0 and (block := response.read(min(BLOCK, left))):
                left -= len(block)
                yield block
        finally:
            response.close()
            response.release_conn()

    def link(self, digest: str, target: Path) -> bool:
        """There is no local file to link to."""
        return False

    def size(self, digest: str) -> int | None:
        """The object's size."""
        key = self._key(digest)
        try:
            return int(self._ask(lambda: self._client.stat_object(self._place.bucket, key), digest).size)
        except ArtifactNotFound:
            return None

    def delete(self, digest: str) -> None:
        """Remove the object."""
        key = self._key(digest)
        try:
            self._ask(lambda: self._client.remove_object(self._place.bucket, key), digest)
        except ArtifactNotFound:
            return

    def digests(self) -> Iterator[str]:
        """Every object whose key is a digest."""
        last = ""
        while page := self._ask(partial(self._page, last)):
            for key in page:
                digest = f"sha256:{key.rpartition('/')[2]}"
                if DIGEST.fullmatch(digest):
                    yield digest
            last = page[-1]

    def _page(self, after: str) -> list[str]:
        found = self._client.list_objects(
            self._place.bucket, prefix=self._prefix, recursive=True, start_after=after or None
        )
        keys = []
        for each in found:
            keys.append(str(each.object_name))
            if len(keys) == 1000:
                break
        return keys

    def _key(self, digest: str) -> str:
        name = check_digest(digest).removeprefix("sha256:")
        return f"{self._prefix}{name[:2]}/{name}"

    def _failures(self) -> tuple[type[Exception], ...]:
        from minio.error import InvalidResponseError, MinioException, S3Error
        from urllib3.exceptions import HTTPError

        return (S3Error, InvalidResponseError, MinioException, HTTPError, OSError)

    def _ask(self, request: Callable[[], T], digest: str = "") -> T:
        """Do it, a few times if need be. Raises ArtifactNotFound, StoreUnavailable."""
        for attempt in range(1, self._place.attempts + 1):
            try:
                return request()
            except self._failures() as error:
                code, status = _meaning(error)
                if code in GONE or (status == 404 and code not in FINAL):
                    raise missing(digest) from error
                final = code in FINAL or (status is not None and 400 <= status < 500 and status not in (408, 429))
                if final or attempt == self._place.attempts:
                    raise StoreUnavailable(
                        f"The store at {self.place} does not do what it is asked: {_shown(error, code, status)}. "
                        "Nothing was changed; try again, or ask who runs it.",
                        reason=code or str(status or type(error).__name__),
                    ) from error
                self._pause(attempt)
        raise AssertionError("unreachable")

    def _pause(self, attempt: int) -> None:
        time.sleep(self._place.pause_seconds * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311


def _meaning(error: Exception) -> tuple[str, int | None]:
    """(S3's word for it, the HTTP status), as far as the answer had them."""
    response = getattr(error, "response", None)
    status = getattr(response, "status", None) or getattr(error, "_code", None) or getattr(error, "status_code", None)
    return str(getattr(error, "code", None) or ""), status


def _shown(error: Exception, code: str, status: int | None) -> str:
    if code or status:
        return " ".join(filter(None, [code, f"(HTTP {status})" if status else ""]))
    cause = getattr(error, "reason", None) or error  # urllib3 wraps what went wrong in what it gave up
    return f"{type(error).__name__}: {str(cause).rpartition('): ')[2][:200]}"


def _client(place: S3Place) -> Any:
    from minio import Minio
    from urllib3 import PoolManager, Retry, Timeout

    url = urlsplit(place.endpoint)
    return Minio(
        url.netloc,
        access_key=place.access_key,
        secret_key=place.secret_key,
        secure=url.scheme == "https",
        region=place.region,
        http_client=PoolManager(
            timeout=Timeout(connect=place.connect_seconds, read=place.read_seconds),
            retries=Retry(0, redirect=0, raise_on_redirect=False),
            maxsize=16,
        ),
    )
