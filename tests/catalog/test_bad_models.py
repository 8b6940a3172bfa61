"""Several hundred bad models, each refused with the right reason in under 5 seconds and 512 MB; measured, not assumed.

Each is a good folder with one thing spoilt, and the good folders are measured beside them.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.catalog import conftest as good
from tests.catalog.bad_models import Bad, cases

pytestmark = pytest.mark.slow  # the first of them waits for all to be measured
CASES = cases()
SECONDS = 5.0
BYTES = 512 * 1024 * 1024
ROOT = Path(__file__).parents[2]


def fingerprint(folder: Path) -> str:
    """What is in a folder; of a huge file its size and its beginning."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            found.append((path.name, "link", str(path.readlink())))
        elif path.is_file():
            with path.open("rb") as stream:
                found.append((path.name, str(path.stat().st_size), hashlib.sha256(stream.read(1 << 23)).hexdigest()))
        else:
            found.append((path.name, "folder", ""))
    return str(found)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the door said to each, how fast, and with how much memory."""
    home = tmp_path_factory.mktemp("bad")
    folders = {"base": good.write_base(home / "good-base"), "adapter": good.write_adapter(home / "adapter")}
    prints: set[str] = set()
    order: list[tuple[str, str, bool]] = [(kind, str(folder), kind == "adapter") for kind, folder in folders.items()]
    for number, bad in enumerate(CASES):
        folder = home / str(number)
        shutil.copytree(folders[bad.kind], folder)
        bad.spoil(folder)
        prints.add(fingerprint(folder))
        order.append((str(number), str(folder), bad.kind == "adapter"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.catalog.measured"],
        input=json.dumps({"base": str(folders["base"]), "folders": order}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    found["all"] = {
        "distinct": len(prints),
        "seconds": max(each["seconds"] for each in found.values()),
        "wall": max(each["wall"] for each in found.values()),
        "bytes": max(each["bytes"] for each in found.values()),
    }
    return found


def test_the_good_folders_that_are_spoilt_are_taken(answers: dict[str, dict[str, Any]]) -> None:
    assert [answers[kind].get("kind") for kind in ("base", "adapter")] == ["base", "adapter"], answers


@pytest.mark.parametrize(("number", "bad"), list(enumerate(CASES)), ids=[bad.name for bad in CASES])
def test_a_bad_model_is_refused_fast_and_small(answers: dict[str, dict[str, Any]], number: int, bad: Bad) -> None:
    answer = answers[str(number)]
    assert answer.get("reason") in bad.reasons, answer
    assert (answer["status"], answer["message"].isprintable(), len(answer["message"]) < 800) == (422, True, True)
    assert answer["bytes"] < BYTES
    assert answer["seconds"] < SECONDS, answer


def test_there_are_hundreds_of_different_ones(answers: dict[str, dict[str, Any]]) -> None:
    assert answers["all"]["distinct"] > 600, answers["all"]
    assert len({bad.name for bad in CASES}) == len(CASES)
