"""What a teacher is worth: `python -m benchmarks.mentoring_quality DATA [--quick] [--json] [--seeds 0 1 2]`.

DATA is the clinc150 folder. A base and, for each of its departments, a specialist (LoRA, rank 8) on the labelled
questions: the teachers. A student is a new adapter of rank 8 on the same base. Without a teacher it learns the few
labels that a team would write by hand (ten questions of each intent); with one it learns, of all questions and without
a label, what the specialist says to them. Both take equal steps, then equal arithmetic: the student alone takes as many
more steps as the teacher's forward passes would have bought it. `kept` is the same student again from what the teacher
said before. Shown is accuracy on test questions, mean and worst over the departments, and what was learnt from how much
arithmetic.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from aird.evaluation.scorers import choice
from aird.runtimes import hf
from aird.training.recipes import distill, sft
from aird.training.recipes.distill import Teacher
from aird.training.settings import SftSettings
from aird.training.settings_distill import DistillSettings
from benchmarks.main_job_data import DataMissing
from benchmarks.main_job_recipes import LABELS_AN_INTENT
from benchmarks.rotation_quality_school import MAX_LENGTH, QUICK, RANK, Lessons, School, quiet

STEPS = (120, 240)
FORWARD, STEP = 2, 4
"""Floating point operations a parameter and token: of a teacher, and of a student whose base is frozen."""


@dataclass
class Line:
    """One way to make a student, in all departments of one seed."""

    name: str
    steps: int
    accuracy: list[float]
    flop: float
    forwards: int = 0


def exam(school: School, number: int, adapter: Path | None) -> float:
    """The share of right answers in a department's test questions."""
    outcomes = choice.score(hf.load(school.base, adapter), school.exam(number))
    return sum(each.correct for each in outcomes) / len(outcomes)


def plan(steps: int, school: School, rate: float) -> dict[str, Any]:
    return {
        "steps": steps, "batch_size": 32, "learning_rate": rate, "seed": school.seed, "max_length": MAX_LENGTH,
        "lora": {"r": RANK, "alpha": school.lessons.alpha},
    }  # fmt: skip


def alone(school: School, number: int, steps: int, labels: int) -> tuple[float, float]:
    """Accuracy and arithmetic of a student that learns some labels of each intent."""
    department = school.departments[number]
    items = [each.chat for each in (department.shots(labels) if labels else department.train)]
    out = school.folder / f"alone-{number}-{steps}-{labels}-{school.seed}"
    settings = SftSettings.model_validate(plan(steps, school, school.lessons.specialist_rate))
    result = sft.train(settings, school.base, items, out, report=quiet)
    return exam(school, number, out), result.flop


def mentored(school: School, number: int, steps: int, shelf: Path) -> tuple[float, float, distill.DistillResult]:
    """Accuracy and arithmetic of a student that learns what the specialist says, whose words lie on the shelf."""
    out = school.folder / f"mentored-{number}-{steps}-{school.seed}"
    said = {**plan(steps, school, school.lessons.finish_rate), "max_new_tokens": 12}
    teacher = Teacher(school.base, school.specialists()[number], school.split(number, "unlabelled"), shelf)
    known = not any(shelf.glob("*"))
    result = distill.distill(
        DistillSettings.model_validate(said), [teacher], school.base, None, out, report=quiet
    )  # fmt: skip
    teaching = result.flop * FORWARD / STEP * result.heard / (steps * 32) if known else 0.0
    return exam(school, number, out), result.flop + teaching, result


def run(school: School, steps_of: tuple[int, ...], say: Any) -> list[Line]:
    """Every way, for one seed."""
    school.raise_base()
    numbers = range(len(school.departments))
    own = school.specialists()
    lines = [
        Line("base", 0, [exam(school, number, None) for number in numbers], 0.0),
        Line("teacher", 0, [exam(school, number, own[number]) for number in numbers], 0.0),
    ]
    for steps in steps_of:
        found = [
            mentored(school, n, steps, school.folder / f"shelf-{n}-{steps}-{school.seed}") for n in numbers
        ]  # fmt: skip
        lines.append(_line("with a teacher", steps, [each[:2] for each in found], [each[2] for each in found]))
        again = [
            mentored(school, n, steps, school.folder / f"shelf-{n}-{steps}-{school.seed}") for n in numbers
        ]  # fmt: skip
        lines.append(_line("with a teacher, kept", steps, [each[:2] for each in again], [each[2] for each in again]))
        few = LABELS_AN_INTENT
        lines.append(_line("alone, equal steps", steps, [alone(school, n, steps, few) for n in numbers]))
        more = round(steps * sum(each[1] for each in found) / lines[-1].flop)
        lines.append(
            _line("alone, equal arithmetic", more, [alone(school, n, more, LABELS_AN_INTENT) for n in numbers])
        )
        lines.append(_line("alone, all labels", steps, [alone(school, n, steps, 0) for n in numbers]))
        say(f"seed {school.seed}, {steps} steps: done")
    return lines


def _line(name: str, steps: int, found: Any, results: Any = ()) -> Line:
    forwards = sum(each.forwards for each in results)
    return Line(name, steps, [each[0] for each in found], sum(each[1] for each in found), forwards)


def table(lines: list[list[Line]]) -> list[dict[str, Any]]:
    """The mean of the seeds, way by way."""
    return [
        {
            "way": same[0].name, "steps": same[0].steps, "accuracy": mean(mean(each.accuracy) for each in same),
            "worst": mean(min(each.accuracy) for each in same), "flop": mean(each.flop for each in same),
            "teacher_forwards": same[0].forwards,
        }
        for same in zip(*lines, strict=True)
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--quick", action="store_true", help="tiny models and few steps: to see that it runs")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for what is trained, so that a run can go on")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        lessons = QUICK if options.quick else Lessons()
        seeds = options.seeds[:1] if options.quick else options.seeds
        try:
            lines = [
                run(School(options.data, folder, lessons, seed), (2,) if options.quick else STEPS,
                    lambda text: print(text, file=sys.stderr))
                for seed in seeds
            ]  # fmt: skip
        except DataMissing as error:
            print(error, file=sys.stderr)
            return 2
    found = table(lines)
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    print("| student | steps | accuracy | worst | arithmetic, GFLOP | teacher's passes |\n|---|---|---|---|---|---|")
    for each in found:
        print(
            f"| {each['way']} | {each['steps']} | {each['accuracy']:.1%} | {each['worst']:.1%} | "
            f"{each['flop'] / 1e9:.0f} | {each['teacher_forwards']} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
