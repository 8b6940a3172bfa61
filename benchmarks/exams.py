"""Exams of many versions of one base: `python -m benchmarks.exams DATA [--quick] [--json]`.

DATA is the clinc150 folder.

Twenty adapters of a base sit five multiple-choice exams twice in one run: with aird's runner, which loads the base once
and reads every item's tokens once, and with lm-evaluation-harness run for each version, as its command line does:
`in one process` leaves out what a process costs (imports), `a process each` has it. The same prompts go to both, so the
answers can be compared. One CPU thread each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.exams_school import Size, exams, make_adapter, make_base

BATCH = 16
Answers = dict[str, list[int]]  # exam -> the choice taken of each item


def ours(base: Path, adapters: list[Path], papers: dict[str, list[dict[str, Any]]]) -> tuple[float, list[Answers]]:
    """Seconds from nothing loaded to the last outcome, and the answers of each version."""
    from aird.evaluation import runner
    from aird.evaluation.models import Scorer
    from aird.evaluation.settings import ChoiceSettings
    from aird.runtimes import hf

    began, found = perf_counter(), []
    model = hf.load(base)
    sat = {name: runner.prepare(Scorer.CHOICE, ChoiceSettings(), items) for name, items in papers.items()}
    for number, adapter in enumerate(adapters):
        model.add_adapter(f"v{number}", adapter)
        model.use(f"v{number}")
        sheets = {name: runner.sit(model, exam, batch_size=BATCH) for name, exam in sat.items()}
        found.append({name: [each.chosen or 0 for each in sheet.outcomes] for name, sheet in sheets.items()})
        model.remove_adapter(f"v{number}")
    return perf_counter() - began, found


def theirs(base: Path, adapter: Path, papers: dict[str, list[dict[str, Any]]]) -> tuple[float, Answers]:
    """Seconds that lm_eval takes for one version once it is imported, and the answers."""
    from datasets import Dataset
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    from aird.runtimes import chat

    began = perf_counter()
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
    seconds = perf_counter() - began
    answers = {}
    for name, samples in found["samples"].items():
        ordered = sorted(samples, key=lambda each: each["doc_id"])
        likely = [[answer[0] for answer in sample["filtered_resps"]] for sample in ordered]
        answers[name] = [max(range(len(each)), key=each.__getitem__) for each in likely]
    return seconds, answers


def measure(data: Path, size: Size, versions: int, items: int, processes: int) -> dict[str, Any]:
    """All figures of one run; `processes` versions are also examined by lm_eval in a process each."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ.update(HF_HOME=str(folder / "hub"), HF_HUB_OFFLINE="1", TQDM_DISABLE="1")
        base = make_base(folder / "base", data, size)
        adapters = [make_adapter(folder / f"v{n}", size, n) for n in range(versions)]
        papers = exams(data, items)
        (folder / "papers.json").write_text(json.dumps(papers))
        own, mine = ours(base, adapters, papers)
        harness = [theirs(base, adapter, papers) for adapter in adapters]
        alone = [_timed(lambda a=adapter: _process(folder, base, a)) for adapter in adapters[:processes]]  # type: ignore[misc]
        same = [
            a == b
            for my, (_, their) in zip(mine, harness, strict=True)
            for name in papers
            for a, b in zip(my[name], their[name], strict=True)
        ]
    seconds, each = sum(found for found, _ in harness), sum(alone) / max(1, len(alone))
    return {
        "versions": versions,
        "exams": len(papers),
        "items": sum(map(len, papers.values())),
        "aird_seconds": own,
        "lm_eval_seconds": seconds,
        "lm_eval_process_seconds": each,
        "ratio_in_one_process": seconds / own,
        "ratio_a_process_each": each * versions / own,
        "same_answers": sum(same) / len(same),
    }


def _process(folder: Path, base: Path, adapter: Path) -> None:
    one = [str(folder / "papers.json"), str(base), str(adapter)]
    command = [sys.executable, "-m", "benchmarks.exams", str(folder), "--one", *one]
    subprocess.run(command, check=True, capture_output=True)


def _timed(what: Callable[[], None]) -> float:
    began = perf_counter()
    what()
    return perf_counter() - began


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
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        papers, base, adapter = (Path(each) for each in chosen.one)
        theirs(base, adapter, json.loads(papers.read_text()))
        return
    if chosen.quick:
        chosen.versions, chosen.items, chosen.processes = 3, 20, 1
    size = Size(chosen.hidden, chosen.layers)
    found = measure(chosen.data, size, chosen.versions, chosen.items, chosen.processes)
    if chosen.json:
        print(json.dumps(found))
        return
    print(f"{found['versions']} versions x {found['exams']} exams, {found['items']} items each version")
    print(f"aird                          {found['aird_seconds']:8.1f} s")
    print(f"lm_eval, in one process       {found['lm_eval_seconds']:8.1f} s  {found['ratio_in_one_process']:5.1f} x")
    whole = found["lm_eval_process_seconds"] * found["versions"]
    print(
        f"lm_eval, a process each       {whole:8.1f} s  {found['ratio_a_process_each']:5.1f} x  (of the mean of a few)"
    )
    print(f"same answers                  {found['same_answers']:8.1%}")


if __name__ == "__main__":
    main()
