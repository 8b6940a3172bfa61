"""Exams of many versions of one base: `python -m benchmarks.exams DATA [--quick] [--json]`.

DATA is the clinc150 folder.

Twenty adapters of a base sit five multiple-choice exams twice in one run, version by version in turn: with aird's
runner, which loads the base once and reads every item's tokens once, and with lm-evaluation-harness run for each
version, as its command line does. `in one process` leaves out what a process costs (imports); `a process each` has it,
beside one process of ours for all versions. The same prompts go to both in batches of as many rows, so the answers
can be compared. CPU seconds of one thread each.
"""

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

import torch

from benchmarks.exams_school import Size, exams, make_adapter, make_base

BATCH = 16
Answers = dict[str, list[int]]  # exam -> the choice taken of each item
Papers = dict[str, list[dict[str, Any]]]
Found = TypeVar("Found")


def ours(base: Path, adapters: list[Path], papers: Papers) -> Iterator[Answers]:
    """The answers of each version, one after the other; nothing is loaded before the first is asked for."""
    from aird.evaluation import runner
    from aird.evaluation.models import Scorer
    from aird.evaluation.settings import ChoiceSettings
    from aird.runtimes import hf

    model = hf.load(base)
    sat = {name: runner.prepare(Scorer.CHOICE, ChoiceSettings(), items) for name, items in papers.items()}
    for number, adapter in enumerate(adapters):
        model.add_adapter(f"v{number}", adapter)
        model.use(f"v{number}")
        sheets = {name: runner.sit(model, exam, batch_size=BATCH) for name, exam in sat.items()}
        model.remove_adapter(f"v{number}")
        yield {name: [each.chosen or 0 for each in sheet.outcomes] for name, sheet in sheets.items()}


def theirs(base: Path, adapter: Path, papers: Papers) -> Answers:
    """The answers of one version by lm_eval."""
    from datasets import Dataset
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    from aird.runtimes import chat

    torch.set_num_threads(1)
    model = HFLM(pretrained=str(base), peft=str(adapter), device="cpu", dtype="float32", batch_size=BATCH)
    end = model.tokenizer.eos_token

    def documents(items: list[dict[str, Any]]) -> Any:
        rows = [
            {
                "asked": chat.prompt_text(model.tokenizer, item["messages"]),
                "choices": [f"{each}{end}" for each in item["choices"]],
                "answer": item["answer"],
            }
            for item in items
        ]
        return lambda **_: {"test": Dataset.from_list(rows)}

    tasks = [
        {
            "task": name,
            "custom_dataset": documents(items),
            "test_split": "test",
            "output_type": "multiple_choice",
            "doc_to_text": "{{asked}}",
            "doc_to_choice": "choices",
            "doc_to_target": "answer",
            "target_delimiter": "",
            "metric_list": [{"metric": "acc"}],
        }
        for name, items in papers.items()
    ]
    manager = TaskManager(include_defaults=False)
    found = simple_evaluate(model=model, tasks=tasks, task_manager=manager, bootstrap_iters=0, log_samples=True)
    answers = {}
    for name, samples in found["samples"].items():
        ordered = sorted(samples, key=lambda each: each["doc_id"])
        likely = [[answer[0] for answer in sample["filtered_resps"]] for sample in ordered]
        answers[name] = [max(range(len(each)), key=each.__getitem__) for each in likely]
    return answers


def measure(data: Path, size: Size, versions: int, items: int, processes: int) -> dict[str, Any]:
    """All figures of one run; `processes` versions are also examined by lm_eval in a process each."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ.update(HF_HOME=str(folder / "hub"), HF_HUB_OFFLINE="1", TQDM_DISABLE="1")
        base = make_base(folder / "base", data, size)
        adapters = [make_adapter(folder / f"v{n}", size, n) for n in range(versions)]
        papers = exams(data, items)
        (folder / "papers.json").write_text(json.dumps(papers))
        alone = [_process(folder, base, [each], "lm_eval") for each in adapters[:processes]]  # imports for all
        together = _process(folder, base, adapters, "aird")
        sitting, own, harness = ours(base, adapters, papers), 0.0, 0.0
        mine: list[Answers] = []
        their: list[Answers] = []
        _warm_up()
        for adapter in adapters:
            seconds, found = _timed(lambda: next(sitting))
            own, mine = own + seconds, [*mine, found]
            seconds, found = _timed(lambda a=adapter: theirs(base, a, papers))  # type: ignore[misc]
            harness, their = harness + seconds, [*their, found]
        same = [
            a == b
            for one, other in zip(mine, their, strict=True)
            for name in papers
            for a, b in zip(one[name], other[name], strict=True)
        ]
    each = sum(alone) / max(1, len(alone))
    return {
        "versions": versions,
        "exams": len(papers),
        "items": sum(map(len, papers.values())),
        "aird_seconds": own,
        "aird_process_seconds": together,
        "lm_eval_seconds": harness,
        "lm_eval_process_seconds": each,
        "ratio_in_one_process": harness / own,
        "ratio_a_process_each": each * versions / together,
        "same_answers": sum(same) / len(same),
    }


def _process(folder: Path, base: Path, adapters: list[Path], side: str) -> float:
    """CPU seconds of a process that examines these versions, its start included."""
    command = [sys.executable, "-m", "benchmarks.exams", str(folder), "--side", side, str(base), *map(str, adapters)]
    before = _children()
    subprocess.run(command, check=True, capture_output=True)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _warm_up() -> None:
    """Import what both sides import, so that neither pays for it."""
    import lm_eval.evaluator
    import lm_eval.models.huggingface  # noqa: F401

    import aird.evaluation.runner
    import aird.runtimes.hf  # noqa: F401


def _timed(what: Callable[[], Found]) -> tuple[float, Found]:
    gc.collect()
    began = process_time()
    found = what()
    return process_time() - began, found


def _examine(folder: Path, side: str, base: Path, adapters: list[Path]) -> None:
    papers = json.loads((folder / "papers.json").read_text())
    if side == "aird":
        list(ours(base, adapters, papers))
    for adapter in adapters if side == "lm_eval" else ():
        theirs(base, adapter, papers)


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the clinc150 folder")
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--items", type=int, default=60, help="of each exam")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--processes", type=int, default=2, help="versions that lm_eval examines in a process each")
    parser.add_argument("--quick", action="store_true", help="three versions and 20 items")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        side, base, *adapters = chosen.side
        _examine(chosen.data, side, Path(base), [Path(each) for each in adapters])
        return
    if chosen.quick:
        chosen.versions, chosen.items, chosen.processes = 3, 20, 1
    size = Size(chosen.hidden, chosen.layers)
    found = measure(chosen.data, size, chosen.versions, chosen.items, chosen.processes)
    if chosen.json:
        print(json.dumps(found))
        return
    print(f"{found['versions']} versions x {found['exams']} exams, {found['items']} items each version")
    whole = found["lm_eval_process_seconds"] * found["versions"]
    for name, own, their in (
        ("in one process", found["aird_seconds"], found["lm_eval_seconds"]),
        ("a process each", found["aird_process_seconds"], whole),  # lm_eval's from the mean of a few
    ):
        print(f"{name:16} aird {own:8.1f} CPU s   lm_eval {their:8.1f} CPU s   {their / own:5.1f} x")
    print(f"same answers     {found['same_answers']:8.1%}")


if __name__ == "__main__":
    main()
