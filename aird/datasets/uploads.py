"""File a version from an upload: every row checked first, stored next, filed in one transaction last."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from aird.auth.permissions import Actor
from aird.core.db import Database
from aird.datasets import erasure, keys, lasting, queries, reports, service, sources, views
from aird.datasets.errors import DatasetErased, DatasetVersionExists, SplitIsFixed
from aird.datasets.forms import Form
from aird.datasets.intake import MAX_EXAM_ITEMS, Summary
from aird.datasets.models import Dataset
from aird.datasets.rows import DatasetRefused
from aird.datasets.schemas import DatasetVersionRead
from aird.datasets.service import NewDatasetVersion
from aird.datasets.sources import Source
from aird.datasets.splits import DatasetFormat, SplitRule, split_file
from aird.store.artifacts import Store
from aird.store.receiving import Received, full_disk_refused


def check_right(database: Database, actor: Actor, name: str) -> None:
    """Whether the actor may upload to this data set, asked before its bytes are received.

    Raises DatasetNotFound, NotPermitted, UploadRefused.
    """
    with database.read() as session:
        service.check_upload(actor, queries.get_dataset(session, name))


def rule_for(dataset: Dataset, form: Form) -> SplitRule | None:
    """How the items are dealt out; None where files are named by their split. Raises SplitIsFixed, SplitSharesRefused.

    A data set is split once and for ever: its first version decides.
    """
    kept = SplitRule.parse(dataset.split_rule)
    asked = SplitRule.of(form.shares, kept.salt if kept else uuid4().hex) if form.shares else None
    if kept is None and asked is not None and dataset.latest_number:
        raise SplitIsFixed(
            f"{dataset.name} was split by its files: each item stays in its split for ever. Name the files by their "
            "split, or open another data set.",
            name=dataset.name,
        )
    if kept is not None and (form.splits or (asked is not None and asked != kept)):
        shares = ", ".join(f"{name} {share:g}" for name, share in kept.shares)
        raise SplitIsFixed(
            f"{dataset.name} was split once and for ever: {shares}. Leave `shares` and `splits` out; the items are "
            "dealt out by the same rule.",
            name=dataset.name,
            shares=dict(kept.shares),
        )
    return kept or asked


@dataclass
class Taken:
    """What was written, by split."""

    items: Counter[str] = field(default_factory=Counter)
    formats: dict[str, str] = field(default_factory=dict)
    intake: dict[str, Any] = field(default_factory=dict)


def file_upload(
    database: Database, store: Store, actor: Actor, name: str, upload: Received, form: Form, *, room: int
) -> DatasetVersionRead:
    """Check, store and file what was uploaded; `room` is the most bytes that a packed file may unpack to.

    Raises DatasetRefused, UploadRefused, SplitIsFixed, DatasetVersionExists, DatasetErased.
    """
    with database.read() as session:
        dataset = queries.get_dataset(session, name)
        rule = rule_for(dataset, form)
        before = queries.latest_kept(session, dataset)
    found, _ = sources.plan(upload.files, form, dealt=rule is not None)
    checked = upload.folder / "checked"
    checked.mkdir()
    with full_disk_refused():
        taken = _take(found, rule, checked, room)
    if before is not None and rule is None:
        lasting.check(store, before, checked, taken.items)
    new = NewDatasetVersion(
        manifest=store.put_folder(checked),
        splits=dict(taken.items),
        formats={split: DatasetFormat(kind) for split, kind in taken.formats.items()},
        card=form.card,
        intake=taken.intake,
    )
    try:
        return _file(database, store, actor, name, new, rule)
    except DatasetErased:
        erasure.discard(database, store, new.manifest)
        raise


def _file(
    database: Database,
    store: Store,
    actor: Actor,
    name: str,
    new: NewDatasetVersion,
    rule: SplitRule | None,
) -> DatasetVersionRead:
    with database.write() as session:
        dataset = queries.get_dataset(session, name, lock=True)
        service.check_upload(actor, dataset)
        _still_so(dataset, rule)
        if rule is not None:
            dataset.split_rule = rule.to_json()
        notes = {"changed": new.intake} if new.intake else {}
        version, created = service.add_version(session, actor, dataset, new, notes=notes)
        if not created:
            raise DatasetVersionExists(
                f"{version.ref} has this very content already; nothing was added.", ref=version.ref
            )
        reports.order(session, actor, version)
        return views.version_read(session, store, actor, version)


def _still_so(dataset: Dataset, rule: SplitRule | None) -> None:
    """Nobody has split the data set in another way while the items were read."""
    kept = SplitRule.parse(dataset.split_rule)
    if kept != rule and (kept is not None or dataset.latest_number):
        raise SplitIsFixed(
            f"{dataset.name} was split in another way meanwhile. Look at its versions and send the files again.",
            name=dataset.name,
        )


def _take(found: list[Source], rule: SplitRule | None, checked: Path, room: int) -> Taken:
    """Write every item in its canonical form into the file of its split."""
    taken = Taken()
    with ExitStack() as stack:
        outs: dict[str, BinaryIO] = {}
        for source in found:
            with _named(source):
                reading = source.reading(room=room)
                for item, line in reading.pairs():
                    split = source.split or (rule.split_of(keys.question(item)) if rule else "")
                    if split not in outs:
                        outs[split] = stack.enter_context((checked / split_file(split)).open("xb"))
                    outs[split].write(line)
                    taken.items[split] += 1
                    _one_format(taken, split, item)
                _note(taken, source, reading.summary())
            source.path.unlink()
    return taken


def _one_format(taken: Taken, split: str, item: Mapping[str, Any]) -> None:
    kind = format_of(item)
    known = taken.formats.setdefault(split, kind)
    if kind != known:
        if {kind, known} != {"text", "chat"}:
            raise DatasetRefused(
                f"the split {split!r} has {known} items in one file and {kind} items in another. Put them into two "
                "splits.",
                reason="mixed",
            )
        taken.formats[split] = "text"
    if kind == "exam" and taken.items[split] > MAX_EXAM_ITEMS:
        raise DatasetRefused(f"an exam may have {MAX_EXAM_ITEMS} items. Leave some out.", reason="too_many_items")


def format_of(item: Mapping[str, Any]) -> str:
    """What a checked item is."""
    if "text" in item:
        return "text"
    if "id" in item:
        return "exam"
    return "chat" if item["messages"][-1]["role"] == "assistant" else "prompt"


def _note(taken: Taken, source: Source, summary: Summary) -> None:
    """What was changed on the way in: it stands in the audit log and on the version's page."""
    if not (summary.converted or summary.dropped or summary.left_out):
        return
    note: dict[str, Any] = {"converted": summary.converted, "dropped": summary.dropped}
    taken.intake[source.file] = note | ({"left_out": summary.left_out} if summary.left_out else {})


@contextmanager
def _named(source: Source) -> Iterator[None]:
    try:
        yield
    except DatasetRefused as error:
        raise source.named(error) from None
