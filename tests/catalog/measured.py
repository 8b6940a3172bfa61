"""A program: examine each folder named on standard input in a process of its own, with 512 MB and a clock.

Gives one JSON object: by the folder, what was said, in how many seconds of processor time, of its own and of the
processes it started, and with how many bytes. It imports what the
web process imports and no more, so that what is measured is the door itself. A folder below `good` is the base.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aird.catalog.intake.inspection import BaseFacts, base_facts, inspect
from aird.catalog.intake.refusals import IntakeRefused

BYTES = 512 * 1024 * 1024
SECONDS = 30  # when a child is given up; what is allowed is the test's to say


def examine(folder: Path, base: BaseFacts | None) -> dict[str, Any]:
    """What the door says to one folder."""
    began = time.monotonic()
    try:
        found: dict[str, Any] = {"kind": inspect(folder, base=base).kind}
    except IntakeRefused as refusal:
        found = {"reason": refusal.params["reason"], "message": str(refusal), "status": refusal.status}
    except BaseException as error:
        found = {"crash": f"{type(error).__name__}: {error}"[:300]}
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return found | {
        "wall": time.monotonic() - began,
        "seconds": sum(each.ru_utime + each.ru_stime for each in used),
        "bytes": max(each.ru_maxrss for each in used) * 1024,
    }


def in_child(folder: Path, base: BaseFacts | None) -> dict[str, Any]:
    """The same in a process that may take 512 MB."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        signal.alarm(SECONDS)
        os.write(write, json.dumps(examine(folder, base)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        raw = answer.read()
    _, status = os.waitpid(child, 0)
    return dict(json.loads(raw)) if raw else {"crash": f"ended with {status}"}


def main() -> None:
    """Answer for every folder."""
    order = json.load(sys.stdin)
    base = base_facts(Path(order["base"]))
    answers = {name: in_child(Path(folder), base if adapter else None) for name, folder, adapter in order["folders"]}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
