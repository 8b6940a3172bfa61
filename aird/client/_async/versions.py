"""Versions: immutable sets of weights, what is known of them, and their files."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from aird.client import export
from aird.client._async.access import AsyncAliases
from aird.client._async.pull import AsyncPull
from aird.client._async.push import AsyncPush
from aird.client._async.transport import AsyncTransport
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


class AsyncVersion(VersionRead):
    """A version as the server told it: in a list the short form, from `get` and after `refresh` the whole file."""

    def __init__(self, found: Json, transport: AsyncTransport) -> None:
        super().__init__(found)
        self._transport = transport

    @property
    def _versions(self) -> "AsyncVersions":
        return AsyncVersions(self._transport)

    async def refresh(self) -> Self:
        """Read its whole file again."""
        found = await self._versions.get(self["ref"])
        self.clear()
        self.update(found)
        return self

    async def pull(
        self, path: Path | str, *, on_progress: OnFile | None = None, parallel: int = 4, replace: bool = False
    ) -> Path:
        """Fetch its files into the folder `path`, which appears when every file is there and has its digest.

        Run again after an interruption, it goes on where it was. Raises LocalFile when something else is in the
        folder, unless `replace` says to put the version in its place.
        """
        if "files" not in self:
            await self.refresh()
        pull = AsyncPull(self._transport, address_of(self), self["files"], on_progress)
        return await pull.into(Path(path), self["digest"], replace=replace, parallel=parallel)

    async def export(
        self, path: Path | str, *, on_progress: OnFile | None = None, parallel: int = 4, replace: bool = False
    ) -> export.Exported:
        """Fetch it with its card, its manifest and its sums, to be kept or signed elsewhere; see aird.client.export."""
        await self.refresh()
        card = None
        if not any(each["path"] == "README.md" for each in self["files"]):
            card = export.card_of(await self.card_text())
        pull = AsyncPull(self._transport, address_of(self), self["files"], on_progress)
        beside = export.beside(self, card)
        target = await pull.into(Path(path), self["digest"], beside=beside, replace=replace, parallel=parallel)
        return export.Exported(target, self["digest"])

    async def card_text(self) -> CardRead:
        """Its card: {metadata, markdown, claims, own}."""
        return CardRead(await self._transport.get(f"{address_of(self)}/card"))

    async def text(self, path: str) -> str:
        """A text file of it, such as config.json."""
        return str((await self._transport.get(f"{address_of(self)}/files/{quote(path)}"))["text"])

    async def header(self, path: str) -> HeaderRead:
        """What a safetensors file holds: {tensors: [{name, dtype, shape, bytes}], metadata, total}."""
        return HeaderRead(await self._transport.get(f"{address_of(self)}/files/{quote(path)}/header"))

    async def lineage(self, *, hops: int | None = None, limit: int | None = None) -> LineageRead:
        """What it came from and what came from it."""
        return await self._versions.lineage(self["ref"], hops=hops, limit=limit)

    async def affected(self) -> ImpactRead:
        """What has to be looked at when it is withdrawn."""
        return await self._versions.affected(self["ref"])

    async def diff(self, against: str) -> DiffRead:
        """What changed from the version `against` to this one."""
        return await self._versions.diff(self["ref"], against)

    async def gates(self, *, department: str | None = None) -> GateReportRead:
        """How it stands against the gates: {passed, lines}."""
        return await self._versions.gates(self["ref"], department=department)

    async def retire(self, *, reason: str, successor: str | None = None) -> Self:
        """Take it out of service for good."""
        return self._now(await self._versions.retire(self["ref"], reason=reason, successor=successor))

    async def suspend(self, *, reason: str) -> Self:
        """Take it out of service for now."""
        return self._now(await self._versions.suspend(self["ref"], reason=reason))

    async def reinstate(self, *, reason: str) -> Self:
        """Undo a suspension."""
        return self._now(await self._versions.reinstate(self["ref"], reason=reason))

    def _now(self, found: Json) -> Self:
        self.clear()
        self.update(found)
        return self


class AsyncVersions:
    """Immutable sets of weights; a ref is "department/name@3", "...@production", or without @ the latest."""

    def __init__(self, transport: AsyncTransport) -> None:
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
    ) -> AsyncIterator[AsyncVersion]:
        """The latest version of each model, or with `every` all of them; `filters` as in `models.list`."""
        params = {
            "department": department, "kind": kind, "state": state, "search": search, "all": every or None, **filters,
        }  # fmt: skip
        return self._transport.pages(self._shape, "/versions", params, limit=limit, size=PAGE)

    def of(self, name: str, *, limit: int | None = None) -> AsyncIterator[AsyncVersion]:
        """All versions of one model, the newest first."""
        return self._transport.pages(self._shape, f"/models/{path_of(name)}/versions", limit=limit)

    async def get(self, ref: str) -> AsyncVersion:
        """Everything about one version."""
        return self._shape(await self._transport.get(await self._path(ref)))

    async def lineage(self, ref: str, *, hops: int | None = None, limit: int | None = None) -> LineageRead:
        """{ancestors: [...], descendants: [...], cut} of one version."""
        params = {"hops": hops, "limit": limit}
        return LineageRead(await self._transport.get(f"{await self._path(ref)}/lineage", params))

    async def affected(self, ref: str) -> ImpactRead:
        """What has to be looked at when the version is withdrawn: {versions, endpoints, total, hidden, cut}."""
        return ImpactRead(await self._transport.get(f"{await self._path(ref)}/affected"))

    async def diff(self, ref: str, against: str) -> DiffRead:
        """What changed from `against` to `ref`: {files, texts, facts, card, skills}."""
        other = await self._exact(against)
        return DiffRead(await self._transport.get(f"{await self._path(ref)}/diff", {"against": other}))

    async def skills(self, *, department: str | None = None) -> SkillsMatrix:
        """The skills matrix of every version: {suites, rows: [{ref, kind, state, cells}]}."""
        return SkillsMatrix(await self._transport.get("/skills", {"department": department}))

    async def gates(self, ref: str, *, department: str | None = None) -> GateReportRead:
        """How the version stands against the gates: {passed, lines}."""
        return GateReportRead(await self._transport.get(f"{await self._path(ref)}/gates", {"department": department}))

    async def add(
        self,
        name: str,
        folder: Path | str | Sequence[Upload],
        *,
        base: str | None = None,
        license: str | None = None,
        notes: str | None = None,
        on_sent: Sent | None = None,
        on_progress: OnFile | None = None,
    ) -> AsyncVersion:
        """Upload a folder as the next version of an existing model; an adapter names its `base`.

        Run again after an interruption, it goes on where it was.
        """
        uploads = folder_uploads(Path(folder)) if isinstance(folder, str | Path) else folder
        path_of(name)
        push = AsyncPush(self._transport, name, uploads, on_sent=on_sent, on_progress=on_progress)
        return self._shape(await push.file({"base": base, "license": license, "notes": notes}))

    async def retire(self, ref: str, *, reason: str, successor: str | None = None) -> AsyncVersion:
        """Take the version out of service for good; `successor` (a ref) is named to whoever asks for it."""
        return await self._move(ref, "retire", {"reason": reason} | ({"successor": successor} if successor else {}))

    async def suspend(self, ref: str, *, reason: str) -> AsyncVersion:
        """Take the version out of service for now."""
        return await self._move(ref, "suspend", {"reason": reason})

    async def reinstate(self, ref: str, *, reason: str) -> AsyncVersion:
        """Undo a suspension."""
        return await self._move(ref, "reinstate", {"reason": reason})

    async def _move(self, ref: str, verb: str, body: Json) -> AsyncVersion:
        return self._shape(await self._transport.post(f"{await self._path(ref)}/{verb}", body))

    def _shape(self, found: Json) -> AsyncVersion:
        return AsyncVersion(found, self._transport)

    async def _exact(self, ref: str) -> str:
        address = await self._path(ref)
        return f"{split_ref(ref)[0]}@{address.rpartition('/')[2]}"

    async def _path(self, ref: str) -> str:
        name, revision = split_ref(ref)
        model = f"/models/{path_of(name)}"
        if isinstance(revision, int):
            return f"{model}/versions/{revision}"
        if revision is not None:
            return f"{model}/versions/{await self._of_alias(name, revision)}"
        latest = (await self._transport.get(model))["latest"]
        if latest is None:
            raise NotFound(404, "version_not_found", f"{name} has no version yet. Add one: aird models add {name}")
        return f"{model}/versions/{latest['version']}"

    async def _of_alias(self, name: str, alias: str) -> int:
        listed = await AsyncAliases(self._transport).list(name)
        found = {each["name"]: each for each in listed}
        if alias not in found:
            there = ", ".join(sorted(found)) or "none"
            raise NotFound(404, "alias_not_found", f"{name} has no alias {alias!r}. It has: {there}.")
        return int(found[alias]["version"])


def address_of(version: Json) -> str:
    """The version's path below /api/v1."""
    return f"/models/{path_of(version['name'])}/versions/{version['version']}"
