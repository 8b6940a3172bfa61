"""Which way of holding exams with many adapters of one base is fastest: `python -m benchmarks.exams_ways DATA`.

Three ways, same items, same adapters, in turn in one run: an adapter in force for a whole exam; an adapter in force
for a batch, every adapter before the next batch; and rows of different adapters in one batch, as PEFT offers them.
Each way answers the choices in the same manner, so that only the way differs.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from aird.evaluation.scorers.papers import Paper
from aird.runtimes import hf
from aird.runtimes.greedy import pad_left
from aird.runtimes.hf import LoadedModel
from benchmarks.exams_school import Size, exams, make_adapter, make_base

BATCH = 16


class Ways:
    """The base with its adapters, and the prompts with their choices as rows of tokens."""

    def __init__(self, model: LoadedModel, items: list[dict[str, Any]]) -> None:
        self.model = model
        paper = Paper()
        prompts, choices = paper.prompts(model, items), paper.choices(model, items)
        order = sorted(range(len(items)), key=lambda i: len(prompts[i]))
        self.rows = [(prompts[i], choices[i]) for i in order]

    def by_exam(self) -> list[list[int]]:
        """An adapter for the whole exam."""
        return [
            [chosen for batch in self._batches(BATCH) for chosen in self._chosen(batch, name)]
            for name in self.model.adapters
        ]

    def by_batch(self) -> list[list[int]]:
        """Every adapter before the next batch."""
        found: dict[str, list[int]] = {name: [] for name in self.model.adapters}
        for batch in self._batches(BATCH):
            for name in self.model.adapters:
                found[name] += self._chosen(batch, name)
        return list(found.values())

    def mixed(self) -> list[list[int]]:
        """The same question of several adapters in one batch."""
        names = self.model.adapters
        found: dict[str, list[int]] = {name: [] for name in names}
        together = max(1, BATCH // len(names))
        for batch in self._batches(together):
            rows = [row for name in names for row in batch]
            owners = [self.model._slots[name] for name in names for _ in batch]
            chosen = iter(self._score(rows, owners))
            for name in names:
                found[name] += [next(chosen) for _ in batch]
        return list(found.values())

    def _batches(self, size: int) -> list[list[Any]]:
        return [self.rows[start : start + size] for start in range(0, len(self.rows), size)]

    def _chosen(self, batch: list[Any], name: str) -> list[int]:
        self.model.use(name)
        return self._score(batch, None)

    @torch.inference_mode()
    def _score(self, batch: list[Any], owners: list[str] | None) -> list[int]:
        rows = [prompt + choice for prompt, choices in batch for choice in choices]
        names = None if owners is None else [o for o, row in zip(owners, batch, strict=True) for _ in row[1]]
        ids, mask = pad_left(rows, self.model.device)
        keep = max(len(choice) for _, choices in batch for choice in choices) + 1
        more = {} if names is None else {"adapter_names": names}
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = self.model.network(
            input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep, **more
        ).logits.log_softmax(-1)
        scores, row = [], 0
        for _, choices in batch:
            some = []
            for choice in choices:
                places = range(logits.shape[1] - len(choice) - 1, logits.shape[1] - 1)
                some.append(sum(float(logits[row, p, t]) for p, t in zip(places, choice, strict=True)))
                row += 1
            scores.append(max(range(len(some)), key=some.__getitem__))
        return scores


def measure(data: Path, size: Size, versions: int, items: int, rounds: int) -> dict[str, Any]:
    """The best time of each way in seconds, and whether all gave the same answers."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = hf.load(make_base(folder / "base", data, size))
        for number in range(versions):
            model.add_adapter(f"v{number}", make_adapter(folder / f"v{number}", size, number))
        ways = Ways(model, exams(data, items)["banking"])
        tried: dict[str, Callable[[], list[list[int]]]] = {
            "an adapter an exam": ways.by_exam,
            "an adapter a batch": ways.by_batch,
            "adapters mixed in a batch": ways.mixed,
        }
        best, answers = dict.fromkeys(tried, float("inf")), {}
        for _ in range(rounds):
            for name, way in tried.items():
                began = perf_counter()
                answers[name] = way()
                best[name] = min(best[name], perf_counter() - began)
    return {"seconds": best, "same_answers": len({json.dumps(each) for each in answers.values()}) == 1}


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the clinc150 folder")
    parser.add_argument("--versions", type=int, default=8)
    parser.add_argument("--items", type=int, default=64)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = measure(chosen.data, Size(chosen.hidden, chosen.layers), chosen.versions, chosen.items, chosen.rounds)
    if chosen.json:
        print(json.dumps(found))
        return
    for name, seconds in found["seconds"].items():
        print(f"{name:28} {seconds:7.2f} s")
    print("same answers" if found["same_answers"] else "THE ANSWERS DIFFER")


if __name__ == "__main__":
    main()
