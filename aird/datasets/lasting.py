"""Split once and for ever: an item that was in one split of the last version does not turn up in another one.

What was held out stays held out, else the exams of before would measure what was learnt by heart.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from aird.datasets import keys, service
from aird.datasets.errors import SplitIsFixed
from aird.datasets.models import DatasetKind, DatasetVersion
from aird.datasets.splits import split_file
from aird.store.artifacts import Store

LEARNT = "train"
MOST = 2_000_000
"""Questions that are held in memory; of larger held-out splits the first ones are compared."""


def check(store: Store, before: DatasetVersion, folder: Path, splits: Collection[str]) -> None:
    """Raises SplitIsFixed with the first item that would change sides between `train` and what is held out of it."""
    if before.dataset.kind is DatasetKind.FEEDBACK:
        return
    if LEARNT in splits:
        held = _held({split: service.open_items(store, before, split) for split in before.splits})
        _compare(held, _items(folder / split_file(LEARNT)) if held else iter(()), before, LEARNT)
    if LEARNT in before.splits:
        held = _held({split: _items(folder / split_file(split)) for split in splits})
        _compare(held, service.open_items(store, before, LEARNT) if held else iter(()), before, "")


def _held(found: dict[str, Iterator[dict[str, Any]]]) -> dict[int, str]:
    known: dict[int, str] = {}
    for split, items in sorted(found.items()):
        if split == LEARNT:
            continue
        for item in items:
            if len(known) >= MOST:
                return known
            known[keys.key(keys.question(item))] = split
    return known


def _compare(held: dict[int, str], items: Iterator[dict[str, Any]], before: DatasetVersion, now: str) -> None:
    for number, item in enumerate(items, 1):
        other = held.get(keys.key(keys.question(item)))
        if other is not None:
            old, new = (other, now) if now else (LEARNT, other)
            raise SplitIsFixed(
                f"Item {number} of {LEARNT!r} was in the split {old!r} of {before.ref} and would now be in {new!r}. "
                "An item stays in its split for ever; leave it out, or open another data set.",
                ref=before.ref,
                line=number,
                was=old,
                would_be=new,
            )


def _items(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as source:
        for line in source:
            yield json.loads(line)
