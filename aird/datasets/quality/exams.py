"""What exams ask, as an index that training items are held against. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aird.datasets import keys
from aird.datasets.quality.duplicates import Alike

MOST_NEAR = 20_000
SHORTEST_NEAR = 16
"""Questions below this many letters are compared for being equal alone: short ones are alike by chance."""
MOST_ANSWERS = 501


@dataclass(frozen=True)
class Exam:
    """An exam by name, with the data set and split that it is made of."""

    name: str
    dataset: str
    artifact: str
    split: str


@dataclass
class Asked:
    """Every question of every exam; an exam is known by its place in `exams`."""

    exams: list[Exam] = field(default_factory=list)
    answers: list[set[str]] = field(default_factory=list)
    near_left_out: int = 0
    _exact: dict[int, set[int]] = field(default_factory=dict)
    _near: Alike = field(default_factory=Alike)
    _of: list[int] = field(default_factory=list)

    def add(self, exam: Exam, items: Iterable[Mapping[str, Any]]) -> None:
        """Take in an exam."""
        number = len(self.exams)
        self.exams.append(exam)
        answers: set[str] = set()
        for item in items:
            plain = keys.question(item)
            self._exact.setdefault(keys.key(plain), set()).add(number)
            if len(answers) < MOST_ANSWERS and (answer := keys.answer(item)) is not None:
                answers.add(answer)
            if len(plain) < SHORTEST_NEAR:
                continue
            if len(self._of) >= MOST_NEAR:
                self.near_left_out += 1
                continue
            self._near.add(len(self._of), plain)
            self._of.append(number)
        self.answers.append(answers)

    def exact(self, plain: str) -> set[int]:
        """The exams that ask this very question."""
        return self._exact.get(keys.key(plain), set())

    def near(self, plain: str) -> tuple[int, float] | None:
        """(exam, likeness) of the question that is almost this one."""
        if len(plain) < SHORTEST_NEAR or not self._of:
            return None
        found = self._near.find(plain)
        return found and (self._of[found[0]], found[1])
