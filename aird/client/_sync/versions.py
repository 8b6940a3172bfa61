# Written by scripts/make-client.py from aird/client/_async/versions.py; change that one.
"""Versions: immutable sets of weights, what is known of them, and their files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from aird.client import export
from aird.client._sync.access import Aliases
from aird.client._sync.pull import Pull
from aird.client._sync.push import Push
from aird.client._sync.transport import Transport
from aird.client.errors import NotFound
from aird.client.http import Json
from aird.client.refs import path_of, split_ref
from aird.client.schema_gen import (
    CardRead,
    DiffRead,
    GateReportRead,
    HeaderRead,
    ImpactRead,
    LineageRead,
    SkillsMatrix,
    VersionRead,
)
from aird.client.uploads import OnFile, Sent, Upload, folder_uploads

PAGE = 200


class Version(VersionRead):
    """A version as the server told it: in a list the short form, from `get` and after `refresh` the whole file."""

    def __init__(self, found: Json, transport: Transport) -> None:
        super().__init__(found)
        self._transport = transport

    @property
    def _versions(self) -> "Versions":
        return Versions(self._transport)

    def refresh(self) -> Self:
        """Read its whole file again."""
        found = self._versions.get(self["ref"])
        self.clear()
        self.update(found)
        return self

    def pull(
        self, path: Path | str, *, on_progress: OnFile | None = None, parallel: int = 4, replace: bool = False
    ) -> Path:
        """Fetch its files into the folder `path`, which appears when every file is there and has its digest.

        Run again after an interruption, it goes on where it was. Raises LocalFile when something else is in the
        folder, unless `replace` says to put the version in its place.
        """
        if "files" not in self:
            self.refresh()
        pull = Pull(self._transport, address_of(self), self["files"], on_progress)
        return pull.into(Path(path), self["digest"], replace=replace, parallel=parallel)

    def export(
        self, path: Path | str, *, on_progress: OnFile | None = None, parallel: int = 4, replace: bool = False
    ) -> export.Exported:
        """Fetch it with its card, its manifest and its sums, to be kept or signed elsewhere; see aird.client.export."""
        self.refresh()
        card = None
        if not any(each["path"] == "README.md" for each in self["files"]):
            card = export.card_of(self.card_text())
        pull = Pull(self._transport, address_of(self), self["files"], on_progress)
        beside = export.beside(self, card)
        target = pull.into(Path(path), self["digest"], beside=beside, replace=replace, parallel=parallel)
        return export.Exported(target, self["digest"])

    def card_text(self) -> CardRead:
        """Its card: {metadata, markdown, claims, own}."""
        return CardRead(self._transport.get(f"{address_of(self)}/card"))

    def text(self, path: str) -> str:
        """A text file of it, such as config.json."""
        return str((self._transport.get(f"{address_of(self)}/files/{quote(path)}"))["text"])

    def header(self, path: str) -> HeaderRead:
        """What a safetensors file holds: {tensors: [{name, dtype, shape, bytes}], metadata, total}."""
        return HeaderRead(self._transport.get(f"{address_of(self)}/files/{quote(path)}/header"))

    def lineage(self, *, hops: int | None = None, limit: int | None = None) -> LineageRead:
        """What it came from and what came from it."""
        return self._versions.lineage(self["ref"], hops=hops, limit=limit)

    def affected(self) -> ImpactRead:
        """What has to be looked at when it is withdrawn."""
        return self._versions.affected(self["ref"])

    def diff(self, against: str) -> DiffRead:
        """What changed from the version `against` to this one."""
        return self._versions.diff(self["ref"], against)

    def gates(self, *, department: str | None = None) -> GateReportRead:
        """How it stands against the gates: {passed, lines}."""
        return self._versions.gates(self["ref"], department=department)

    def retire(self, *, reason: str, successor: str | None = None) -> Self:
        """Take it out of service for good."""
        return self._now(self._versions.retire(self["ref"], reason=reason, successor=successor))

    def suspend(self, *, reason: str) -> Self:
        """Take it out of service for now."""
        return self._now(self._versions.suspend(self["ref"], reason=reason))

    def reinstate(self, *, reason: str) -> Self:
        """Undo a suspension."""
        return self._now(self._versions.reinstate(self["ref"], reason=reason))

    def _now(self, found: Json) -> Self:
        self.clear()
        self.update(found)
        return self


class Versions:
    """Immutable sets of weights; a ref is "department/name@3", "...@production", or without @ the latest."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        department: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        search: str | None = None,
        every: bool = False,
        limit: int | None = None,
        **filters: Any,
    ) -> Iterator[Version]:
        """The latest version of each model, or with `every` all of them; `filters` as in `models.list`."""
        params = {
            "department": department, "kind": kind, "state": state, "search": search, "all": every or None, **filters,
        }  # fmt: skip
        return self._transport.pages(self._shape, "/versions", params, limit=limit, size=PAGE)

    def of(self, name: str, *, limit: int | None = None) -> Iterator[Version]:
        """All versions of one model, the newest first."""
        return self._transport.pages(self._shape, f"/models/{path_of(name)}/versions", limit=limit)

    def get(self, ref: str) -> Version:
        """Everything about one version."""
        return self._shape(self._transport.get(self._path(ref)))

    def lineage(self, ref: str, *, hops: int | None = None, limit: int | None = None) -> LineageRead:
        """{ancestors: [...], descendants: [...], cut} of one version."""
        params = {"hops": hops, "limit": limit}
        return LineageRead(self._transport.get(f"{self._path(ref)}/lineage", params))

    def affected(self, ref: str) -> ImpactRead:
        """What has to be looked at when the version is withdrawn: {versions, endpoints, total, hidden, cut}."""
        return ImpactRead(self._transport.get(f"{self._path(ref)}/affected"))

    def diff(self, ref: str, against: str) -> DiffRead:
        """What changed from `against` to `ref`: {files, texts, facts, card, skills}."""
        other = self._exact(against)
        return DiffRead(self._transport.get(f"{self._path(ref)}/diff", {"against": other}))

    def skills(self, *, department: str | None = None) -> SkillsMatrix:
        """The skills matrix of every version: {suites, rows: [{ref, kind, state, cells}]}."""
        return SkillsMatrix(self._transport.get("/skills", {"department": department}))

    def gates(self, ref: str, *, department: str | None = None) -> GateReportRead:
        """How the version stands against the gates: {passed, lines}."""
        return GateReportRead(self._transport.get(f"{self._path(ref)}/gates", {"department": department}))

    def add(
        self,
        name: str,
        folder: Path | str | Sequence[Upload],
        *,
        base: str | None = None,
        license: str | None = None,
        notes: str | None = None,
        on_sent: Sent | None = None,
        on_progress: OnFile | None = None,
    ) -> Version:
        """Upload a folder as the next version of an existing model; an adapter names its `base`.

        Run again after an interruption, it goes on where it was.
        """
        uploads = folder_uploads(Path(folder)) if isinstance(folder, str | Path) else folder
        path_of(name)
        push = Push(self._transport, name, uploads, on_sent=on_sent, on_progress=on_progress)
        return self._shape(push.file({"base": base, "license": license, "notes": notes}))

    def retire(self, ref: str, *, reason: str, successor: str | None = None) -> Version:
        """Take the version out of service for good; `successor` (a ref) is named to whoever asks for it."""
        return self._move(ref, "retire", {"reason": reason} | ({"successor": successor} if successor else {}))

    def suspend(self, ref: str, *, reason: str) -> Version:
        """Take the version out of service for now."""
        return self._move(ref, "suspend", {"reason": reason})

    def reinstate(self, ref: str, *, reason: str) -> Version:
        """Undo a suspension."""
        return self._move(ref, "reinstate", {"reason": reason})

    def _move(self, ref: str, verb: str, body: Json) -> Version:
        return self._shape(self._transport.post(f"{self._path(ref)}/{verb}", body))

    def _shape(self, found: Json) -> Version:
        return Version(found, self._transport)

    def _exact(self, ref: str) -> str:
        address = self._path(ref)
        return f"{split_ref(ref)[0]}@{address.rpartition('/')[2]}"

    def _path(self, ref: str) -> str:
        name, revision = split_ref(ref)
        model = f"/models/{path_of(name)}"
        if isinstance(revision, int):
            return f"{model}/versions/{revision}"
        if revision is not None:
            return f"{model}/versions/{self._of_alias(name, revision)}"
        latest = (self._transport.get(model))["latest"]
        if latest is None:
            raise NotFound(404, "version_not_found", f"{name} has no version yet. Add one: aird models add {name}")
        return f"{model}/versions/{latest['version']}"

    def _of_alias(self, name: str, alias: str) -> int:
        listed = Aliases(self._transport).list(name)
        found = {each["name"]: each for each in listed}
        if alias not in found:
            there = ", ".join(sorted(found)) or "none"
            raise NotFound(404, "alias_not_found", f"{name} has no alias {alias!r}. It has: {there}.")
        return int(found[alias]["version"])


def address_of(version: Json) -> str:
    """The version's path below /api/v1."""
    return f"/models/{path_of(version['name'])}/versions/{version['version']}"
