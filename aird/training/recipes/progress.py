"""What a recipe tells while it runs and when it is done. Free of any ML import."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a recipe. `metrics` may hold loss and held_out_loss (nats per token), tokens_per_second,
    learning_rate, memory (bytes, the peak up to now), checkpoint (the step of the newest)."""

    stage: str
    step: int
    total: int
    metrics: Mapping[str, float] = field(default_factory=dict)


TAIL = 10
"""Updates at the end over which the final loss is taken."""

Report = Callable[[Progress], None]
"""Called about every 10 steps or once a second; an exception from it stops the recipe."""

Pause = Callable[[], bool]
"""Asked after every step whether the recipe shall stop for now, behind a checkpoint."""


def never() -> bool:
    """The pause of a recipe that runs through."""
    return False


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was done, over all attempts.

    `steps` updates; `tokens` learnt from and `read` (questions and context too), of which padding is no part;
    `final_loss` in nats per token; `seconds` of wall-clock time; items `skipped` as too long; `flop` by the usual
    estimate, of the learner alone; `memory` in bytes at the peak, of this process. `micro_batch` items were on the chip
    at once; before the update `halved_at` twice as many (None: never). `held_out_loss` is of the weights that were
    kept, which are those after `best_step` where a training watches it, else the last.
    """

    steps: int
    tokens: int
    final_loss: float
    seconds: float
    skipped: int = 0
    read: int = 0
    flop: float = 0.0
    memory: int = 0
    micro_batch: int | None = None
    halved_at: int | None = None
    held_out_loss: float | None = None
    best_step: int | None = None
    stopped_early: bool = False


class Meter:
    """Averages the loss between two reports and knows when the next one is due."""

    def __init__(self, stage: str, total: int, report: Report) -> None:
        self._stage, self._total, self._report = stage, total, report
        self._started = self._last = time.monotonic()
        self._losses: list[float] = []
        self._recent_tokens = 0
        self._before = 0.0
        self.tokens = self.read = 0
        self._tail: deque[float] = deque(maxlen=TAIL)

    def step(
        self,
        step: int,
        loss: float,
        tokens: int,
        learning_rate: float,
        *,
        read: int | None = None,
        more: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """Count one update (steps from 1) that learnt `tokens` of the `read` ones, and report when due.

        `more` is asked for further metrics then.
        """
        self._losses.append(loss)
        self._tail.append(loss)
        read = tokens if read is None else read
        self._recent_tokens += read
        self.tokens += tokens
        self.read += read
        now = time.monotonic()
        if step in (1, self._total) or step % 10 == 0 or now - self._last >= 1:
            loss = sum(self._losses) / len(self._losses)
            rate = self._recent_tokens / max(now - self._last, 1e-9)
            metrics = {"loss": loss, "tokens_per_second": rate, "learning_rate": learning_rate, **more()}
            self._losses, self._recent_tokens, self._last = [], 0, now
            self._report(Progress(self._stage, step, self._total, metrics))

    def state(self) -> dict[str, Any]:
        """What a later attempt goes on counting from, as plain JSON."""
        return {"tokens": self.tokens, "read": self.read, "tail": list(self._tail), "seconds": self.seconds}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from the `state` of an earlier attempt."""
        self.tokens, self.read, self._before = state["tokens"], state["read"], state["seconds"]
        self._tail.extend(state["tail"])

    @property
    def final_loss(self) -> float:
        """The mean over the last TAIL updates: of the recipe, not of how fast the machine was."""
        return sum(self._tail) / len(self._tail) if self._tail else float("nan")

    @property
    def seconds(self) -> float:
        """Wall-clock time since the start, with that of earlier attempts up to their last checkpoint."""
        return self._before + time.monotonic() - self._started
