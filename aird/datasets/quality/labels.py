"""Answers that are labels: how often each is given, and which of an exam's a split never gives. Pure."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from aird.datasets import keys
from aird.datasets.schemas_quality import Coverage, LabelReport

LONGEST = 64
MOST = 500
SHOWN = 100
MOST_MISSING = 50


@dataclass
class Labels:
    """Counts answers until there are too many different ones to be labels."""

    counts: Counter[str] | None = field(default_factory=Counter)
    items: int = 0

    def add(self, answer: str | None) -> None:
        """Count one answer."""
        self.items += 1
        if self.counts is None:
            return
        if answer is None or len(answer) > LONGEST or (answer not in self.counts and len(self.counts) >= MOST):
            self.counts = None
        else:
            self.counts[answer] += 1

    def report(self) -> LabelReport | None:
        """None where the answers are no labels: hardly any is given twice."""
        if not self.counts or len(self.counts) < 2 or len(self.counts) * 2 > self.items:
            return None
        shares = [count / self.items for count in self.counts.values()]
        entropy = -sum(share * math.log(share) for share in shares)
        return LabelReport(
            labels=dict(self.counts.most_common(SHOWN)),
            distinct=len(self.counts),
            balance=round(entropy / math.log(len(shares)), 4),
            majority=round(max(shares), 4),
        )


def coverage(exam: str, split: str, wanted: Iterable[str], labels: Labels) -> Coverage | None:
    """Which of the exam's right answers the split gives; None where they are not comparable."""
    categories = {keys.plain(each): each for each in wanted if len(each) <= LONGEST}
    if not 2 <= len(categories) <= MOST or labels.counts is None:
        return None
    given = {keys.plain(each) for each in labels.counts}
    missing = sorted(each for key, each in categories.items() if key not in given)
    if len(missing) == len(categories):
        return None
    covered = len(categories) - len(missing)
    return Coverage(exam=exam, split=split, categories=len(categories), covered=covered, missing=missing[:MOST_MISSING])
