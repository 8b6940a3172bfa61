"""What this machine has, and how an attempt is confined to the chips that it was given."""

import logging
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aird.core.settings import Settings
from aird.jobs.house import Seat
from aird.jobs.machines import Chip, Offer

log = logging.getLogger(__name__)

ASK = ("--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits")
VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES")
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
MIB = 2**20


def peak_memory(*, on_chip: bool) -> int:
    """Bytes that this process held at its peak: on its chip, where it used one, else of the machine.

    Of several processes below it the largest counts; torch is asked only where the task has loaded it.
    """
    torch = sys.modules.get("torch")
    if on_chip and torch is not None and torch.cuda.is_available():
        return int(torch.cuda.max_memory_reserved())
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(each).ru_maxrss for each in who) * 1024


def this_machine(settings: Settings) -> Offer:
    """Slots, memory and chips: those of the settings, or those that the driver names."""
    chips = [
        Chip(flavour, index, settings.chip_bytes.get(flavour, 0))
        for flavour, number in settings.chips.items() for index in range(number)
    ] if settings.chips else _found()  # fmt: skip
    return Offer(socket.gethostname(), settings.workers, _memory(), tuple(chips))


def confine(seats: Sequence[Seat], *, machine_has_chips: bool) -> None:
    """Let this process see its own chips alone, and none when it was given none."""
    mine = [str(index) for seat in seats for index in seat.chips]
    if mine or machine_has_chips:
        for name in VISIBLE:
            os.environ[name] = ",".join(mine)


def flavour_of(name: str) -> str:
    """A chip's product name as a flavour: `NVIDIA H100 80GB HBM3` is `h100-80gb-hbm3`."""
    words = [word for word in re.split(r"[^a-z0-9.]+", name.lower()) if word not in ("nvidia", "amd", "tesla", "")]
    return "-".join(words)[:64] or "chip"


def _found() -> list[Chip]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    try:
        answer = subprocess.run([command, *ASK], capture_output=True, text=True, timeout=20, check=True).stdout
        rows = [line.split(", ") for line in answer.splitlines() if line.strip()]
        return [Chip(flavour_of(name), int(index), int(memory) * MIB) for index, name, memory in rows]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.warning("nvidia-smi does not say which chips there are; AIRD_CHIPS can: %s", error)
        return []


def _memory() -> int:
    """Bytes of this machine, or of its container."""
    found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in CGROUP_LIMITS:
        try:
            found = min(found, int(Path(path).read_text()))
        except (OSError, ValueError):  # no such limit
            continue
    return found


def kills_for_memory() -> int:
    """How often the kernel of this machine has killed a process because memory ran out."""
    try:
        fields = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    except OSError:
        return 0
    return int(fields.get("oom_kill", 0))
