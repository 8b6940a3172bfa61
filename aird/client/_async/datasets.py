"""Data sets: what models are trained on and examined with."""

from collections.abc import AsyncIterator, Sequence

from aird.client._async.transport import AsyncTransport
from aird.client.refs import path_of, title_of
from aird.client.schema_gen import DatasetRead, DatasetVersionRead
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

    async def create(self, name: str, *, kind: str, title: str | None = None, card: str | None = None) -> DatasetRead:
        """Open a data set without versions; kind is "training", "exam" or "text"."""
        path_of(name)
        body = {"name": name, "title": title or title_of(name), "kind": kind} | ({"card": card} if card else {})
        return DatasetRead(await self._transport.post("/datasets", body))

    async def add(
        self, name: str, files: Sequence[Upload], *, card: str | None = None, on_sent: Sent | None = None
    ) -> DatasetVersionRead:
        """Upload files as the next version of an existing data set."""

        def counted(_path: str, count: int) -> None:
            if on_sent is not None:
                on_sent(count)

        return DatasetVersionRead(
            await self._transport.upload(f"/datasets/{path_of(name)}/versions", files, {"card": card}, counted)
        )
