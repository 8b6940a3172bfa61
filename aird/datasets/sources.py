"""The files of an upload: which may come, how each is read, and which split each one is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aird.core.errors import Refused
from aird.datasets import dataset_info, parquet, rows
from aird.datasets.errors import UploadRefused
from aird.datasets.forms import Form
from aird.datasets.intake import Reading
from aird.datasets.layouts import AS_IT_IS, Layout
from aird.datasets.rows import DatasetRefused, Encoding, Row
from aird.datasets.splits import check_split

KINDS = {".jsonl": "JSON lines", ".json": "JSON", ".csv": "CSV", ".tsv": "CSV", ".parquet": "Parquet"}
LONGEST = 120
_safe = re.compile(r"[^\W_][^\\/:\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]*\Z")


class FileNameRefused(Refused):
    """A file of this name is not taken"""


@dataclass(frozen=True)
class Source:
    """One file with how to read it; `split` is None where its items are dealt out."""

    file: str
    path: Path
    layout: Layout
    encoding: Encoding
    split: str | None

    @property
    def kind(self) -> str:
        """What the file is, by its ending."""
        return KINDS[self.path.suffix.lower()]

    def reading(self, *, room: int) -> Reading:
        """Its items; see Reading."""
        return Reading(self.rows(room), self.layout)

    def rows(self, room: int) -> Iterator[Row]:
        """Its rows; `room` is the most bytes that a packed file may unpack to."""
        if self.kind == "Parquet":
            yield from parquet.rows(self.path, room=room)
            return
        read = {"JSON lines": rows.json_lines, "JSON": rows.json_array, "CSV": rows.table}[self.kind]
        with self.path.open("rb") as stream:
            yield from read(stream, self.encoding)

    def named(self, error: DatasetRefused) -> DatasetRefused:
        """The refusal with the file's name."""
        named = DatasetRefused(f"{self.file}: {error.message}", reason=error.params["reason"])
        named.params = {**error.params, "file": self.file}
        return named


def check_file(name: str) -> str:
    """`name` when such a file may come: plain, without a folder, with a known ending. Raises FileNameRefused."""
    if name == dataset_info.NAME:
        return name
    if len(name.encode("utf-8", "replace")) > LONGEST or not _safe.match(name) or ".." in name:
        raise FileNameRefused(
            f"{ascii(name)[:80]} cannot name a file of a data set: begin with a letter or digit, no folders, "
            f"{LONGEST} bytes at most.",
            file=ascii(name)[:80],
        )
    if Path(name).suffix.lower() not in KINDS:
        raise FileNameRefused(
            f"{ascii(name)[:80]}: files end in {', '.join(KINDS)}. Unpack archives and save tables as CSV.",
            file=ascii(name)[:80],
        )
    return name


def plan(files: Mapping[str, Path], form: Form, *, dealt: bool) -> tuple[list[Source], dict[str, str]]:
    """The sources in the order of their names, and what of a dataset_info.json is not read.

    `dealt` says that items are dealt out, whatever their files are called. Raises UploadRefused, DatasetInfoRefused,
    SplitNameRefused.
    """
    data = {name: path for name, path in sorted(files.items()) if name != dataset_info.NAME}
    layouts: Mapping[str, Layout] = {}
    skipped: dict[str, str] = {}
    if dataset_info.NAME in files:
        info = dataset_info.parse(_head(files[dataset_info.NAME]), data.keys())
        layouts, skipped = info.layouts, info.skipped
    if not data:
        raise UploadRefused("There is no file with items in the upload. Send each split as a file: train.jsonl.")
    stray = sorted(form.splits.keys() - data.keys())
    if stray:
        raise UploadRefused(f"`splits` names {ascii(stray[0])[:80]}, which is not in the upload.")
    plain = form.layout or AS_IT_IS
    return [
        Source(name, path, layouts.get(name, plain), form.encoding, None if dealt else _split(name, form))
        for name, path in data.items()
    ], skipped


def _split(name: str, form: Form) -> str:
    return check_split(form.splits.get(name, Path(name).stem))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(dataset_info.MOST_BYTES + 1)
