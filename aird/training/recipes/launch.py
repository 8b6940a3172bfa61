"""One training by several processes of this machine, one per chip: torchrun starts them, they share every update.

They talk to whoever ordered the training through files: what it shall do, what it tells, what it came to, and whether
it shall pause. So it makes no difference to them whether that is a job or a person. On a CPU they use gloo, on chips
NCCL, and nothing but this machine's own addresses.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from aird.core.errors import AirdError
from aird.runtimes import errors as runtime_errors
from aird.training.recipes import errors
from aird.training.recipes.batches import Item
from aird.training.recipes.progress import Pause, Progress, Report, TrainResult, never

POLL = 0.2
PATIENCE = 15.0  # seconds between asking the processes to end and ending them
LAST_LINES = 2000  # characters of their output that an error shows


class ProcessesFailed(RuntimeError):
    """A process of the training ended without saying why."""


def train(
    processes: int,
    settings: Mapping[str, Any],
    base: Path,
    items: Sequence[Item],
    out: Path,
    *,
    report: Report,
    pause: Pause = never,
    **more: Any,
) -> TrainResult:
    """sft.train by so many processes; `settings` as plain JSON. Raises what sft.train raises, and ProcessesFailed."""
    with tempfile.TemporaryDirectory(prefix="launch-", dir=out.parent) as place:
        folder = Path(place)
        call = {"settings": dict(settings), "base": base, "out": out, **more}
        with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(item) + "\n" for item in items)
        (folder / "call.json").write_text(json.dumps(call, default=str), encoding="utf-8")
        with (folder / "output").open("wb") as output:
            torchrun = subprocess.Popen(
                _command(processes, folder), stdout=output, stderr=subprocess.STDOUT, env=_environment()
            )
            try:
                _follow(torchrun, folder, report, pause)
            finally:
                _end(torchrun)
        return _result(folder, torchrun.returncode)


def _command(processes: int, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run", "--nnodes=1", f"--nproc-per-node={processes}"),
        *("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1", "--max-restarts=0"),
        *("--module", "aird.training.recipes.launched", str(folder)),
    ]


def _environment() -> dict[str, str]:
    return {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo", **os.environ}


def _follow(torchrun: "subprocess.Popen[bytes]", folder: Path, report: Report, pause: Pause) -> None:
    """Pass on what is told until the processes have ended, and the wish to pause to them."""
    told = folder / "told.jsonl"
    told.touch()
    with told.open(encoding="utf-8") as file:
        while True:
            ended = torchrun.poll() is not None
            for line in _whole(file):
                report(Progress(**json.loads(line)))
            if ended:
                return
            if pause():
                (folder / "pause").touch()
            time.sleep(POLL)


def _whole(file: TextIO) -> Iterator[str]:
    """The lines that were written to their end since the last look."""
    while True:
        at = file.tell()
        line = file.readline()
        if not line.endswith("\n"):
            file.seek(at)
            return
        yield line


def _end(torchrun: "subprocess.Popen[bytes]") -> None:
    if torchrun.poll() is None:
        torchrun.terminate()
        try:
            torchrun.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            torchrun.kill()
            torchrun.wait()


def _result(folder: Path, code: int) -> TrainResult:
    """What the first process wrote at its end. Raises what it raised."""
    if (folder / "error.json").is_file():
        error = json.loads((folder / "error.json").read_text(encoding="utf-8"))
        raise _known(error["kind"])(error["message"], **error["params"])
    if not (folder / "result.json").is_file():
        last = (folder / "output").read_text(encoding="utf-8", errors="replace")[-LAST_LINES:]
        raise ProcessesFailed(f"The processes of the training ended with code {code}. Their last words: {last}")
    return TrainResult(**json.loads((folder / "result.json").read_text(encoding="utf-8")))


def _known(kind: str) -> type[AirdError]:
    found = getattr(errors, kind, None) or getattr(runtime_errors, kind, None)
    return found if isinstance(found, type) and issubclass(found, AirdError) else AirdError
