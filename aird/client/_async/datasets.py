"""Data sets: what models are trained on and examined with."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence

from aird.client._async.jobs import AsyncJob
from aird.client._async.transport import AsyncTransport
from aird.client.errors import BadReference
from aird.client.http import Json
from aird.client.refs import path_of, split_ref, title_of
from aird.client.schema_gen import (
    DatasetRead,
    DatasetVersionRead,
    Erasure,
    FindingRow,
    PreviewRead,
    QualityReportRead,
)
from aird.client.uploads import Sent, Upload


class AsyncDatasets:
    """Data to train on and to examine with; a version's files are called <split>.jsonl."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, kind: str | None = None, limit: int | None = None
    ) -> AsyncIterator[DatasetRead]:
        """Data sets as DatasetRead objects."""
        return self._transport.pages(DatasetRead, "/datasets", {"department": department, "kind": kind}, limit=limit)

    async def get(self, name: str) -> DatasetRead:
        """The data set "department/name"."""
        return DatasetRead(await self._transport.get(f"/datasets/{path_of(name)}"))

    async def version(self, name: str, number: int) -> DatasetVersionRead:
        """One version with a preview of its splits."""
        return DatasetVersionRead(await self._transport.get(f"/datasets/{path_of(name)}/versions/{number}"))

    async def create(
        self,
        name: str,
        *,
        kind: str,
        title: str | None = None,
        card: str | None = None,
        license: str | None = None,
        consent: str | None = None,
        consent_note: str | None = None,
        retention_days: int | None = None,
    ) -> DatasetRead:
        """Open a data set without versions; kind is "training", "exam" or "text"."""
        path_of(name)
        said: Json = {"card": card, "license": license, "consent": consent, "consent_note": consent_note}
        said["retention_days"] = retention_days
        body: Json = {"name": name, "title": title or title_of(name), "kind": kind}
        body |= {key: value for key, value in said.items() if value}
        return DatasetRead(await self._transport.post("/datasets", body))

    async def change(self, name: str, *, reason: str, **terms: str | int | None) -> DatasetRead:
        """Say terms anew: license, source, consent, consent_note, retention_days (0: for ever)."""
        return DatasetRead(
            await self._transport.call("PATCH", f"/datasets/{path_of(name)}", json={**terms, "reason": reason})
        )

    async def preview(
        self,
        files: Sequence[Upload],
        *,
        dataset: str | None = None,
        columns: Mapping[str, str] | None = None,
        splits: Mapping[str, str] | None = None,
        shares: Mapping[str, float] | None = None,
        drop: bool = False,
        encoding: str | None = None,
    ) -> PreviewRead:
        """What an upload would become: layouts, five converted items of each file, every refused row. Keeps nothing."""
        fields = {"dataset": dataset, **_how(columns, splits, shares, drop, encoding)}
        return PreviewRead(await self._transport.upload("/datasets/preview", files, fields, None))

    async def add(
        self,
        name: str,
        files: Sequence[Upload],
        *,
        card: str | None = None,
        columns: Mapping[str, str] | None = None,
        splits: Mapping[str, str] | None = None,
        shares: Mapping[str, float] | None = None,
        drop: bool = False,
        encoding: str | None = None,
        on_sent: Sent | None = None,
    ) -> DatasetVersionRead:
        """Upload files as the next version of an existing data set: JSON lines, JSON, CSV, TSV or Parquet.

        `columns` maps aird's fields to the file's columns, `splits` file names to splits, `shares` splits to their
        part of the items, dealt out once and for ever; `drop` leaves out columns that no layout knows.
        """

        def counted(_path: str, count: int) -> None:
            if on_sent is not None:
                on_sent(count)

        fields = {"card": card, **_how(columns, splits, shares, drop, encoding)}
        return DatasetVersionRead(
            await self._transport.upload(f"/datasets/{path_of(name)}/versions", files, fields, counted)
        )

    async def examine(self, ref: str) -> AsyncJob:
        """Have a version examined: duplicates, languages, labels, personal data, overlap with every exam."""
        return AsyncJob(await self._transport.post(f"/datasets/{_version(ref)}/examine"), self._transport)

    async def report(self, ref: str) -> QualityReportRead:
        """What the last examination of a version has found."""
        return QualityReportRead(await self._transport.get(f"/datasets/{_version(ref)}/report"))

    def findings(self, ref: str, kind: str, *, limit: int | None = None) -> AsyncIterator[FindingRow]:
        """The lines that one kind of thing was found in: "leak", "duplicate", "personal"."""
        path = f"/datasets/{_version(ref)}/findings"
        return self._transport.pages(FindingRow, path, {"kind": kind}, limit=limit)

    async def clean(self, ref: str, leave_out: Sequence[str]) -> AsyncJob:
        """Make a new version without the lines that these kinds of findings name."""
        body = {"leave_out": list(leave_out)}
        return AsyncJob(await self._transport.post(f"/datasets/{_version(ref)}/clean", body), self._transport)

    async def permit(self, ref: str, split: str, *, reason: str) -> QualityReportRead:
        """Let models learn from a split that questions near those of an exam block."""
        body = {"split": split, "reason": reason}
        return QualityReportRead(await self._transport.post(f"/datasets/{_version(ref)}/permit", body))

    async def erase(self, ref: str, *, reason: str) -> Erasure:
        """Erase the bytes of a version for ever; its row and what learnt from it stay known."""
        return Erasure(await self._transport.post(f"/datasets/{_version(ref)}/erase", {"reason": reason}))


def _version(ref: str) -> str:
    """The address of "department/name@3"; a data set has no aliases."""
    name, number = split_ref(ref)
    if not isinstance(number, int):
        raise BadReference(f"{ref!r} names no version of a data set. Write {name}@1, as `aird datasets ls` shows it.")
    return f"{path_of(name)}/versions/{number}"


def _how(
    columns: Mapping[str, str] | None,
    splits: Mapping[str, str] | None,
    shares: Mapping[str, float] | None,
    drop: bool,
    encoding: str | None,
) -> dict[str, str | None]:
    """The form's fields that say how files are read and split."""
    found: dict[str, str | None] = {"others": "drop" if drop else None, "encoding": encoding}
    for name, value in (("columns", columns), ("splits", splits), ("shares", shares)):
        found[name] = json.dumps(dict(value)) if value else None
    return found
