"""What each process of a training runs that launch.py started: `python -m aird.training.recipes.launched <folder>`."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.distributed as together

from aird.core.errors import AirdError
from aird.training.recipes import ranks, sft
from aird.training.recipes.loop import vars_of
from aird.training.recipes.progress import Progress, never
from aird.training.settings import SftSettings


def main(folder: Path) -> None:
    """Join the others, train, and let the first of all write what came out."""
    chips = torch.cuda.is_available()
    together.init_process_group("nccl" if chips else "gloo")
    if chips:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    call: dict[str, Any] = json.loads((folder / "call.json").read_text(encoding="utf-8"))
    for name in ("start_adapter", "checkpoints"):
        if call.get(name):
            call[name] = Path(call[name])
    with (folder / "items.jsonl").open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    settings, base, out = (
        SftSettings.model_validate(call.pop("settings")),
        Path(call.pop("base")),
        Path(call.pop("out")),
    )
    first = ranks.rank() == 0

    def report(progress: Progress) -> None:
        if first:
            with (folder / "told.jsonl").open("a", encoding="utf-8") as told:
                told.write(json.dumps(asdict(progress)) + "\n")

    pause = (folder / "pause").exists if first else never
    try:
        result = sft.train(settings, base, items, out, report=report, pause=pause, **call)
    except AirdError as error:
        if first:
            told = {"kind": type(error).__name__, "message": error.message, "params": error.params}
            (folder / "error.json").write_text(json.dumps(told, default=str), encoding="utf-8")
        return
    finally:
        together.destroy_process_group()
    if first:
        (folder / "result.json").write_text(json.dumps(vars_of(result)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
