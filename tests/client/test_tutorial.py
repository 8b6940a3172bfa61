"""docs/tutorial.py runs from its first to its last cell against a running house with tiny models."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aird.jobs import inline, registry
from tests.client.served import serving
from tests.tiny import Workshop, tiny, workshop

__all__ = ["tiny", "workshop"]

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.py"


@pytest.mark.slow
def test_the_tutorial_does_what_it_shows(workshop: Workshop, tmp_path: Path) -> None:
    base = workshop.model("platform/tiny", "base")
    for name, folder in (("support/mail", "one"), ("support/calls", "two")):
        workshop.model(name, folder, base=base)
    registry.load(["aird.training.tasks", "aird.merge.tasks"])
    world, over = workshop.world, threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            inline.run_next(world.database, world.store, world.settings)

    worker = threading.Thread(target=work)
    with serving(world) as served:
        worker.start()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRD_", "COV_"))}
        env = {**kept, "AIRD_URL": served.url, "AIRD_TOKEN": served.token(), "TMPDIR": str(tmp_path)}
        try:
            done = subprocess.run([sys.executable, TUTORIAL], capture_output=True, text=True, env=env, timeout=240)
        finally:
            over.set()
            worker.join()
    assert done.returncode == 0, done.stderr
    assert "sam at http://127.0.0.1" in done.stdout
    assert "404 model_not_found" in done.stdout
    assert "succeeded {" in done.stdout
    made = next(line for line in done.stdout.splitlines() if line.startswith("support/tutorial@1 from ["))
    assert {"support/calls@1", "support/mail@1"} <= set(re.findall(r"'([^']+)'", made))
