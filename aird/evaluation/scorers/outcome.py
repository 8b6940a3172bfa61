"""What a scorer says about one item, and the errors of the items themselves. Free of any ML import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aird.core.errors import Refused

Item = Mapping[str, Any]
"""An exam item: {"id", "messages", and "choices" with "answer" (its index) or "target"}."""

Done = Callable[[int, int], None]
"""Called after each batch with (items done, items in all)."""


class ItemsUnusable(Refused):
    """Exam items cannot be scored"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one item.

    `score` is from 0 to 1; `correct` is whether it is the full score. `chosen` is the index of the choice taken
    (multiple choice only). `answer` is the text of that choice, or the greedy answer (for exact match as it stands up
    to the first token that differs from the target). `confidence` is the probability that the model itself gives what
    it chose, where the scorer knows one. `tokens` is the target's length where the score is a mean over tokens.
    """

    id: str
    correct: bool
    chosen: int | None
    answer: str | None
    score: float = -1.0
    confidence: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        if self.score < 0:
            object.__setattr__(self, "score", float(self.correct))


def nothing(done: int, total: int) -> None:
    """Watch no progress."""
