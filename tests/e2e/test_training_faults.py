"""A training that is killed, or whose disk fails, at one system call of its checkpoints after the other: the next try
goes on from a whole checkpoint and comes to the same bytes.

Some moments are tried in every run, spread over all there are; AIRD_TEST_FAULTS=all tries each.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aird.testing_ml import make_base
from tests.e2e.processes import ROOT
from tests.e2e.test_faults import CALL, Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3600)]

TRIED = 10
Moment = tuple[str, int]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trainings")
    make_base(folder / "base")
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.one_training"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Server(process)
        process.kill()


@pytest.fixture(scope="module")
def whole(place: Path, server: Server) -> tuple[str, list[Moment]]:
    """What an undisturbed training comes to; (call, which one of its kind) of all that its checkpoints change."""
    home, log = place / "whole", place / "calls"
    home.mkdir()
    assert server.run(home, "-o", str(log)) == 0
    counts: Counter[str] = Counter()
    found: list[Moment] = []
    for line in log.read_text().splitlines():
        text = line.split(maxsplit=1)[1]
        call = CALL.match(text)
        if call is None:
            continue
        counts[call[1]] += 1
        if f"{home}/out" in text:
            break
        if (found or f"{home}/kept" in text) and (call[1] != "openat" or "O_CREAT" in text):
            found.append((call[1], counts[call[1]]))
    return digest(home), found


def digest(home: Path) -> str:
    found = hashlib.sha256()
    for path in sorted((home / "out").iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def chosen(moments: list[Moment]) -> list[Moment]:
    if os.environ.get("AIRD_TEST_FAULTS") == "all":
        return moments
    step = max(1, len(moments) // TRIED)
    return moments[step // 2 :: step]


def harmed(place: Path, server: Server, moment: Moment, harm: str) -> tuple[int, Path]:
    """The exit code of a training with this harm at this moment, and its folder."""
    call, number = moment
    home = place / f"{harm.partition('=')[2]}-{call}-{number}"
    home.mkdir()
    return server.run(home, "-e", f"inject={call}:{harm}:when={number}"), home


def test_killed_at_any_call_of_a_checkpoint_it_goes_on_to_the_same_bytes(
    place: Path, server: Server, whole: tuple[str, list[Moment]]
) -> None:
    wanted, moments = whole
    assert len(moments) > 30
    for moment in chosen(moments):
        code, home = harmed(place, server, moment, "signal=KILL")
        assert code == -9, f"{moment} was not reached"
        assert not (home / "out").exists(), moment
        assert server.run(home) == 0, moment
        assert digest(home) == wanted, moment
        assert not list((home / "kept").glob("*.part")), moment


@pytest.mark.parametrize(("error", "calls"), [("ENOSPC", {"openat", "write"}), ("EIO", {"fsync", "write"})])
def test_after_a_failing_disk_it_goes_on_to_the_same_bytes(
    place: Path, server: Server, whole: tuple[str, list[Moment]], error: str, calls: set[str]
) -> None:
    wanted, moments = whole
    for moment in chosen([each for each in moments if each[0] in calls]):
        code, home = harmed(place, server, moment, f"error={error}")
        assert code == 1, f"{moment}: a checkpoint that is not on the disk was taken for one"
        assert server.run(home) == 0, moment
        assert digest(home) == wanted, moment
