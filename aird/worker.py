"""The worker process: the one list of task modules.

Run as `python -m aird.worker` it belongs to the process that started it: when its standard input ends, it hands its
jobs back and ends as well. `aird worker` runs until SIGTERM.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from aird.core.db import Database
from aird.core.logs import log_to_stderr
from aird.core.settings import Settings
from aird.jobs.executors.base import Executor
from aird.jobs.executors.process import ProcessExecutor
from aird.jobs.executors.ray import RayExecutor
from aird.jobs.supervisor import Supervisor
from aird.store.artifacts import Store, open_store

TASK_MODULES = (
    "aird.catalog.tasks",
    "aird.catalog.tasks_reproduce",
    "aird.datasets.tasks",
    "aird.deploy.fitting.tasks",
    "aird.evaluation.tasks",
    "aird.evaluation.tasks_harness",
    "aird.evaluation.tasks_compare",
    "aird.merge.tasks",
    "aird.merge.tasks_dense",
    "aird.merge.tasks_derived",
    "aird.merge.tasks_export",
    "aird.merge.tasks_measure",
    "aird.merge.tasks_search",
    "aird.planning.advice.tasks",
    "aird.planning.tasks",
    "aird.training.tasks",
    "aird.training.tasks_distill",
)


class Worker:
    """Does the jobs of one database, some at a time, until it is told to stop.

    Raises ExecutorNotUsable when the settings do not fit where jobs are to run.
    """

    def __init__(
        self, database: Database, store: Store, settings: Settings, *, modules: Sequence[str] = TASK_MODULES
    ) -> None:
        self.store = store
        executors: dict[str, Callable[[Settings, Sequence[str]], Executor]] = {
            "process": ProcessExecutor,
            "ray": RayExecutor,
        }
        self.executor = executors[settings.executor](settings, modules)
        self._supervisor = Supervisor(database, settings, self.executor)

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set; running jobs then go back to the queue."""
        self._supervisor.run_until(stop)


def main(settings: Settings, *, modules: Sequence[str] = TASK_MODULES, until_eof: bool = False) -> int:
    """Work until SIGTERM or SIGINT, or with `until_eof` until standard input ends. Returns the exit code."""
    log_to_stderr("info")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until_eof:
        threading.Thread(target=_await_eof, args=(stop,), daemon=True).start()
    database = Database.open(settings.db_url())
    try:
        Worker(database, open_store(settings, database), settings, modules=modules).run_until(stop)
    finally:
        database.engine.dispose()
    return 0


def _await_eof(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main(Settings(), until_eof=True))
