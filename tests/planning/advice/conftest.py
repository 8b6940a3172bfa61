"""A desk at which a department asks: tiny models that answer, data to learn from, people who call the API."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aird.approval.routes import router as approvals
from aird.auth.permissions import SYSTEM
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.datasets.models import DatasetFormat, DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.deploy.playground.routes import router as playground
from aird.jobs import inline, registry
from aird.jobs.models import Job
from aird.planning.advice import gathering, service
from aird.planning.advice.routes import router as advice
from aird.requests import queries
from aird.requests.routes import router as requests
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.requests.web import people_of

EXAMPLES = [
    {"question": "Which invoice is still open?", "answer": "none"},
    {"question": "How do I reset my password?", "answer": "desk"},
    {"question": "请问我的年假还有几天？", "answer": "5"},
]
NEED: dict[str, Any] = {
    "department": "support", "title": "Sort the mail", "need": "Say which desk a mail belongs to", "examples": EXAMPLES,
    "volume_per_day": 1000, "languages": ["en", "zh-CN"], "today_micro": 10**10, "draft": True,
}  # fmt: skip
FACTS = {
    "tokenizer_sha256": "t", "vocab_size": 384, "rank": 4, "ranks": {"q_proj": 4},
    "shapes": {"q_proj": [32, 32]},
}  # fmt: skip
CHAT = b'{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}\n'


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("advice")
    return {
        "base": make_base(home / "base"),
        "mail": make_adapter(home / "mail", seed=1, size=0.6),
        "books": make_adapter(home / "books", seed=2, size=0.6),
    }


@dataclass
class Desk:
    """People at the API of requests, and the versions that may answer."""

    world: World
    call: Callable[[str], TestClient]
    folders: dict[str, Path]

    def hire(self, name: str, folder: str, *, base: Version | None = None) -> Version:
        kind = Kind.ADAPTER if base else Kind.BASE
        version = self.world.version(name, kind=kind, base=base, folder=self.folders[folder], facts=FACTS)
        if base is not None:
            self.world.score(version, "support/exam", 0.9)
        return version

    def staff(self) -> dict[str, Version]:
        """A base with an adapter of the department that asks, and one of another."""
        base = self.hire("platform/tiny", "base")
        return {
            "base": base,
            "mail": self.hire("support/mail", "mail", base=base),
            "books": self.hire("finance/books", "books", base=base),
        }

    def data(self) -> None:
        manifest = self.world.store.put_files({"train.jsonl": CHAT})
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.TRAINING)
            new = NewDatasetVersion(manifest, {"train": 1}, {"train": DatasetFormat.CHAT})
            datasets.add_version(session, sam, dataset, new)

    def tried(self, version: Version, right: str) -> None:
        """Note that the version answered request 1; `right` has an x for every example that it answers as wanted."""
        answers = [{"answer": "?", "score": float(each == "x")} for each in right]
        with self.world.database.write() as session:
            request = queries.get_request(session, SYSTEM, 1)
            trial = {
                "items": len(right), "points": float(right.count("x")), "prompt_tokens": 40.0,
                "completion_tokens": 10.0, "milliseconds": 20.0, "answers": answers,
            }  # fmt: skip
            found = self.world.reload(session, version)
            service.file_trial(session, request.id, gathering.marked_as(request), found, trial)

    def work(self, kind: str) -> Job:
        """Do waiting jobs until one of this kind was done."""
        registry.load(["aird.planning.advice.tasks"])
        for _ in range(5):
            job = inline.run_next(self.world.database, self.world.store, self.world.settings)
            if job is not None and job.kind == kind:
                return job
        raise AssertionError(f"no job of the kind {kind} is waiting")


@pytest.fixture
def desk(world: World, folders: dict[str, Path]) -> Desk:
    return Desk(world, people_of(world, requests, advice, approvals, playground), folders)
