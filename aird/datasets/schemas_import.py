"""Shapes of a preview: what an upload would become, before anything is filed."""

from typing import Any

from aird.core.schemas import Schema
from aird.datasets.splits import DatasetFormat


class RefusedRow(Schema):
    """One row that would be refused; `reason` is a stable word."""

    line: int
    reason: str
    message: str


class FilePreview(Schema):
    """One file as it would be read. `layouts` counts items by the layout they are converted from, `dropped` the fields
    that would be lost, `left_out` rows that say themselves that they are not to be learnt, `refused_rows` all that
    stand in the way; the first are in `refused`. `error` is why the file cannot be read any further."""

    file: str
    kind: str
    split: str | None
    format: DatasetFormat | None
    items: int
    layouts: dict[str, int]
    columns: list[str]
    dropped: dict[str, int]
    left_out: int
    refused_rows: int
    refused: list[RefusedRow]
    converted: list[dict[str, Any]]
    error: RefusedRow | None


class PreviewRead(Schema):
    """What would be filed: `ready` when nothing is refused. `splits` counts the items by the split they would be in,
    `skipped` says which entries of a dataset_info.json are not read, and why."""

    files: list[FilePreview]
    splits: dict[str, int]
    shares: dict[str, float]
    skipped: dict[str, str]
    ready: bool
