"""Tiny models in a world: made once, examined and filed as an upload is; data sets and exams to use them on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aird.catalog import files
from aird.catalog.models import Kind, Version
from aird.datasets import queries as dataset_queries
from aird.datasets import service as datasets
from aird.datasets.models import DatasetKind, DatasetVersion
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation import service as evaluation
from aird.evaluation.models import Suite
from aird.jobs import inline, registry
from aird.jobs.models import Job
from aird.testing import World
from aird.testing_ml import make_adapter, make_base

Items = Sequence[dict[str, Any]]
CHATS: Items = [
    {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": f"Queue {n}."}]}
    for n in range(4)
]
PROMPTS: Items = [{"messages": item["messages"][:1]} for item in CHATS]
QUESTIONS: Items = [
    {"id": f"q{n}", "messages": [{"role": "user", "content": f"Mail {n}?"}], "choices": ["a", "b", "c"], "answer": 0}
    for n in range(12)
]
FORMATS = {"train": DatasetFormat.CHAT, "unlabelled": DatasetFormat.PROMPT}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A base, another one with the same tokenizer, one with its own tokenizer; three adapters for the first."""
    home = tmp_path_factory.mktemp("tiny")
    return {
        "base": make_base(home / "base"),
        "other": make_base(home / "other", seed=3),
        "foreign": make_base(home / "foreign", texts=["Qui", "parle", "ici ?", "Les factures sont en retard."]),
        "one": make_adapter(home / "one", seed=1, rank=4, alpha=8, size=0.4),
        "two": make_adapter(home / "two", seed=2, rank=2, alpha=3, size=0.4),
        "three": make_adapter(home / "three", seed=3, rank=3, alpha=3, size=0.4, modules=["self_attn.q_proj"]),
    }


@dataclass
class Workshop:
    """Short ways to file tiny models and data, and to do what was ordered."""

    world: World
    folders: Mapping[str, Path]

    def model(self, name: str, folder: str, *, base: Version | None = None, kind: Kind | None = None) -> Version:
        """A version of these files with the facts that the intake finds in them."""
        examined = files.examine(self.world.store, self.folders[folder], base=base, kind=kind)
        return self.world.version(
            name, kind=examined.kind, base=base, folder=self.folders[folder], facts=examined.facts
        )

    def dataset(self, name: str = "support/mail", **splits: Items) -> DatasetVersion:
        """A version with these splits: `train` has chat items, `unlabelled` prompts, all others exam items."""
        lines = {
            f"{split}.jsonl": b"".join(json.dumps(each).encode() + b"\n" for each in items)
            for split, items in splits.items()
        }
        new = NewDatasetVersion(
            self.world.store.put_files(lines),
            {split: len(items) for split, items in splits.items()},
            {split: FORMATS.get(split, DatasetFormat.EXAM) for split in splits},
        )
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            found = dataset_queries.find_dataset(session, name)
            dataset = found or datasets.add_dataset(session, sam, name, "Mail", DatasetKind.TRAINING)
            return datasets.add_version(session, sam, dataset, new)[0]

    def suite(self, name: str = "support/exam", **splits: Items) -> Suite:
        """An exam of multiple choice on the split `exam` of a data set of its own."""
        dataset = self.dataset(f"{name}-items", **splits)
        with self.world.database.write() as session:
            return evaluation.add_suite(session, self.world.actor("sam"), name, "Mail", dataset)

    def work(self) -> Job:
        """Do the oldest job."""
        registry.load(
            ["aird.training.tasks", "aird.merge.tasks", "aird.merge.tasks_measure", "aird.catalog.tasks_reproduce"]
        )
        registry.load(["aird.merge.tasks_derived", "aird.training.tasks_distill"])
        job = inline.run_next(self.world.database, self.world.store, self.world.settings)
        assert job is not None
        return job


@pytest.fixture
def workshop(world: World, tiny: Mapping[str, Path]) -> Workshop:
    """A world with the tiny models at hand."""
    return Workshop(world, tiny)
