"""Show what an upload would become: read it as filing would, go on after a row that is refused, keep nothing."""

from collections import Counter
from collections.abc import Iterator

from aird.auth.permissions import Actor
from aird.core.db import Database
from aird.datasets import keys, queries, service, sources, uploads, views
from aird.datasets.forms import Form
from aird.datasets.intake import Reading
from aird.datasets.rows import DatasetRefused, Row
from aird.datasets.schemas_import import FilePreview, PreviewRead, RefusedRow
from aird.datasets.sources import Source
from aird.datasets.splits import DatasetFormat, SplitRule
from aird.store.receiving import Received, full_disk_refused

COLUMNS_SHOWN = 40


def preview(database: Database, actor: Actor, upload: Received, form: Form, *, room: int) -> PreviewRead:
    """What filing this upload would do. Raises DatasetNotFound, NotPermitted, UploadRefused, SplitIsFixed,
    SplitSharesRefused, SplitNameRefused, DatasetInfoRefused, ParquetNotOffered."""
    rule = SplitRule.of(form.shares, "preview") if form.shares else None
    if form.dataset:
        with database.read() as session:
            dataset = queries.get_dataset(session, form.dataset)
            service.check_upload(actor, dataset)
            rule = uploads.rule_for(dataset, form)
    found, skipped = sources.plan(upload.files, form, dealt=rule is not None)
    splits: Counter[str] = Counter()
    with full_disk_refused():
        files = [_file(source, rule, splits, room) for source in found]
    return PreviewRead(
        files=files,
        splits=dict(splits),
        shares=dict(rule.shares) if rule else {},
        skipped=skipped,
        ready=not any(each.refused_rows or each.error for each in files),
    )


def _file(source: Source, rule: SplitRule | None, splits: Counter[str], room: int) -> FilePreview:
    columns: dict[str, None] = {}
    reading = Reading(_seen(source.rows(room), columns), source.layout, lenient=True)
    error = None
    try:
        for _, item in reading.items():
            split = source.split or (rule.split_of(keys.question(item)) if rule else "")
            splits[split] += 1
    except DatasetRefused as refused:
        error = _row(refused)
    summary = reading.summary(whole=False)
    return FilePreview(
        file=source.file,
        kind=source.kind,
        split=source.split,
        format=DatasetFormat(summary.format) if summary.items else None,
        items=summary.items,
        layouts=summary.converted,
        columns=list(columns),
        dropped=dict(Counter(summary.dropped).most_common(COLUMNS_SHOWN)),
        left_out=summary.left_out,
        refused_rows=summary.refused_rows,
        refused=[_row(each) for each in summary.refused],
        converted=[views.short(item) for item in summary.first],
        error=error,
    )


def _seen(rows: Iterator[Row], columns: dict[str, None]) -> Iterator[Row]:
    """The rows as they are, with their columns noted."""
    for line, content in rows:
        if isinstance(content, dict) and len(columns) < COLUMNS_SHOWN:
            columns.update(dict.fromkeys(str(name)[:80] for name in content))
        yield line, content


def _row(error: DatasetRefused) -> RefusedRow:
    return RefusedRow(line=error.params["line"], reason=error.params["reason"], message=error.plain)
