"""A data set of the support department and its files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from aird.datasets import service
from aird.datasets.models import Dataset, DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.testing import World

Items = Sequence[dict[str, Any]]
CHATS: Items = [
    {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": f"Queue {n}."}]}
    for n in range(5)
]
EXAM: Items = [
    {"id": f"q{n}", "messages": [{"role": "user", "content": f"Mail {n}?"}], "choices": ["a", "b"], "answer": n % 2}
    for n in range(4)
]


def jsonl(items: Items) -> bytes:
    """Items as an upload carries them."""
    return b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in items)


@dataclass
class Shelf:
    """Short ways to open data sets and to file versions."""

    world: World

    def dataset(self, name: str = "support/mail", kind: DatasetKind = DatasetKind.TRAINING) -> Dataset:
        """A new data set."""
        with self.world.database.write() as session:
            return service.add_dataset(session, self.world.actor("sam"), name, "Mail", kind)

    def new(self, **splits: Items) -> NewDatasetVersion:
        """A version that is in the store but not filed."""
        manifest = self.world.store.put_files({f"{split}.jsonl": jsonl(items) for split, items in splits.items()})
        formats = {split: DatasetFormat.EXAM if split == "exam" else DatasetFormat.CHAT for split in splits}
        return NewDatasetVersion(manifest, {split: len(items) for split, items in splits.items()}, formats)


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world)
