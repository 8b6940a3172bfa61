"""One training by several processes, one per chip, of this machine or of several: torchrun starts them, they share
every update.

They talk to whoever ordered the training through files: what it shall do, what it tells, what it came to, and whether
it shall pause. So it makes no difference to them whether that is a job or a person. On a CPU they use gloo, on chips
NCCL; on one machine nothing but its own addresses.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Meeting:
    """Several machines at one training: this one is number `node` of `nodes`, the first is at `address` (host:port).

    `interface` is the network interface on which they reach each other, where that is known.
    """

    nodes: int
    node: int
    address: str
    interface: str | None = None


def train(
    processes: int,
    settings: Mapping[str, Any],
    base: Path,
    items: Sequence[Item],
    out: Path,
    *,
    report: Report,
    pause: Pause = never,
    meeting: Meeting | None = None,
    **more: Any,
) -> TrainResult:
    """sft.train by so many processes here, and on every machine of a `meeting`; `settings` as plain JSON.

    The first machine reports, keeps checkpoints and has the result. Raises what sft.train raises, and ProcessesFailed.
    """
    with tempfile.TemporaryDirectory(prefix="launch-", dir=out.parent) as place:
        folder = Path(place)
        code = _run(
            processes,
            folder,
            {"settings": dict(settings), "base": base, "out": out, **more},
            items,
            meeting,
            report,
            pause,
        )
        return _result(folder, code)


def assist(
    processes: int,
    settings: Mapping[str, Any],
    base: Path,
    items: Sequence[Item],
    out: Path,
    *,
    meeting: Meeting,
    **more: Any,
) -> None:
    """The part of another machine than the first in a training; `more` as of the first, its `checkpoints` a folder of
    this machine where the first has one. Raises ProcessesFailed."""
    with tempfile.TemporaryDirectory(prefix="launch-", dir=out.parent) as place:
        folder = Path(place)
        call = {"settings": dict(settings), "base": base, "out": out, **more}
        code = _run(processes, folder, call, items, meeting, _unheard, never)
        if code:
            raise ProcessesFailed(_last_words(folder, code))


def _unheard(progress: Progress) -> None:
    """Only the first machine tells how far they are."""


def _run(
    processes: int,
    folder: Path,
    call: Mapping[str, Any],
    items: Sequence[Item],
    meeting: Meeting | None,
    report: Report,
    pause: Pause,
) -> int:
    """Have torchrun start them and wait for their end; gives its exit status."""
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    (folder / "call.json").write_text(json.dumps(call, default=str), encoding="utf-8")
    with (folder / "output").open("wb") as output:
        torchrun = subprocess.Popen(
            _command(processes, folder, meeting), stdout=output, stderr=subprocess.STDOUT, env=_environment(meeting)
        )
        try:
            _follow(torchrun, folder, report, pause)
        finally:
            _end(torchrun)
    return torchrun.returncode


def _command(processes: int, folder: Path, meeting: Meeting | None) -> list[str]:
    if meeting is None:
        where = ["--nnodes=1", "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"]
    else:
        host, _, port = meeting.address.rpartition(":")
        where = [f"--nnodes={meeting.nodes}", f"--node-rank={meeting.node}"]
        where += [f"--master-addr={host}", f"--master-port={port}"]
    return [
        *(sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}", "--max-restarts=0", *where),
        *("--module", "aird.training.recipes.launched", str(folder)),
    ]


def _environment(meeting: Meeting | None) -> dict[str, str]:
    interface = "lo" if meeting is None else meeting.interface
    names = {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": interface} if interface else {}
    return {"OMP_NUM_THREADS": "1", **names, **os.environ}


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
        raise ProcessesFailed(_last_words(folder, code))
    return TrainResult(**json.loads((folder / "result.json").read_text(encoding="utf-8")))


def _last_words(folder: Path, code: int) -> str:
    last = (folder / "output").read_text(encoding="utf-8", errors="replace")[-LAST_LINES:]
    return f"The processes of the training ended with code {code}. Their last words: {last}"


def _known(kind: str) -> type[AirdError]:
    found = getattr(errors, kind, None) or getattr(runtime_errors, kind, None)
    return found if isinstance(found, type) and issubclass(found, AirdError) else AirdError
