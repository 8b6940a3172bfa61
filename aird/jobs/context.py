"""What a task is given: who ordered the job, where files go, transactions that a lost lease cannot write in.

@task("merge.run", MergeSpec)
def run_merge(job: JobContext, spec: MergeSpec) -> None:
    with job.read() as session: ...          # what it needs
    with job.scratch() as folder:            # the work itself, no session open
        ...
        manifest = job.store.put_folder(folder / "out")
    with job.finish() as session:            # what it publishes and its success: one transaction
        ...
        job.result = {...}
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.core.db import Database
from aird.core.settings import Settings
from aird.jobs import leases, outcomes, workspaces
from aird.jobs.errors import Yielded
from aird.jobs.executors import devices
from aird.jobs.messages import Log, Progress, finite, log_line, storable
from aird.jobs.models import Job
from aird.store.artifacts import Store

FASTEST = 0.5  # seconds between two progress events
SLOWEST = 10.0
PACE_AFTER = 2.0  # seconds of a stage, before its end is foretold
YIELD_EVERY = 1.0  # seconds between two looks whether to yield
EVENTS_PER_AGE = 1000  # a long attempt speaks less often, so that its history stays short


class Reporter(Protocol):
    """Where an attempt's progress and log go."""

    def send(self, message: Log | Progress) -> None:
        """Pass it on; it is recorded soon."""
        ...

    def flush(self) -> None:
        """Return when everything sent, and printed, is recorded."""
        ...


class Step(Protocol):
    """The progress of a recipe."""

    @property
    def stage(self) -> str:
        """What it is doing."""
        ...

    @property
    def step(self) -> int:
        """Steps done."""
        ...

    @property
    def total(self) -> int:
        """Steps to do."""
        ...

    @property
    def metrics(self) -> Mapping[str, float]:
        """Loss and the like."""
        ...


def scratch_folder(settings: Settings, job_id: UUID, attempt: int) -> Path:
    """Where one attempt keeps its files; another attempt never sees them."""
    return settings.home / "scratch" / f"{job_id}-{attempt}"


@dataclass
class JobContext:
    """One attempt at a job, as its task sees it. `result` is kept with the job when it succeeds."""

    id: UUID
    attempt: int
    title: str
    department_id: UUID
    actor: Actor
    database: Database
    store: Store
    settings: Settings
    reporter: Reporter
    result: dict[str, Any] | None = None
    finished: bool = False
    peak_memory: int = 0
    """Bytes at the peak, on each chip or of the machine, where the task knows it better than this process does."""
    _began: float = field(default_factory=time.monotonic)
    _spoke: float = float("-inf")
    _last: Progress | None = None
    _stage: tuple[str, int, float] = ("", 0, 0.0)  # its name, the step it began at, when
    _unsaid: Progress | None = None
    _yield: tuple[float, bool] = (float("-inf"), False)  # when it was asked, and the answer

    @property
    def should_yield(self) -> bool:
        """Whether this attempt should write a checkpoint and raise Yielded: its worker stops, or its place is wanted.

        May be asked at every step; the database is asked once a second.
        """
        asked, answer = self._yield
        if answer or time.monotonic() - asked < YIELD_EVERY:
            return answer
        with suppress(DBAPIError, PoolTimeout), self.read() as session:
            wanted = select(Job.yield_by).where(Job.id == self.id, Job.attempt == self.attempt)
            answer = session.scalar(wanted) is not None
        self._yield = (time.monotonic(), answer)
        return answer

    def hand_back(self, kept: str) -> None:
        """Raise Yielded when the place is wanted; `kept` says what the next attempt finds. For every step."""
        if self.should_yield:
            raise Yielded(kept)

    def steps(self, stage: str, kept: str) -> Callable[[int, int], None]:
        """What hears (steps done, steps in all) of work that goes on behind any of them: `progress`, and `hand_back`.

        `kept` is what a step is, in the plural: "modules merged".
        """

        def heard(done: int, total: int) -> None:
            self.progress(stage, done, total)
            self.hand_back(f"{done} of {total} {kept}")

        return heard

    def read(self) -> AbstractContextManager[Session]:
        """A session that only reads."""
        return self.database.read()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that writes only while this attempt holds the job. Raises LeaseLost, JobCancelled."""
        with self.database.write() as session:
            leases.fence(session, self.id, self.attempt)
            yield session

    @contextmanager
    def finish(self) -> Iterator[Session]:
        """The last transaction: what is written in it, the result and the success, all or nothing.

        Raises LeaseLost, JobCancelled.
        """
        self.flush()
        with self.database.write() as session:
            job = leases.fence(session, self.id, self.attempt)
            yield session
            job.peak_memory = self.peak_memory or devices.peak_memory(on_chip=job.chips > 0)
            outcomes.succeed(session, job, self.actor, self.result)
        self.finished = True

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder of this attempt's own, gone at the end."""
        parent = scratch_folder(self.settings, self.id, self.attempt)
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder that the next attempt finds as this one leaves it when it is killed; gone when the job has ended.

        Whoever reads in it what an earlier attempt wrote checks it first: the kill may have cut a file short.
        """
        with ExitStack() as stack:
            folder = stack.enter_context(workspaces.held(self.settings, self.id))
            yield folder if folder is not None else stack.enter_context(self.scratch())

    def progress(self, stage: str, step: int = 0, total: int = 0, metrics: Mapping[str, float] | None = None) -> None:
        """Say how far the work is; may be called at every step, what comes too fast is dropped.

        The first metrics of a stage are said in any case, so that a short one has a curve. The metric `seconds_left` of
        the stage is added as soon as its pace is known.
        """
        now = time.monotonic()
        said = Progress(
            storable(stage)[:64], step, total, finite({**self._left(stage, step, total, now), **(metrics or {})})
        )
        pause = min(max((now - self._began) / EVENTS_PER_AGE, FASTEST), SLOWEST)
        last = self._last
        goes_on = last is not None and last.stage == said.stage and bool(last.metrics or not said.metrics)
        if goes_on and now - self._spoke < pause:
            self._unsaid = said
            return
        self._say(said, now)

    def _left(self, stage: str, step: int, total: int, now: float) -> dict[str, float]:
        """How long the rest of the stage takes at the pace of what this attempt has done of it."""
        name, first, began = self._stage
        if name != stage or step < first:
            self._stage = (stage, step, now)
            return {}
        if not first < step < total or now - began < PACE_AFTER:
            return {}
        return {"seconds_left": (now - began) / (step - first) * (total - step)}

    def _say(self, said: Progress, now: float) -> None:
        self._spoke, self._last, self._unsaid = now, said, None
        self.reporter.send(said)

    def report(self, step: Step) -> None:
        """`progress` in the shape in which recipes report it."""
        self.progress(step.stage, step.step, step.total, step.metrics)

    def log(self, line: str) -> None:
        """Add to the job's log; a text of several lines becomes several."""
        for each in line.splitlines() or [""]:
            self.reporter.send(log_line(each, "log"))

    def flush(self) -> None:
        """Have everything recorded that was said so far."""
        if self._unsaid is not None:
            self._say(self._unsaid, time.monotonic())
        self.reporter.flush()
