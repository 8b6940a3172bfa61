"""A house whose plans can be worked off without training anything: what their jobs would do is done by hand."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Model
from aird.catalog.service import NewVersion
from aird.core.db import database_now
from aird.datasets import service as datasets
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.jobs import inline, outcomes, registry
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.planning import queries, service, views
from aird.planning.schemas import CareerPlanRead
from aird.store.manifest import Manifest
from aird.testing import World

FACTS = {"tokenizer_sha256": "t", "shapes": {"q_proj": [8, 8]}, "ranks": {"q_proj": 2}, "rank": 2}
CHAT = b'{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}\n'
EXAM = b'{"id": "a", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 1}\n'
SETTINGS = {"steps": 5, "lora": {"r": 2}}


def train(model: str, dataset: str, base: str = "platform/base@1", **more: Any) -> dict[str, Any]:
    """A training as a stage has it."""
    return {"model": model, "base": base, "datasets": [dataset], "settings": {**SETTINGS, **more}}


def merged(model: str, *stages: str) -> dict[str, Any]:
    """A merge of the versions of these stages."""
    models = [{"model": f"${{stage.{each}}}", "parameters": {"weight": 0.5}} for each in stages]
    return {"merge_method": "linear", "models": models, "aird": {"model": model}}


CAREER: dict[str, Any] = {
    "mail": {"train": train("support/mail", "support/mails@1"), "teaches": ["support/mail-exam"]},
    "calls": {"train": train("support/calls", "support/talks@1"), "teaches": ["support/call-exam"]},
    "lead": {"merge": merged("support/lead", "mail", "calls")},
}
"""Two trainings and a merge of them."""


@dataclass
class School:
    """Data, exams and a base; `scores` says what versions of a model are to score."""

    world: World
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

    def furnish(self) -> None:
        """Two data sets to learn from, with an exam each."""
        self.world.version("platform/base", kind=Kind.BASE, facts=FACTS)
        for number, (data, exam) in enumerate((("mails", "mail-exam"), ("talks", "call-exam"))):
            self.dataset(f"support/{data}", CHAT * (3 + number), f"support/{exam}")

    def dataset(self, name: str, lines: bytes, exam: str | None = None) -> None:
        """A data set, with an exam on its split `exam`."""
        manifest = self.world.store.put_files({"train.jsonl": lines, "exam.jsonl": EXAM})
        formats = {"train": DatasetFormat.CHAT, "exam": DatasetFormat.EXAM}
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            dataset = datasets.add_dataset(session, sam, name, "Data", DatasetKind.TRAINING)
            new = NewDatasetVersion(manifest, {"train": lines.count(b"\n"), "exam": 1}, formats)
            version, _ = datasets.add_version(session, sam, dataset, new)
            if exam:
                evaluation.add_suite(session, sam, exam, "Exam", version)

    def text(self, name: str = "support/plan", stages: dict[str, Any] | None = None, **spec: Any) -> str:
        """A plan as YAML."""
        document = {
            "apiVersion": "aird/v1",
            "kind": "Plan",
            "metadata": {"name": name, "title": "Plan"},
            "spec": {**spec, "stages": CAREER if stages is None else stages},
        }
        return yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False)  # each part written out

    def apply(self, text: str | None = None, by: str = "sam") -> CareerPlanRead:
        """Apply a plan."""
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            plan = service.apply(session, self.world.store, actor, text or self.text())
            return views.plan_read(session, actor, plan)

    def read(self, name: str = "support/plan", by: str = "sam") -> CareerPlanRead:
        """The plan as this person sees it."""
        actor = self.world.actor(by)
        with self.world.database.read() as session:
            return views.plan_read(session, actor, queries.get_plan(session, actor, name))

    def advance(self, name: str = "support/plan", by: str = "sam") -> CareerPlanRead:
        """Somebody advances the plan."""
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            plan = service.advance(session, self.world.store, actor, queries.get_plan(session, actor, name))
            return views.plan_read(session, actor, plan)

    def cancel(self, name: str = "support/plan", by: str = "sam") -> None:
        """Somebody cancels the plan."""
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            service.cancel(session, actor, queries.get_plan(session, actor, name), reason="Not needed")

    def jobs(self, *kinds: str, state: JobState | None = None) -> list[Job]:
        """The jobs of these kinds, oldest first; of all but comparisons where none is named."""
        with self.world.database.read() as session:
            found = session.scalars(select(Job).order_by(Job.created_at, Job.id)).all()
        wanted = [job for job in found if job.kind in kinds or (not kinds and job.kind != "catalog.compare")]
        return [job for job in wanted if state is None or job.state is state]

    def waiting(self) -> list[Job]:
        """The jobs that a worker could do now, those that only look at plans aside."""
        return [job for job in self.jobs(state=JobState.QUEUED) if job.kind != service.JOB_KIND]

    def do(self, job: Job, *, seconds: float = 10.0) -> None:
        """Do what the job would do, in its stead: a version of random bytes, or the scores of `scores`."""
        bytes_of_it = json.dumps({"id": uuid.uuid4().hex}).encode()
        manifest = self.world.store.put_files({"config.json": bytes_of_it})
        with self.world.database.write() as session:
            job = self._begun(session, job, seconds)
            exam = job.kind == "evaluation.run"
            result = self._examined(session, job) if exam else self._filed(session, job, manifest)
            outcomes.succeed(session, job, SYSTEM, result)

    def fail(self, job: Job) -> None:
        """Let the job fail."""
        with self.world.database.write() as session:
            outcomes.fail(session, self._begun(session, job, 1.0), SYSTEM, "bug", "It broke.")

    def _begun(self, session: Any, job: Job, seconds: float) -> Job:
        found = session.get_one(Job, job.id)
        outcomes.move(session, found, JobState.RUNNING)
        found.attempt, found.started_at = found.attempt + 1, database_now(session) - timedelta(seconds=seconds)
        return found

    def _filed(self, session: Any, job: Job, manifest: Manifest) -> dict[str, Any]:
        model = session.get_one(Model, uuid.UUID(job.spec["model_id"]))
        base = catalog_queries.get_ref(session, "platform/base@1")
        new = NewVersion(
            kind=Kind.ADAPTER, manifest=manifest, parameters=10, facts=FACTS, base=base, parents=[], job_id=job.id
        )
        version, _ = catalog.file_version(session, SYSTEM, model, new)
        return {"version": version.ref, "digest": version.artifact}

    def _examined(self, session: Any, job: Job) -> dict[str, Any]:
        ids = [uuid.UUID(each) for each in job.spec["versions"]]
        suites = evaluation_queries.suites(session, [uuid.UUID(each) for each in job.spec["suites"]])
        for version in catalog_queries.versions_by_id(session, ids).values():
            for suite in suites:
                score = self.scores.get(version.model.name, {}).get(suite.name, 0.5)
                catalog.record_skill(
                    session, SYSTEM, version, suite.name, metric="accuracy", score=score,
                    interval=(score - 0.05, score + 0.05), items=100, run_id=uuid.uuid4(),
                )  # fmt: skip
        return {"runs": []}

    def look(self) -> int:
        """Do the jobs that look at plans; how many there were."""
        registry.load(["aird.planning.tasks"])
        done = 0
        while True:
            ready = [job for job in self.jobs(service.JOB_KIND, state=JobState.QUEUED) if not job.waits_for]
            if not ready:
                return done
            with self.world.database.write() as session:  # others are for later: whoever takes the oldest takes these
                for each in session.scalars(select(Job).where(Job.state == JobState.QUEUED)):
                    each.not_before = None if each.kind == service.JOB_KIND else database_now(session) + LATER
            job = inline.run_next(self.world.database, self.world.store, self.world.settings)
            assert job is not None
            assert (job.kind, job.state, job.error_message) == (service.JOB_KIND, JobState.SUCCEEDED, None)
            done += 1

    def work(self, *, seconds: float = 10.0) -> None:
        """Everything that is ordered and follows from it."""
        while waiting := self.waiting():
            for job in waiting:
                self.do(job, seconds=seconds)
            self.look()


LATER = timedelta(days=1)


@pytest.fixture
def school(world: World) -> School:
    """A furnished school."""
    found = School(world)
    found.furnish()
    return found
