"""Exams of the support department."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from aird.datasets import service as datasets
from aird.datasets.models import DatasetKind, DatasetVersion
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation import service
from aird.evaluation.models import Scorer, Suite
from aird.testing import World

Items = Sequence[dict[str, Any]]
QUESTIONS: Items = [
    {
        "id": f"q{n}", "messages": [{"role": "user", "content": f"Where does mail {n} go?"}],
        "choices": [f"Queue {n}.", f"Queue {n + 1}.", "Nowhere."], "answer": n % 3,
    }
    for n in range(12)
]  # fmt: skip
CHATS: Items = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Queue 1."}]}]


@dataclass
class School:
    """Short ways to make exams."""

    world: World

    def dataset(self, name: str = "support/mail", **splits: Items) -> DatasetVersion:
        """A version of a data set with these splits; train holds chat items, the others exam items."""
        files = {
            f"{split}.jsonl": b"".join(json.dumps(item).encode() + b"\n" for item in items)
            for split, items in splits.items()
        }
        formats = {split: DatasetFormat.CHAT if split == "train" else DatasetFormat.EXAM for split in splits}
        new = NewDatasetVersion(
            manifest=self.world.store.put_files(files),
            splits={key: len(items) for key, items in splits.items()},
            formats=formats,
        )
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            found = datasets.queries.find_dataset(session, name)
            dataset = found or datasets.add_dataset(session, sam, name, "Mail", DatasetKind.EXAM)
            return datasets.add_version(session, sam, dataset, new)[0]

    def suite(self, name: str = "support/exam", *, scorer: Scorer = Scorer.CHOICE, **splits: Items) -> Suite:
        """An exam of its own data set."""
        dataset = self.dataset(f"{name}-items", **(splits or {"exam": QUESTIONS}))
        with self.world.database.write() as session:
            return service.add_suite(session, self.world.actor("sam"), name, "Mail", dataset, scorer=scorer)


@pytest.fixture
def school(world: World) -> School:
    return School(world)
