"""Run mergekit where it can do no harm: a process with limits, no network, its own empty caches, and nobody's files.

mergekit takes any name for a repository of the public Hub, keeps what it fetched and what it made of adapters in
caches that it trusts by their mere existence, and reads whatever path it is given. So it gets plain names of folders
that were laid out for this one run, and everything it could remember is a folder of this run too. Whether its result
is any good is for the intake to say: a clean exit alone proves nothing.
"""

import contextlib
import json
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.catalog.intake.files import TEXT_FILES, WEIGHTS
from aird.jobs.executors import containment
from aird.merge.methods import dense_files
from aird.merge.methods.errors import MergeNotPossible

INPUTS = "in"
SHARD_PARAMETERS = 500_000_000
"""mergekit keeps a whole output shard in memory before it writes it."""
SEED = 0
PATIENCE_SECONDS = 900.0
SLOWEST = 4 * 2**20
"""Bytes of input per second that a run may take at most, beside PATIENCE_SECONDS."""
ROOM = 8 * 2**30
LAST_WORDS = 65536
"""Bytes of what it said at the end, of which a refusal tells the last line."""
NOWHERE = "http://127.0.0.1:9"

_runner = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Order:
    """One merge: a configuration whose references are folders below `in`, in the order of the recipe; where to."""

    config: Mapping[str, Any]
    order: Sequence[str]
    out: str


@dataclass(frozen=True)
class Done:
    """What came of an order."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Limits:
    """What the process may take, in bytes and seconds."""

    memory: int
    file: int
    wall: float

    @classmethod
    def for_inputs(cls, size: int) -> "Limits":
        """For models of `size` bytes in all: mapped, held and converted to a type twice as wide at the same time."""
        return cls(memory=6 * size + ROOM, file=4 * size + 2**28, wall=PATIENCE_SECONDS + size / SLOWEST)


def place(name: str) -> str:
    """How a configuration names the folder `name` of the inputs."""
    if not re.fullmatch(r"[a-z0-9-]{1,160}", name):
        raise ValueError(f"{name!r} is no plain name")
    return f"{INPUTS}/{name}"


def run(
    orders: Sequence[Order],
    folder: Path,
    *,
    threads: int = 1,
    limits: Limits | None = None,
    report: Callable[[int, int], None] | None = None,
    log: Callable[[str], None] | None = None,
) -> list[Done]:
    """Do the orders one after the other in one process. `folder` holds the models in `in`; results lie beside it.

    Raises MergeNotPossible when mergekit does not come to an end of its own, with what it said last.
    """
    inputs = folder / INPUTS
    before = _state(inputs)
    limits = limits or Limits.for_inputs(sum(size for _, size in before.values()))
    request = {
        "parent": os.getpid(),
        "threads": threads,
        "seed": SEED,
        "shard_parameters": SHARD_PARAMETERS,
        "limits": {"memory": limits.memory, "file": limits.file, "cpu": int(limits.wall * threads) + 1},
        "merges": [{"config": dict(each.config), "order": list(each.order), "out": each.out} for each in orders],
    }
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    with (folder / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            # Not -I: the order of sets must be the same every time, which the environment says.
            [sys.executable, "-s", "-P", "-B", str(_runner)],
            cwd=folder,
            env=_environment(folder, threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            done = _follow(child, json.dumps(request).encode(), limits.wall, report, log)
        finally:
            _end(child)
    if child.returncode != 0 or len(done) != len(orders):
        raise MergeNotPossible(_why(child.returncode, folder, limits))
    if _state(inputs) != before:
        raise MergeNotPossible("mergekit changed the models that it was given to read. Its result is not used.")
    return done


def _follow(
    child: subprocess.Popen[bytes],
    request: bytes,
    wall: float,
    report: Callable[[int, int], None] | None,
    log: Callable[[str], None] | None,
) -> list[Done]:
    """Pass on what the process says until it ends or its time is up."""
    if child.stdin is None or child.stdout is None:
        raise ValueError("the process has no pipes")
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(request)
        child.stdin.close()
    found: list[Done] = []
    deadline, rest = time.monotonic() + wall, b""
    with selectors.DefaultSelector() as waiting, child.stdout:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not waiting.select(min(left, 5.0)):
                continue
            block = os.read(child.stdout.fileno(), 65536)
            if not block:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=10)
                break
            *lines, rest = (rest + block).split(b"\n")
            for message in map(json.loads, lines):
                if "done" in message:
                    found.append(Done(message["seconds"], message["peak_bytes"]))
                elif "step" in message and report is not None:
                    report(message["step"], message["total"])
                elif "cage" in message and log is not None:
                    log(f"mergekit runs apart: {json.dumps(message['cage'])}")
    return found


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nothing of it may go on, whatever happened here."""
    if child.poll() is None:
        containment.kill_all([*containment.descendants(child.pid), child.pid])
        child.wait()


def _environment(folder: Path, threads: int) -> dict[str, str]:
    home, number = str(folder / "home"), str(threads)
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {
        **{"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "TMPDIR": str(folder / "tmp")},
        **{"HOME": home, "HF_HOME": f"{home}/hf", "XDG_CACHE_HOME": f"{home}/cache", "TORCH_HOME": f"{home}/torch"},
        **{"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "DO_NOT_TRACK": "1"},
        **{"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"},
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE),
        **{"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, "RAYON_NUM_THREADS": number},
        **{"TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": ""},
    }


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """When every file was changed and how long it is."""
    found = {str(path): path.stat() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {path: (each.st_mtime_ns, each.st_size) for path, each in found.items()}


def _why(status: int | None, folder: Path, limits: Limits) -> str:
    with (folder / "stderr").open("rb") as stream:  # it may be as long as a file of a model
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - LAST_WORDS))
        raw = stream.read(LAST_WORDS).decode("utf-8", "replace")
    said = [line.strip() for line in raw.splitlines() if line.strip()]
    last = next((line for line in reversed(said) if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)), "")
    words = last or (said[-1] if said else "nothing")
    if status is not None and status < 0:
        words = (
            f"it was ended by signal {-status}; it may take {limits.memory >> 20} MiB of memory, files of"
            f" {limits.file >> 20} MiB and {limits.wall:.0f} seconds"
        )
    shown = words.replace(str(folder), "")[:600]
    return f"mergekit did not finish: {shown}. Correct the recipe, or choose other versions."


def collect(found: Path, out: Path) -> list[str]:
    """Move what belongs to a model from mergekit's folder to `out`, its config cleaned; returns what was left behind.

    Left behind are cards and recipes with the names of folders, and anything that is no plain file.
    """
    out.mkdir(parents=True, exist_ok=True)
    left = []
    for path in sorted(found.iterdir()):
        plain = path.is_file() and not path.is_symlink()
        wanted = path.name in TEXT_FILES and path.name != "README.md"
        if plain and (wanted or WEIGHTS.fullmatch(path.name)):
            path.replace(out / path.name)
            (out / path.name).chmod(0o644)
        else:
            left.append(path.name)
    config = out / "config.json"
    if config.is_file():
        dense_files.write_config(json.loads(config.read_text(encoding="utf-8")), out)
    return left
