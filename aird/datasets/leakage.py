"""The last look before a model learns: does a split hold a question of an exam that there is now?

A quality report knows the exams of its day. An exam may be younger than the report, and a split may never have been
examined; so a job that learns looks itself, at the questions alone, before it begins.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from aird.core.db import Database
from aird.datasets import keys, queries, service
from aird.datasets.errors import DatasetNotUsable
from aird.store.artifacts import Store


def require_none(database: Database, store: Store, uses: Iterable[tuple[str, str, str, int | None]]) -> None:
    """Look at the (ref, artifact, split, limit) that are to be learnt. Raises DatasetNotUsable with the exam's name."""
    with database.read() as session:
        exams = queries.exams(session)
    asked: dict[int, str] = {}
    for name, split, version in exams:
        for item in service.open_items(store, version, split):
            asked.setdefault(keys.key(keys.question(item)), name)
    if not asked:
        return
    for ref, artifact, split, limit in uses:
        _look(islice(service.read_split(store, artifact, split), limit), asked, ref, split)


def _look(items: Iterable[Mapping[str, Any]], asked: Mapping[int, str], ref: str, split: str) -> None:
    found, exam, first = 0, "", 0
    for line, item in enumerate(items, 1):
        name = asked.get(keys.key(keys.question(item)))
        if name is not None:
            found += 1
            exam, first = exam or name, first or line
    if found:
        raise DatasetNotUsable(
            f"{found} items of the split {split!r} of {ref} ask what an exam asks: line {first}, for one, what {exam} "
            "asks. Have the version examined and make one without them (`clean`), and use that one.",
            why="leak",
            ref=ref,
            split=split,
            exam=exam,
            items=found,
        )
