"""The models of the quality benchmark: a base that knows a little of everything, specialists, exams they sit."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from aird.evaluation.scorers.outcome import Item
from aird.merge.methods import activations
from aird.merge.methods.activations import Gram
from aird.merge.methods.base import Method
from aird.merge.search.bench import Bench
from aird.merge.search.space import Candidate
from aird.training.recipes import distill, pretrain, sft
from aird.training.recipes.distill import Teacher
from aird.training.recipes.progress import Progress
from aird.training.settings import PretrainSettings, SftSettings
from aird.training.settings_distill import DistillSettings
from benchmarks import main_job_data as data
from benchmarks.main_job_recipes import INIT_STD

RANK = 8
MAX_LENGTH = 64


@dataclass(frozen=True)
class Lessons:
    """How everybody is taught; steps are of 32 items. `shots` labelled questions of each intent go into the base."""

    shots: int = 10
    repeats: int = 20
    base_steps: int = 1500
    hidden: int = 128
    layers: int = 3
    specialist_steps: int = 500
    specialist_rate: float = 2e-3
    alpha: float = 16
    joint_steps: int = 750
    finish_steps: tuple[int, ...] = (60, 120, 240)
    finish_rate: float = 3e-3
    scales: tuple[float, ...] = (0.3, 0.45, 0.6, 0.8, 1.0)
    trials: int = 30
    dev: int = 180
    exam: int = 450
    prompts: int = 300

    def changed(self, **values: Any) -> "Lessons":
        """The same with other values."""
        return replace(self, **values)


QUICK = Lessons(
    shots=2, repeats=2, base_steps=6, hidden=32, layers=1, specialist_steps=3, joint_steps=3, finish_steps=(2, 3),
    scales=(0.5, 1.0), trials=3, dev=4, exam=6, prompts=6,
)  # fmt: skip


def quiet(progress: Progress) -> None:
    """Watch nothing."""


class School:
    """One base, one set of specialists of it; `folder` keeps what was trained, so that a run can go on."""

    def __init__(self, source: Path, folder: Path, lessons: Lessons, seed: int) -> None:
        self.lessons, self.seed, self.folder = lessons, seed, folder
        self.departments = data.departments(source)
        self.base = folder / "base"
        self._source = source
        self._splits = [each.splits() for each in self.departments]
        self.seconds: dict[str, float] = {}

    def raise_base(self) -> None:
        """Train the base, unless it is there: the same one for all seeds."""
        if (self.base / "config.json").is_file():
            return
        shots = [shot for each in self.departments for shot in each.shots(self.lessons.shots)]
        settings = PretrainSettings.model_validate(
            {
                "steps": self.lessons.base_steps,
                "batch_size": 32,
                "learning_rate": 4e-3,
                "weight_decay": 0.01,
                "max_length": MAX_LENGTH,
                "architecture": {
                    "hidden_size": self.lessons.hidden, "layers": self.lessons.layers, "heads": 4,
                    "max_positions": 128, "init_std": INIT_STD,
                },
                "tokenizer": {"vocab_size": 4096},
            }
        )  # fmt: skip
        items = data.reading(self._source, shots, self.lessons.repeats)
        self._timed("base", lambda: pretrain.train(settings, items, self.base, report=quiet))

    def specialists(self) -> list[Path]:
        """An adapter of rank 8 for each department, on its labelled questions."""
        return [self._adapter(f"specialist-{each.key}", [number], self.lessons.specialist_steps)
                for number, each in enumerate(self.departments)]  # fmt: skip

    def joint(self) -> Path:
        """One adapter of rank 8 on the labelled questions of all."""
        return self._adapter("joint", range(len(self.departments)), self.lessons.joint_steps)

    def finish(self, start: Path | None, steps: int, name: str) -> Path:
        """What the specialists teach without labels in some steps: to an adapter, or to a new one of rank 8."""
        settings = DistillSettings.model_validate(
            {
                "steps": steps, "batch_size": 32, "learning_rate": self.lessons.finish_rate, "seed": self.seed,
                "max_length": MAX_LENGTH, "max_new_tokens": 12, "lora": {"r": RANK, "alpha": self.lessons.alpha},
            }
        )  # fmt: skip
        teachers = [
            Teacher(self.base, adapter, splits["unlabelled"])
            for adapter, splits in zip(self.specialists(), self._splits, strict=True)
        ]
        out = self.folder / f"{name}-{self.seed}"
        self._timed(name, lambda: distill.distill(settings, teachers, self.base, start, out, report=quiet))
        return out

    def grams(self) -> Mapping[str, Gram]:
        """What each specialist hears when it reads its own questions."""
        questions = [splits["unlabelled"][: self.lessons.prompts] for splits in self._splits]
        return activations.collect(self.base, self.specialists(), questions)

    def dev(self, number: int) -> list[Item]:
        """The validation questions of a department, on which scales are chosen; every intent in turn."""
        return list(self._splits[number]["dev"][: self.lessons.dev])

    def exam(self, number: int) -> list[Item]:
        """The test questions of a department."""
        return list(self._splits[number]["exam"][: self.lessons.exam])

    def split(self, number: int, name: str) -> list[Item]:
        """Questions of a department to learn from: `train` with their answers, `unlabelled` without."""
        return list(self._splits[number][name])

    def bench(self) -> Bench:
        """The base with its specialists, ready to be merged."""
        return Bench(self.base, self.specialists(), self.folder / f"bench-{self.seed}", grams=self.grams())

    def _adapter(self, name: str, numbers: Sequence[int], steps: int) -> Path:
        out = self.folder / f"{name}-{self.seed}"
        if (out / "adapter_config.json").is_file():
            if self._clock(name).is_file():
                self.seconds[name] = json.loads(self._clock(name).read_text())
            return out
        settings = SftSettings.model_validate(
            {
                "steps": steps, "batch_size": 32, "learning_rate": self.lessons.specialist_rate, "seed": self.seed,
                "max_length": MAX_LENGTH, "lora": {"r": RANK, "alpha": self.lessons.alpha},
            }
        )  # fmt: skip
        items = [item for number in numbers for item in self._splits[number]["train"]]
        self._timed(name, lambda: sft.train(settings, self.base, items, out, report=quiet))
        return out

    def _timed(self, name: str, work: Callable[[], object]) -> None:
        started = now()
        work()
        self.seconds[name] = now() - started
        self._clock(name).write_text(json.dumps(self.seconds[name]))

    def _clock(self, name: str) -> Path:
        return self.folder / f"seconds-{name}-{self.seed}.json"


def now() -> float:
    """Seconds of this process's CPU, which other work does not add to; of the clock where an accelerator works."""
    return time.monotonic() if torch.cuda.is_available() else time.process_time()


def score(bench: Bench, items: Sequence[Item]) -> float:
    """The share of right answers of who is seated."""
    marks = bench.answer(items, "choice")
    return sum(marks) / len(marks)


def fixed(method: Method, parents: int, scale: float, rank: int | None) -> Candidate:
    """A merge at equal weights; of a sum the scale is in the weights, as in a plan. TIES keeps a fifth."""
    weight = scale if method == "linear" else 1.0
    density = (0.2,) * parents if method in ("ties", "knots_ties") else None
    return Candidate(method, (weight,) * parents, 1.0 if method == "linear" else scale, density, True, rank)
