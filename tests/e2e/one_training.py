"""Imports once what trainings need, then trains in each folder that it reads, in a fork of its own.

The fork stops itself first, so that whoever watches its system calls can take hold of it. It trains the model in
`../base`, writes a checkpoint into `kept` after every step, and the adapter into `out`.
"""

import os
import signal
import sys
from pathlib import Path

from aird.training.recipes import sft
from aird.training.recipes.progress import Progress
from aird.training.settings import LoraSettings, SftSettings

SETTINGS = SftSettings(
    steps=4, batch_size=2, learning_rate=1e-2, max_length=64, lora=LoraSettings(r=2, alpha=4, dropout=0.1)
)
ITEMS = [
    {"messages": [{"role": "user", "content": f"Mail {n}"}, {"role": "assistant", "content": f"Queue {n}."}]}
    for n in range(6)
]


def quiet(progress: Progress) -> None:
    """Watch nothing."""


def do(folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    sft.train(
        SETTINGS,
        folder.parent / "base",
        ITEMS,
        folder / "out",
        report=quiet,
        checkpoints=folder / "kept",
        checkpoint_seconds=0,
    )


def main() -> None:
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
