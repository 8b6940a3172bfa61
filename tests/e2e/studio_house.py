"""A house with tiny models to train and to mentor, data to learn from, exams; and jobs that do what a test says."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.auth.permissions import SYSTEM
from aird.core.db import database_now
from aird.jobs import events, outcomes, service
from aird.jobs.lifecycle import JobState
from aird.jobs.messages import Log, Progress
from aird.jobs.models import Job
from aird.testing import World
from aird.training.schemas import TrainJob
from tests.e2e.catalog_house import serve
from tests.e2e.rotation_house import RotationHouse
from tests.tiny import CHATS, PROMPTS, Items, Workshop

RECIPE: dict[str, Any] = {
    "apiVersion": "aird/v1",
    "kind": "Train",
    "spec": {
        "model": "support/clerk",
        "base": "platform/tiny@1",
        "datasets": ["support/mails@1"],
        "settings": {"steps": 40},
    },
}

LETTERS: Items = [
    {"id": f"l{n}", "messages": [{"role": "user", "content": f"{word} letters?"}], "choices": ["a", "b"], "answer": 0}
    for n, word in enumerate(["Late", "Lost", "Wet", "Torn"])
]
"""An exam that asks nothing of what there is to learn from."""


@dataclass
class StudioHouse(RotationHouse):
    """Beside what a rotation's house can do: jobs that run as the test says, in no process at all."""

    def order(self, title: str) -> UUID:
        """A training that waits, out of reach of the workers."""
        sam, world = self.world.actor("sam"), self.world
        department = world.department_id("support")
        spec = TrainJob(
            model_id=UUID(int=1), method="lora", base_id=None, tokenizer_id=None, datasets=[], settings={},
            recipe=RECIPE, license="", notes="",
        )  # fmt: skip
        with world.database.write() as session:
            job = service.enqueue(session, sam, "training.sft", spec, title=title, department_id=department)
            job.not_before = database_now(session) + timedelta(hours=1)
            return job.id

    def begin(self, job_id: UUID) -> None:
        """An attempt of it runs, on a machine that nobody sees."""
        with self.world.database.write() as session:
            job, at = session.get_one(Job, job_id), database_now(session)
            job.attempt += 1
            job.max_attempts = 3
            job.worker, job.lease_until, job.started_at = "elsewhere", at + timedelta(hours=1), at
            outcomes.move(session, job, JobState.RUNNING)

    def say(self, job_id: UUID, *messages: Log | Progress) -> None:
        """What the attempt tells."""
        with self.world.database.write() as session:
            assert events.record_messages(session, job_id, session.get_one(Job, job_id).attempt, messages)

    def fail(self, job_id: UUID, code: str, message: str) -> None:
        """The attempt ends the job."""
        with self.world.database.write() as session:
            outcomes.fail(session, session.get_one(Job, job_id), SYSTEM, code, message)

    def state(self, job_id: UUID) -> JobState:
        """Where it stands."""
        with self.world.database.read() as session:
            return session.get_one(Job, job_id).state


def learnt(step: int, loss: float, **more: float) -> Progress:
    """A step of a training."""
    return Progress("train", step, 40, {"loss": loss, "learning_rate": 1e-3, "tokens_per_second": 900.0, **more})


@contextmanager
def studio_house(world: World, tiny: Mapping[str, Path]) -> Iterator[StudioHouse]:
    """Furnish the world, serve it, give it."""
    workshop = Workshop(world, tiny)
    base = workshop.model("platform/tiny", "base")
    mail = workshop.model("support/mail", "one", base=base)
    leave = workshop.model("hr/leave", "two", base=base)
    workshop.suite("support/exam", exam=LETTERS)
    for version, score in ((mail, 0.9), (leave, 0.3)):
        world.score(version, "support/exam", score)
    workshop.dataset("support/mails", train=CHATS, unlabelled=PROMPTS)
    with serve(world) as url, ThreadPoolExecutor(1) as hands:
        yield StudioHouse(workshop, url, hands)
