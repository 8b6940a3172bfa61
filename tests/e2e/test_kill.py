"""kill -9 to a worker in the middle of every kind of job: nothing is left of it, and the next one does the jobs over.

All five run at once on one database, so that two starts of a worker (each imports the ML stack) are enough.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from aird.audit import queries as audit
from aird.audit.chain import verify
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.datasets.models import DatasetFormat, DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.evaluation.models import Run
from aird.jobs.models import EventKind, Job, JobEvent
from aird.merge import service as merge
from aird.merge.schemas import MergeBody, SearchSpace
from aird.metering.models import ComputeEntry
from aird.testing import World
from aird.testing_ml import TEXTS, make_adapter, make_base
from aird.training import recipe
from aird.training import service as training
from tests.e2e.processes import Processes, eventually, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KINDS = ("training.sft", "training.pretrain", "training.distill", "merge.run", "evaluation.run")
STEPS = {"steps": 150, "batch_size": 4, "max_length": 64}
SMALL = {"hidden_size": 32, "layers": 1, "heads": 2, "intermediate_size": 32, "max_positions": 64}
MERGE = "merge_method: linear\nmodels:\n" + "".join(
    f"  - {{model: support/{name}@1, parameters: {{weight: 0.5}}}}\n" for name in ("mail", "calls")
)


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def exam(number: int) -> dict[str, Any]:
    question = {"role": "user", "content": f"{TEXTS[number % len(TEXTS)]} {number}"}
    return {"id": f"q{number}", "messages": [question], "choices": ["Yes.", "No.", "Later."], "answer": number % 3}


@dataclass
class Orders:
    """Five jobs of the support department, one of each kind, long enough to be killed in the middle."""

    world: World
    folder: Path

    def prepare(self) -> None:
        """A base, two adapters on it, a data set, an exam."""
        base = self.world.version("platform/base", kind=Kind.BASE, **self._filed(make_base(self.folder / "base")))
        for seed, name in enumerate(("mail", "calls")):
            files = self._filed(make_adapter(self.folder / name, seed=seed), base)
            self.world.version(f"support/{name}", kind=Kind.ADAPTER, base=base, **files)
        self._dataset(
            train=[chat(text, "Ask the service desk.") for text in TEXTS],
            exam=[exam(number) for number in range(800)],
            dev=[exam(number) for number in range(48)],
        )

    def _filed(self, folder: Path, base: Version | None = None) -> dict[str, Any]:
        """What the intake finds in the folder."""
        from aird.catalog import files

        examined = files.examine(self.world.store, folder, base=base)
        return {"folder": folder, "facts": examined.facts}

    def _dataset(self, **splits: list[dict[str, Any]]) -> None:
        files = {f"{name}.jsonl": "\n".join(map(json.dumps, items)).encode() for name, items in splits.items()}
        formats = {name: DatasetFormat.CHAT if name == "train" else DatasetFormat.EXAM for name in splits}
        new = NewDatasetVersion(self.world.store.put_files(files), {k: len(v) for k, v in splits.items()}, formats)
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.TRAINING)
            version, _ = datasets.add_version(session, sam, dataset, new)
            evaluation.add_suite(session, sam, "support/exam", "Exam", version)

    def place(self) -> dict[str, UUID]:
        """The ids of the jobs by kind."""
        made = [self._train("lora"), self._train("pretrain"), self._distill(), self._merge(), self._evaluate()]
        return {job.kind: job.id for job in made}

    def _train(self, method: str) -> Job:
        spec: dict[str, Any] = {"model": f"support/{method}", "method": method, "datasets": ["support/mails@1"]}
        if method == "pretrain":
            spec["settings"] = {**STEPS, "architecture": SMALL, "tokenizer": {"vocab_size": 320}}
        else:
            spec |= {"base": "platform/base@1", "settings": STEPS}
        checked = recipe.check(spec, "Train")
        assert isinstance(checked, recipe.TrainSpec)
        with self.world.database.write() as session:
            return training.order_training(session, self.world.actor("sam"), checked)

    def _distill(self) -> Job:
        teacher = {"version": "support/mail@1", "dataset": "support/mails@1", "split": "train"}
        settings = {**STEPS, "max_new_tokens": 4}
        spec = {"model": "support/pupil", "student": "support/calls@1", "teachers": [teacher], "settings": settings}
        checked = recipe.check(spec, "Distill")
        assert isinstance(checked, recipe.DistillSpec)
        with self.world.database.write() as session:
            return training.order_distillation(session, self.world.actor("sam"), checked)

    def _merge(self) -> Job:
        search = SearchSpace(scales=[(n + 1) / 10 for n in range(20)], suites=["support/exam"])
        with self.world.database.write() as session:
            body = MergeBody(yaml=MERGE, model="support/both", search=search)
            return merge.order_merge(session, self.world.actor("sam"), body)

    def _evaluate(self) -> Job:
        with self.world.database.write() as session:
            versions = [evaluation.catalog_queries.get_ref(session, f"support/{name}@1") for name in ("mail", "calls")]
            suites = evaluation_queries.suites(session)
            return evaluation.order(session, self.world.actor("sam"), versions, suites)


@pytest.fixture
def processes(world: World) -> Iterator[Processes]:
    world.settings.workers = len(KINDS)
    with processes_of(world.settings) as opened:
        yield opened


def in_the_middle(world: World) -> set[UUID]:
    """The running jobs that have said how far they are."""
    with world.database.read() as session:
        running = select(Job.id).where(Job.state == "running")
        said = session.scalars(
            select(JobEvent).where(JobEvent.job_id.in_(running), JobEvent.kind == EventKind.PROGRESS)
        )
        return {event.job_id for event in said if event.data["step"] > 0}


def unfinished(world: World) -> list[str]:
    """The ordered jobs that still have work; those that compare new adapters with others come by themselves."""
    with world.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind != "catalog.compare")).all()
        return [f"{each.kind} is {each.state}: {each.reason}" for each in jobs if not each.is_final]


def test_a_worker_killed_in_the_middle_of_every_job_costs_one_attempt_each(
    world: World, processes: Processes, tmp_path: Path
) -> None:
    orders = Orders(world, tmp_path / "models")
    orders.prepare()
    jobs = orders.place()
    first = processes.worker()
    eventually(lambda: in_the_middle(world) == set(jobs.values()), 120, lambda: unfinished(world))

    processes.kill(first)
    assert len(unfinished(world)) == len(KINDS)
    processes.worker()
    eventually(lambda: not unfinished(world), 150, lambda: unfinished(world))

    for kind, job_id in jobs.items():
        check_job(world, kind, job_id)
    check_house(world, set(jobs.values()))


def check_job(world: World, kind: str, job_id: UUID) -> None:
    """It succeeded on the second attempt, and left exactly one version, or one set of runs."""
    with world.database.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.kind, job.state, job.attempt) == (kind, "succeeded", 2), job.reason
        made = session.scalars(select(Version).where(Version.job_id == job_id)).all()
        runs = session.scalar(select(func.count()).select_from(Run).where(Run.job_id == job_id))
        assert (len(made), runs) == ((0, 2) if kind == "evaluation.run" else (1, 0))
        for version in made:
            assert version.number == 1
            assert all(world.store.has(entry.digest) for entry in world.store.manifest(version.artifact).entries)
        metered = session.scalars(select(ComputeEntry.attempt).where(ComputeEntry.job_id == job_id)).all()
        assert sorted(metered) == [1, 2]


def check_house(world: World, ordered: set[UUID]) -> None:
    """Nothing of the killed attempts is left, and the audit log has each success once."""
    scratch = world.settings.home / "scratch"
    left = lambda: [each for each in scratch.iterdir() if each.name.startswith(tuple(map(str, ordered)))]  # noqa: E731
    eventually(lambda: not left(), 5, left)
    assert list((world.settings.store_folder() / "tmp").iterdir()) == []
    with world.database.read() as session:
        assert verify(audit.links(session), []).sound
        succeeded = [each.subject_id for each in audit.entries(session, event="jobs.job.succeeded")]
        assert sorted(each for each in succeeded if each in ordered) == sorted(ordered)
        assert len(audit.entries(session, event="catalog.version.added")) == len(KINDS) - 1 + 3
