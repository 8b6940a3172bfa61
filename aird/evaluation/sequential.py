"""An examination that stops as soon as it is clear: which items come in which order, and what they say. Pure.

The order is drawn once from the exam and the bytes of both versions. Asked again, the same items come in the same order
and give the same verdict: nobody gets a second chance by asking twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from aird.evaluation.models import Question
from aird.evaluation.statistics import betting
from aird.evaluation.statistics.betting import Verdict
from aird.evaluation.statistics.pairs import Pairs


@dataclass(frozen=True)
class Design:
    """What is asked; `margin` is a share, `level` the largest probability of a wrong answer, either way."""

    question: Question
    margin: float
    level: float

    @property
    def refuted(self) -> float:
        """The difference that must be proven to be too low for a pass."""
        return 0.0 if self.question is Question.BETTER else -self.margin

    @property
    def hoped(self) -> float:
        """The difference that must be proven to be too high for a fail."""
        return self.margin if self.question is Question.BETTER else 0.0

    def verdict(self, pairs: Pairs) -> Verdict:
        """What the items so far say; may be asked after every one of them."""
        return betting.verdict(pairs, refute=self.refuted, hope=self.hoped, level=self.level)

    def p(self, pairs: Pairs) -> float:
        """Anytime-valid p-value of what a pass refutes."""
        return betting.p_above(pairs, self.refuted)

    def interval(self, pairs: Pairs) -> tuple[float, float]:
        """Bounds of the difference that hold at any time, with the confidence that the level leaves."""
        return betting.interval(pairs, 1 - self.level)


def design(question: Question, margin: float, suites: int, level: float = 0.05) -> Design:
    """The design for each of several suites: better must be proven in each, and a wrong pass in any is a wrong one."""
    return Design(question, margin, level / suites)


def order(items: int, *names: str) -> list[int]:
    """The places 0 to items - 1 in the order in which they are asked; `names` are the exam and both artifacts."""
    seed = hashlib.sha256("\n".join(names).encode()).digest()
    places = list(range(items))
    Random(seed).shuffle(places)  # noqa: S311 - a drawing that can be repeated, not a secret
    return places


def all_in_all(verdicts: Sequence[Verdict]) -> Verdict:
    """Over several suites: failed once one has failed, passed when all have passed."""
    if Verdict.FAILED in verdicts:
        return Verdict.FAILED
    return Verdict.OPEN if Verdict.OPEN in verdicts or not verdicts else Verdict.PASSED
