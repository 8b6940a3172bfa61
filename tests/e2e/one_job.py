"""Imports once what rotations need, then does the oldest job of each data folder that it reads, in a fork of its own.

The fork stops itself first, so that whoever watches its system calls can take hold of it.
"""

import os
import signal
import sys
from pathlib import Path

from aird.core.db import Database
from aird.jobs import registry
from aird.jobs.inline import run_next
from aird.store.artifacts import open_store
from aird.testing import test_settings
from aird.worker import TASK_MODULES


def do(home: Path) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    settings = test_settings(home)
    database = Database.open(settings.db_url())
    run_next(database, open_store(settings, database), settings)


def main() -> None:
    registry.load(TASK_MODULES)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                do(Path(line.strip()))
                status = 0
            finally:
                os._exit(status)
        print(child, flush=True)
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


if __name__ == "__main__":
    main()
