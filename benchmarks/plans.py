"""What a career plan forgets: `python -m benchmarks.plans DATA [--seeds 0] [--quick] [--json]`.

DATA is the clinc150 folder. A small base, then the five departments as five stages, one after the other, by each way
to go on learning: one adapter trained on and on; SLAO; adapters of the common base merged by TSV, and the same with a
short finish without labels (KL from the stages' adapters); and, to compare, one adapter on the labelled questions of
all. After every stage the version sits every department's test questions: the matrix R. Shown are the mean of the last
row (AA), the mean change of what was learnt before (BWT), the worst fall of any exam, in points, and the time beyond
the stages' own training. All versions have rank 8, and every stage learns for the same number of steps.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from aird.merge.methods.files import merge_adapters
from aird.merge.search.bench import Bench
from aird.planning import forgetting
from aird.training.recipes import distill, sft, slao
from aird.training.recipes.distill import Teacher
from aird.training.settings import SftSettings
from aird.training.settings_distill import DistillSettings
from benchmarks.main_job_data import DataMissing
from benchmarks.rotation_quality_school import MAX_LENGTH, QUICK, RANK, Lessons, School, now, quiet, score

WAYS = ("sequential", "slao", "tsv", "tsv+kl", "joint")
Row = dict[str, float]


class Career:
    """All ways of one seed; `rows` holds R by way, a row for each stage."""

    def __init__(self, school: School, finish_steps: int, say: Callable[[str], None]) -> None:
        self.school, self.finish_steps, self.say = school, finish_steps, say
        school.raise_base()
        self.stages = [each.key for each in school.departments]
        self.own = school.specialists()
        self.bench = Bench(school.base, self.own, school.folder / f"bench-{school.seed}")
        self.rows: dict[str, list[Row]] = {}
        self.seconds: dict[str, float] = dict.fromkeys(WAYS, 0.0)

    def run(self, ways: Sequence[str]) -> None:
        """Go through the stages by each of these ways."""
        steps: dict[str, Callable[[], None]] = {
            "sequential": self._sequential,
            "slao": self._slao,
            "tsv": lambda: self._merged("tsv", finish=False),
            "tsv+kl": lambda: self._merged("tsv+kl", finish=True),
            "joint": lambda: self._sit("joint", self.school.joint()),
        }
        for way in ways:
            steps[way]()

    def _sequential(self) -> None:
        adapter = self.own[0]
        self._sit("sequential", adapter)
        for number in range(1, len(self.stages)):
            adapter = self._learn(f"sequential-{number}", number, adapter)
            self._sit("sequential", adapter)

    def _slao(self) -> None:
        tuned = merged = self.own[0]
        self._sit("slao", merged)
        for number in range(1, len(self.stages)):
            began = now()
            start = slao.start(tuned, self._new(f"slao-start-{number}"))
            self.seconds["slao"] += now() - began
            tuned = self._learn(f"slao-tuned-{number}", number, start)
            began = now()
            merged = slao.merge(merged, tuned, number + 1, self._new(f"slao-merged-{number}"))
            self.seconds["slao"] += now() - began
            self._sit("slao", merged)

    def _merged(self, way: str, *, finish: bool) -> None:
        self._sit(way, self.own[0])
        for number in range(1, len(self.stages)):
            began = now()
            adapters = self.own[: number + 1]
            out = self._new(f"{way}-{number}")
            merge_adapters("tsv", adapters, [1.0] * len(adapters), out, rank=RANK)
            if finish:
                out = self._finish(adapters, out, self._new(f"{way}-finished-{number}"))
            self.seconds[way] += now() - began
            self._sit(way, out)

    def _learn(self, name: str, number: int, start: Path) -> Path:
        """One stage's training, from an adapter on."""
        lessons, out = self.school.lessons, self._new(name)
        settings = SftSettings.model_validate(
            {
                "steps": lessons.specialist_steps, "batch_size": 32, "learning_rate": lessons.specialist_rate,
                "seed": self.school.seed, "max_length": MAX_LENGTH,
                "lora": {"r": RANK, "alpha": lessons.alpha},
            }
        )  # fmt: skip
        items = self.school.split(number, "train")
        sft.train(settings, self.school.base, items, out, report=quiet, start_adapter=start)
        return out

    def _finish(self, teachers: Sequence[Path], start: Path, out: Path) -> Path:
        settings = DistillSettings.model_validate(
            {
                "steps": self.finish_steps, "batch_size": 32, "learning_rate": self.school.lessons.finish_rate,
                "seed": self.school.seed, "max_length": MAX_LENGTH, "max_new_tokens": 12,
                "lora": {"r": RANK, "alpha": self.school.lessons.alpha},
            }
        )  # fmt: skip
        base = self.school.base
        found = [Teacher(base, each, self.school.split(n, "unlabelled")) for n, each in enumerate(teachers)]
        distill.distill(settings, found, base, start, out, report=quiet)
        return out

    def _new(self, name: str) -> Path:
        return self.school.folder / f"plans-{name}-{self.school.seed}"

    def _sit(self, way: str, adapter: Path) -> None:
        """Every department's test questions."""
        self.bench.model.add_adapter(way, adapter)
        self.bench.model.use(way)
        row = {stage: score(self.bench, self.school.exam(number)) for number, stage in enumerate(self.stages)}
        self.bench.model.remove_adapter(way)
        self.rows.setdefault(way, []).append(row)
        self.say(f"  {way}, stage {len(self.rows[way])}: {mean(row.values()):.3f}")

    def found(self) -> dict[str, Any]:
        """R by way and what is read from it."""
        trained = sum(spent for work, spent in self.school.seconds.items() if work.startswith("specialist-"))
        return {
            way: {
                "matrix": rows,
                "seconds": self.seconds[way],
                "training_seconds": trained,
                **measures(rows, self.stages),
            }
            for way, rows in self.rows.items()
        }


def measures(rows: Sequence[Row], stages: Sequence[str]) -> dict[str, float | None]:
    """AA, BWT and the worst fall over all stages, as a plan of the product measures them."""
    taught = dict(zip(stages, stages, strict=True))
    drops = []
    for number in range(1, len(rows)):
        seen = {suite: rows[number][suite] for suite in stages[:number]}
        found = forgetting.worst_drop(seen, list(zip(stages[:number], rows[:number], strict=True)))
        drops.append(found.points if found else 0.0)
    before = list(zip(stages[:-1], rows[:-1], strict=True)) if len(rows) == len(stages) else []
    last = forgetting.compare(rows[-1], before, {suite: taught[suite] for suite in stages[:-1]} if before else {})
    return {"average": last.average, "backward": last.backward, "worst": max(drops, default=None)}


def table(run: Mapping[str, Any]) -> list[str]:
    """Means over the seeds, as Markdown."""
    lines = ["| way | AA | BWT | worst fall | extra time |", "|---|---|---|---|---|"]
    for way in dict.fromkeys(way for seed in run.values() for way in seed):
        found = [seed[way] for seed in run.values() if way in seed]
        cells = [_points([each[name] for each in found]) for name in ("average", "backward", "worst")]
        shares = [each["seconds"] / each["training_seconds"] for each in found if each["training_seconds"]]
        cells.append(f"{100 * mean(shares):.0f} %" if shares and way != "joint" else "")
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def _points(values: Sequence[float | None]) -> str:
    known = [each for each in values if each is not None]
    return f"{100 * mean(known):.1f}" if known else ""


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="the clinc150 folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the stages")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS, help="only these")
    parser.add_argument("--finish", type=int, default=120, help="steps of each finish")
    parser.add_argument("--set", type=json.loads, default={}, help="other values of Lessons, as JSON")
    parser.add_argument("--keep", type=Path, help="a folder for the base and the stages' adapters")
    parser.add_argument("--json", action="store_true", help="print every figure instead of the table")
    parser.add_argument("--quick", action="store_true", help="every step, none long enough to learn anything")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    lessons = (QUICK if options.quick else Lessons()).changed(**options.set)
    finish = lessons.finish_steps[0] if options.quick else options.finish

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    run = {}
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            for seed in options.seeds:
                say(f"seed {seed}")
                career = Career(School(options.data, folder, lessons, seed), finish, say)
                career.run(options.ways)
                run[str(seed)] = career.found()
    except DataMissing as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return 1
    print(json.dumps(run, indent=1) if options.json else "\n".join(table(run)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
