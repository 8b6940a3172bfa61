# Written by scripts/make-client.py from aird/client/_async/datasets.py; change that one.
"""Data sets: what models are trained on and examined with."""

from collections.abc import Iterator, Sequence

from aird.client._sync.transport import Transport
from aird.client.refs import path_of, title_of
from aird.client.schema_gen import DatasetRead, DatasetVersionRead
from aird.client.uploads import Sent, Upload


class Datasets:
    """Data to train on and to examine with; a version's files are called <split>.jsonl."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, kind: str | None = None, limit: int | None = None
    ) -> Iterator[DatasetRead]:
        """Data sets as DatasetRead objects."""
        return self._transport.pages(DatasetRead, "/datasets", {"department": department, "kind": kind}, limit=limit)

    def get(self, name: str) -> DatasetRead:
        """The data set "department/name"."""
        return DatasetRead(self._transport.get(f"/datasets/{path_of(name)}"))

    def version(self, name: str, number: int) -> DatasetVersionRead:
        """One version with a preview of its splits."""
        return DatasetVersionRead(self._transport.get(f"/datasets/{path_of(name)}/versions/{number}"))

    def create(self, name: str, *, kind: str, title: str | None = None, card: str | None = None) -> DatasetRead:
        """Open a data set without versions; kind is "training", "exam" or "text"."""
        path_of(name)
        body = {"name": name, "title": title or title_of(name), "kind": kind} | ({"card": card} if card else {})
        return DatasetRead(self._transport.post("/datasets", body))

    def add(
        self, name: str, files: Sequence[Upload], *, card: str | None = None, on_sent: Sent | None = None
    ) -> DatasetVersionRead:
        """Upload files as the next version of an existing data set."""

        def counted(_path: str, count: int) -> None:
            if on_sent is not None:
                on_sent(count)

        return DatasetVersionRead(
            self._transport.upload(f"/datasets/{path_of(name)}/versions", files, {"card": card}, counted)
        )
