"""The files of a revision as clients are told of them.

Weights and large files count as LFS files and are known by their sha256, all others by the id that git gives a file.
Two files may differ from what is stored: the `adapter_config.json` of an adapter names its base as the catalog does,
so that clients find it here, or none where not all may see it; and a version without a README gets the one that the
catalog writes.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.catalog import queries, readmes
from aird.catalog.models import Version
from aird.hub.errors import EntryNotFound
from aird.hub.revisions import Revision, pinned_id
from aird.store import queries as ledger
from aird.store.artifacts import Store
from aird.store.models import ArtifactFile

LFS_BYTES = 10 * 2**20
ADAPTER_CONFIG = "adapter_config.json"
README = "README.md"
KEPT_IDS = 20_000
CHUNK = 2**20


@dataclass(frozen=True)
class HubFile:
    """One file; `body` is there when its bytes are not the stored ones. `oid` is what git calls it."""

    path: str
    size: int
    sha256: str
    oid: str
    body: bytes | None = None

    @property
    def is_lfs(self) -> bool:
        """Whether clients know the file by its sha256."""
        return is_lfs(self.path, self.size)

    @property
    def etag(self) -> str:
        """The digest by which clients tell that a file has not changed."""
        return self.sha256 if self.is_lfs else self.oid

    @property
    def digest(self) -> str:
        """The stored blob."""
        return f"sha256:{self.sha256}"

    @property
    def pointer(self) -> bytes:
        """What git keeps in the place of an LFS file."""
        return pointer(self.sha256, self.size)


def is_lfs(path: str, size: int) -> bool:
    """Whether a file of this name and size counts as an LFS file."""
    return path.endswith(".safetensors") or size > LFS_BYTES


def pointer(sha256: str, size: int) -> bytes:
    """The pointer file of an LFS object (git-lfs, docs/spec.md)."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def git_id(data: bytes) -> str:
    """The id that git gives a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class GitIds:
    """The git ids of stored blobs, computed once per process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def of(self, digest: str, size: int) -> str:
        """Raises ArtifactNotFound."""
        with self._lock:
            if digest in self._known:
                self._known.move_to_end(digest)
                return self._known[digest]
        hasher = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        with self._store.open(digest) as source:
            while chunk := source.read(CHUNK):
                hasher.update(chunk)
        with self._lock:
            self._known[digest] = hasher.hexdigest()
            if len(self._known) > KEPT_IDS:
                self._known.popitem(last=False)
        return hasher.hexdigest()


@dataclass(frozen=True)
class Trees:
    """Reads trees out of the database and the store."""

    store: Store
    ids: GitIds

    def files(self, session: Session, revision: Revision) -> dict[str, HubFile]:
        """Every file of the revision by its path."""
        if revision.commit is None:
            return {}
        stored = ledger.files_of(session, revision.commit.artifact)
        found = {path: self._stored(each.path, each.size, each.digest) for path, each in stored.items()}
        if revision.version is not None:
            found |= {path: _made(path, body) for path, body in self._written(session, revision.version, found).items()}
        return dict(sorted(found.items()))

    def stored(self, session: Session, artifacts: Iterable[str]) -> dict[str, dict[str, str]]:
        """The digests of the stored files of several artifacts, by path."""
        wanted = set(artifacts)
        found: dict[str, dict[str, str]] = {each: {} for each in wanted}
        query = select(ArtifactFile.artifact, ArtifactFile.path, ArtifactFile.digest)
        for artifact, path, digest in session.execute(query.where(ArtifactFile.artifact.in_(wanted))):
            found[artifact][path] = digest
        return found

    def file(self, session: Session, revision: Revision, path: str) -> HubFile:
        """One file. Raises EntryNotFound."""
        commit = revision.commit
        stored = ledger.files_of(session, commit.artifact).get(path) if commit else None
        if revision.version is not None and (path == ADAPTER_CONFIG or (path == README and stored is None)):
            found = self.files(session, revision).get(path)
        else:
            found = self._stored(stored.path, stored.size, stored.digest) if stored else None
        if found is None:
            raise EntryNotFound(
                f"{revision.repo.name} has no file {path[:200]!r} in {revision.asked[:200]!r}.",
                commit=revision.sha or "",
            )
        return found

    def _stored(self, path: str, size: int, digest: str) -> HubFile:
        sha256 = digest.removeprefix("sha256:")
        oid = git_id(pointer(sha256, size)) if is_lfs(path, size) else self.ids.of(digest, size)
        return HubFile(path, size, sha256, oid)

    def _written(self, session: Session, version: Version, files: dict[str, HubFile]) -> dict[str, bytes]:
        written = {}
        if version.base_id is not None and ADAPTER_CONFIG in files:
            base = queries.version_by_id(session, version.base_id)
            named = base if readmes.seen_by_all(version, base) else None
            written[ADAPTER_CONFIG] = with_base(self.store.read(files[ADAPTER_CONFIG].digest), named)
        if README not in files:
            card = readmes.written(session, self.store, version)
            if card is not None:
                written[README] = card
        return written


def with_base(config: bytes, base: Version | None) -> bytes:
    """An adapter_config.json that names its base as clients find it here; None is one that not all of them may see."""
    content: dict[str, Any] = json.loads(config)
    name = (pinned_id(base), f"v{base.number}") if base is not None else (None, None)
    content |= dict(zip(("base_model_name_or_path", "revision"), name, strict=True))
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def _made(path: str, body: bytes) -> HubFile:
    return HubFile(path, len(body), hashlib.sha256(body).hexdigest(), git_id(body), body)
