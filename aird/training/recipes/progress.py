"""What a recipe tells while it runs and when it is done. Free of any ML import."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a recipe. `metrics` may hold loss (nats per token), tokens_per_second, learning_rate."""

    stage: str
    step: int
    total: int
    metrics: Mapping[str, float] = field(default_factory=dict)


TAIL = 10
"""Updates at the end over which the final loss is taken."""

Report = Callable[[Progress], None]
"""Called about every 10 steps or once a second; an exception from it stops the recipe."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was done: `tokens` learnt from, `final_loss` in nats per token, items `skipped` as too long."""

    steps: int
    tokens: int
    final_loss: float
    seconds: float
    skipped: int = 0


class Meter:
    """Averages the loss between two reports and knows when the next one is due."""

    def __init__(self, stage: str, total: int, report: Report) -> None:
        self._stage, self._total, self._report = stage, total, report
        self._started = self._last = time.monotonic()
        self._losses: list[float] = []
        self._recent_tokens = 0
        self.tokens = 0
        self._tail: deque[float] = deque(maxlen=TAIL)

    def step(self, step: int, loss: float, tokens: int, learning_rate: float) -> None:
        """Count one update (steps from 1), and report when due."""
        self._losses.append(loss)
        self._tail.append(loss)
        self._recent_tokens += tokens
        self.tokens += tokens
        now = time.monotonic()
        if step in (1, self._total) or step % 10 == 0 or now - self._last >= 1:
            loss = sum(self._losses) / len(self._losses)
            rate = self._recent_tokens / max(now - self._last, 1e-9)
            metrics = {"loss": loss, "tokens_per_second": rate, "learning_rate": learning_rate}
            self._losses, self._recent_tokens, self._last = [], 0, now
            self._report(Progress(self._stage, step, self._total, metrics))

    @property
    def final_loss(self) -> float:
        """The mean over the last TAIL updates: of the recipe, not of how fast the machine was."""
        return sum(self._tail) / len(self._tail) if self._tail else float("nan")

    @property
    def seconds(self) -> float:
        """Wall-clock time since the start."""
        return time.monotonic() - self._started
