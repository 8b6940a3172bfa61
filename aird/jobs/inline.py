"""Run jobs one by one in this very process: for tests and for programs that have no worker."""

from dataclasses import dataclass, field
from uuid import UUID

from aird.core.db import Database
from aird.core.settings import Settings
from aird.jobs import events, leases
from aird.jobs.identity import WorkerName
from aird.jobs.messages import Log, Progress
from aird.jobs.models import Job
from aird.jobs.runner import run_attempt
from aird.store.artifacts import Store


@dataclass
class InlineReporter:
    """Keeps what the attempt says until it asks for it to be recorded."""

    database: Database
    job_id: UUID
    attempt: int
    said: list[Log | Progress] = field(default_factory=list)

    def send(self, message: Log | Progress) -> None:
        """Keep it: the task may be in the middle of a transaction."""
        self.said.append(message)

    def flush(self) -> None:
        """Record what was kept."""
        said, self.said = self.said, []
        if said:
            with self.database.write() as session:
                events.record_messages(session, self.job_id, self.attempt, said)


def run_next(database: Database, store: Store, settings: Settings) -> Job | None:
    """Claim the oldest job and run it to its end; gives the job as it is then, None when nothing waits.

    The task's module must be imported. Nobody extends the lease meanwhile.
    """
    with database.write() as session:
        claimed = leases.claim(session, str(WorkerName.own()), lease_seconds=3600.0, attempts=settings.job_attempts)
    if claimed is None:
        return None
    reporter = InlineReporter(database, claimed.id, claimed.attempt)
    run_attempt(database, store, settings, claimed.id, claimed.attempt, reporter)
    reporter.flush()
    with database.read() as session:
        return session.get_one(Job, claimed.id)
