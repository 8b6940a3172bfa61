"""What an offer is worked out from. Pure: plain values, gathered by `gathering`, thought about by `advising`.

Money is in micro-units, sizes in bytes, shares between 0 and 1. None always means that nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

DAYS = 30
"""Days of a month, as every monthly sum here counts."""
HOURS = 730
"""Hours that an engine is held in a month."""


@dataclass(frozen=True)
class Span:
    """A value that is known to lie somewhere; `mid` is where it most likely is, None where nothing says so."""

    low: float
    mid: float | None
    high: float


@dataclass(frozen=True)
class Need:
    """What the department says of its need, as far as sums go."""

    examples: int
    floor: float
    volume_per_day: int | None = None
    budget_once_micro: int | None = None
    budget_month_micro: int | None = None
    today_micro: int | None = None
    days_left: int | None = None


@dataclass(frozen=True)
class Tried:
    """A version that answered the examples; `scores` are its points for each, in the order of the request.

    `parameters` are those of the whole model that runs, `chips` what an engine of its base holds (0: a CPU slot).
    `served`: its base answers on some endpoint already. `usable`: the weights are open to the asking department.
    `askable`: it is measured and in service, so that it may be put before a signature.
    """

    ref: str
    department: str
    base: str
    adapter: bool
    parameters: int
    scores: Sequence[float]
    low: float
    high: float
    prompt_tokens: float
    completion_tokens: float
    seconds: float
    served: bool
    usable: bool
    askable: bool
    chips: int = 0
    skills: dict[str, float] = field(default_factory=dict)
    title: str = ""

    @property
    def score(self) -> float:
        """The share of points."""
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


@dataclass(frozen=True)
class Base:
    """A whole model that something new could be built on; `tried` is its own score on the examples, if it was."""

    ref: str
    parameters: int
    served: bool
    trainable: bool
    chips: int = 0
    tried: float | None = None
    title: str = ""


class Way(StrEnum):
    """What an option does."""

    REUSE = "reuse"  # a version that is there
    MERGE = "merge"  # several adapters of one base in one
    DISTIL = "distil"  # a smaller model, or one of the department's own, learns from a better one
    TRAIN = "train"  # an adapter learns from data of the department


@dataclass(frozen=True)
class Work:
    """What making it would take, estimated or measured on such work before; None where nothing is known.

    `jobs` is how many finished jobs of the kind the figures rest on; 0: a rule of thumb alone.
    """

    seconds: Span | None = None
    micro: int | None = None
    chip_seconds: float | None = None
    jobs: int = 0


@dataclass(frozen=True)
class Data:
    """A split that the department may teach with."""

    ref: str
    split: str
    items: int


@dataclass(frozen=True)
class Prices:
    """The price book of today: micro-units per million tokens, per hour of a chip and of a CPU slot."""

    prompt: int
    completion: int
    chip_hour: int
    cpu_hour: int
    currency: str = "CNY"


@dataclass(frozen=True)
class Facts:
    """All of it. `kept` are the shares that children kept of their parents' best score in exams of this house, by way;
    for trainings the share of the gap to a full score that was closed.

    `works` is what each option's work would take, by its key. `finished`: a merge would learn from its parents
    afterwards, because their questions may be read.
    """

    need: Need
    prices: Prices
    tried: Sequence[Tried] = ()
    bases: Sequence[Base] = ()
    data: Sequence[Data] = ()
    kept: dict[Way, Sequence[float]] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    signature_hours: Span | None = None
    finished: bool = False
