"""What a rotation keeps of its parents' skills: `python -m benchmarks.rotation_quality DATA [--seeds 0 1 2] [--json]`.

DATA is the clinc150 folder. A small base, a specialist (LoRA, rank 8) for each of its five departments, then every
merge method at the sum of the ranks and at rank 8 with the scale chosen on validation questions, the search, the finish
without labels at several lengths, and one adapter on the labelled questions of all. What is shown is accuracy on test
questions as a share of the specialist's own, mean over the departments and worst of them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from aird.merge.methods.base import Method
from aird.merge.methods.files import merge_adapters
from aird.merge.search import pareto, racing
from aird.merge.search.bench import Bench
from aird.merge.search.pareto import Standing
from aird.merge.search.racing import Answers
from aird.merge.search.space import Candidate, Recipe, Space
from aird.merge.search.study import proposals
from benchmarks.main_job_data import DataMissing
from benchmarks.rotation_quality_school import QUICK, RANK, Lessons, School, fixed, score

METHODS: tuple[Method, ...] = ("linear", "tsv", "iso_c", "ties", "knots_ties", "ctm", "core_regmean")
DEFAULT: Method = "tsv"
HELD_OUT = 0.3
PARTS = ("base", "fixed-sum", f"fixed-{RANK}", "search", f"finish-{RANK}", "finish-sum", "alone")


@dataclass
class Result:
    """One line: `kept` is the share of each specialist's accuracy on its test questions."""

    name: str
    kept: list[float]
    scale: float | None = None
    seconds: float | None = None
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)


class Trial:
    """Everything of one seed."""

    def __init__(self, school: School, say: Callable[[str], None]) -> None:
        self.school, self.say = school, say
        school.raise_base()
        school.specialists()
        self.bench: Bench = school.bench()
        self.numbers = range(len(school.departments))
        self.own_dev, self.own_exam = [], []
        for number in self.numbers:
            self.bench.seat_parent(number)
            self.own_dev.append(score(self.bench, school.dev(number)))
            self.own_exam.append(score(self.bench, school.exam(number)))
        self.results: list[Result] = []
        say(f"seed {school.seed}: specialists {mean(self.own_exam):.3f} of the test questions")

    def run(self, parts: Sequence[str] = ()) -> None:
        """All lines of the table, or some parts of it."""
        if not parts or "base" in parts:
            self.bench.seat(fixed("linear", len(self.numbers), 0.0, None))
            self._add(Result("base", self.exam()))
        for rank in (None, RANK):
            if not parts or f"fixed-{_shown(rank)}" in parts:
                for method in METHODS:
                    self._fixed(method, rank)
        if not parts or "search" in parts:
            self._search()
        for rank in (RANK, None):
            if not parts or f"finish-{_shown(rank)}" in parts:
                self._finishes(rank)
        if not parts or "alone" in parts:
            steps = self.school.lessons.finish_steps[-1]
            new = self.school.finish(None, steps, f"new-{steps}")
            self._taught(f"new adapter of rank {RANK}, {steps} steps without labels", new, f"new-{steps}")
            self._taught("joint training, all labels", self.school.joint(), "joint")

    def dev(self, items: int | None = None) -> list[float]:
        """What who is seated keeps on validation questions."""
        return [score(self.bench, self.school.dev(n)[:items]) / max(self.own_dev[n], 1e-9) for n in self.numbers]

    def exam(self) -> list[float]:
        """The same on test questions."""
        return [score(self.bench, self.school.exam(n)) / max(self.own_exam[n], 1e-9) for n in self.numbers]

    def _add(self, result: Result) -> None:
        self.results.append(result)
        self.say(f"  {result.name}: {mean(result.kept):.3f}, worst {min(result.kept):.3f} {result.note}")

    def _fixed(self, method: Method, rank: int | None) -> None:
        candidate, scale, found = self._scaled(method, rank)
        self.bench.seat(candidate)
        name = f"{method}, rank {_shown(rank)}"
        self._add(Result(name, self.exam(), scale, note=f"(scale {scale})", more={"dev": found}))

    def _scaled(self, method: Method, rank: int | None) -> tuple[Candidate, float, float]:
        """The method at the scale that is best on a third of the validation questions, and what it keeps there."""
        found: dict[float, float] = {}
        for scale in self.school.lessons.scales:
            self.bench.seat(fixed(method, len(self.numbers), scale, rank))
            found[scale] = mean(self.dev(max(1, self.school.lessons.dev // 3)))
        best = max(found, key=lambda scale: found[scale])
        return fixed(method, len(self.numbers), best, rank), best, found[best]

    def _search(self) -> None:
        """Methods, weights, scales and densities at the sum of the ranks, raced on part of the validation questions."""
        lessons, seed = self.school.lessons, self.school.seed
        papers = {}
        for number in self.numbers:
            items = self.school.dev(number)
            ids = [str(item["id"]) for item in items]
            first, last = racing.split_items(ids, suite=str(number), seed=seed, holdout=HELD_OUT)
            papers[str(number)] = [items[i] for i in first], [items[i] for i in last]
        reference, held_reference = {}, {}
        for number in self.numbers:
            self.bench.seat_parent(number)
            reference[str(number)] = self.bench.answer(papers[str(number)][0], "choice")
            held_reference[str(number)] = self.bench.answer(papers[str(number)][1], "choice")
        space = Space.of(
            Recipe(DEFAULT, (1.0,) * len(self.numbers)), methods=METHODS, scales=lessons.scales,
            densities=(0.1, 0.2, 0.5), weighs=True,
        )  # fmt: skip
        weights = pareto.item_weights(reference)
        source = proposals(space, sampler="tpe", trials=lessons.trials, seed=seed)
        best: tuple[float, Candidate, dict[str, list[bool]], Mapping[str, Any]] | None = None
        answered = dropped = 0
        while (params := source.next()) is not None:
            candidate = space.candidate(params)
            rank = self.bench.seat(candidate)
            marks: dict[str, list[bool]] = {suite: [] for suite in papers}
            for step in racing.batches({suite: len(race) for suite, (race, _) in papers.items()}):
                for suite, (race, _) in papers.items():
                    marks[suite] += self.bench.answer(race[len(marks[suite]) : step[suite]], "choice")
                if best is not None and racing.hopeless(marks, best[2], weights):
                    dropped += 1
                    break
            answered += sum(map(len, marks.values()))
            standing = pareto.standing(pareto.kept_of(marks, reference), {})
            whole = all(len(marks[suite]) == len(race) for suite, (race, _) in papers.items())
            expected = standing if whole or best is None else _expected(standing, marks, best[2], reference)
            source.tell(params, expected, rank)
            if whole and (best is None or standing.mean > best[0]):
                best = standing.mean, candidate, marks, params
        if best is None:
            return
        self.bench.seat(best[1])
        held = {suite: self.bench.answer(rest, "choice") for suite, (_, rest) in papers.items()}
        more = {"params": dict(best[3]), "answered": answered, "dropped": dropped, "dev": best[0],
                "held_out": mean(pareto.kept_of(held, held_reference).values())}  # fmt: skip
        self._add(Result("search, rank sum", self.exam(), best[3]["scale"], note=f"({best[3]['method']})", more=more))

    def _finishes(self, rank: int | None) -> None:
        shown = _shown(rank)
        start = self.school.folder / f"start-{shown}-{self.school.seed}"
        self._write(self._scaled(DEFAULT, rank)[0], start)
        for steps in self.school.lessons.finish_steps:
            name = f"finish-{shown}-{steps}"
            file = self.school.finish(start, steps, name)
            self._taught(f"{DEFAULT}, rank {shown}, then {steps} steps without labels", file, name)

    def _write(self, candidate: Candidate, out: Path) -> None:
        merge_adapters(
            candidate.method, self.school.specialists(), candidate.weights, out, scale=candidate.scale,
            rank=candidate.rank, densities=candidate.densities,
        )  # fmt: skip

    def _taught(self, name: str, file: Path, work: str) -> None:
        self.bench.model.add_adapter(name, file)
        self.bench.model.use(name)
        seconds = self.school.seconds.get(work)
        self._add(Result(name, self.exam(), seconds=seconds))
        self.bench.model.remove_adapter(name)

    def found(self) -> dict[str, Any]:
        """Every figure."""
        trained = sum(spent for work, spent in self.school.seconds.items() if work.startswith("specialist-"))
        return {
            "specialists": self.own_exam,
            "training_seconds": trained,
            "results": [asdict(each) | {"mean": mean(each.kept), "worst": min(each.kept)} for each in self.results],
        }


def _expected(known: Standing, marks: Answers, best: Answers, reference: Answers) -> Standing:
    """Where a dropped candidate would stand had it answered everything, as in a search of the product."""
    theirs = {suite: best[suite][: len(given)] for suite, given in marks.items()}
    of_these, of_all = pareto.kept_of(theirs, reference), pareto.kept_of(best, reference)
    return pareto.standing(pareto.expected_of(known.kept, of_these, of_all), {})


def _shown(rank: int | None) -> str:
    return "sum" if rank is None else str(rank)


def joined(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One run of what several did, by seed."""
    whole: dict[str, Any] = {}
    for run in runs:
        for seed, found in run.items():
            known = whole.setdefault(seed, {**found, "results": []})
            known["results"] += found["results"]
            known["training_seconds"] = max(known["training_seconds"], found["training_seconds"])
    return dict(sorted(whole.items(), key=lambda each: int(each[0])))


def table(run: Mapping[str, Any]) -> list[str]:
    """Means over the seeds, as Markdown; `worst` is the mean of each seed's worst department."""
    lines = ["| recipe | mean, by seed | mean | worst | of the specialists' training |", "|---|---|---|---|---|"]
    for name in dict.fromkeys(each["name"] for found in run.values() for each in found["results"]):
        lines.append(_line(name, run))
    return lines


def _line(name: str, run: Mapping[str, Any]) -> str:
    found = [(each, seed["training_seconds"]) for seed in run.values() for each in seed["results"]
             if each["name"] == name]  # fmt: skip
    shares = [each["seconds"] / whole for each, whole in found if each["seconds"] is not None and whole]
    by_seed = " ".join(f"{100 * each['mean']:.1f}" for each, _ in found)
    middle, worst = (100 * mean(each[figure] for each, _ in found) for figure in ("mean", "worst"))
    return f"| {name} | {by_seed} | {middle:.1f} | {worst:.1f} | {f'{100 * mean(shares):.0f} %' if shares else ''} |"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rotation_quality", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("data", type=Path, help="the clinc150 folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the specialists and what follows")
    parser.add_argument("--parts", nargs="+", default=[], choices=PARTS, help="only these parts of the table")
    parser.add_argument("--keep", type=Path, help="a folder for what is trained; what lies there is not trained again")
    parser.add_argument("--set", type=json.loads, default={}, help="other values of Lessons, as JSON")
    parser.add_argument("--join", type=Path, nargs="+", help="show what was printed with --json before; nothing is run")
    parser.add_argument("--json", action="store_true", help="print every figure instead of the table")
    parser.add_argument("--quick", action="store_true", help="every step, none long enough to learn anything")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    lessons = (QUICK if options.quick else Lessons()).changed(**options.set)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if options.join:
        run = joined([json.loads(file.read_text()) for file in options.join])
    else:
        try:
            run = _run(options, lessons, say)
        except DataMissing as error:
            print(f"Stopped: {error}", file=sys.stderr)
            return 1
    print(json.dumps(run, indent=1) if options.json else "\n".join(table(run)))
    return 0


def _run(options: argparse.Namespace, lessons: Lessons, say: Callable[[str], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for seed in options.seeds:
            trial = Trial(School(options.data, folder, lessons, seed), say)
            trial.run(options.parts)
            found[str(seed)] = trial.found()
        return found


if __name__ == "__main__":
    raise SystemExit(main())
