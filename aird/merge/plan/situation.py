"""A planned merge with all that stands around it: what the check before a run looks at. Plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aird.merge.plan.licences import Licensed
from aird.merge.plan.merge_plan import MergePlan
from aird.merge.schemas import Interference, MeasureRead

Opened = Literal["own", "organisation", "open", "granted", "personal"]
"""Why the weights may be used: a role in the department, one for the whole organisation, an open model, a grant to the
child's department, or a consent or role of the person alone."""


@dataclass(frozen=True)
class ParentState:
    """What the check needs to know of one parent.

    `changed` are the modules with factors, `saved` those that it replaces whole, `missing` how many modules of the
    merge it leaves alone, `words` what it brings of a tokenizer of its own.
    """

    ref: str
    department: str
    weight: float
    features: tuple[str, ...] = ()
    license: str = ""
    restrictions: tuple[str, ...] = ()
    examined: bool = True
    words: str = "the base's"
    missing: int = 0
    saved: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    opened: Opened = "own"
    private: bool = False

    @property
    def licensed(self) -> Licensed:
        return Licensed(self.ref, self.license, self.restrictions)


@dataclass(frozen=True)
class EndpointState:
    """An endpoint whose present version stands on the same base."""

    name: str


@dataclass(frozen=True)
class Room:
    """What the machine and the department have left, in bytes; None where it is not known or not limited."""

    memory: int | None = None
    disk: int | None = None
    quota: int | None = None


@dataclass(frozen=True)
class Needs:
    """What the merge will take, estimated: seconds, bytes of memory at the peak, bytes of the result."""

    seconds: float
    memory: int
    bytes: int


@dataclass(frozen=True)
class Situation:
    """A planned merge with all that stands around it."""

    plan: MergePlan
    output: Literal["adapter", "full"]
    base: Licensed
    tokenizer: str | None
    vocabulary: int | None
    modules: int
    parents: Sequence[ParentState]
    child_department: str | None
    license: str
    interference: Sequence[Interference]
    shares: Sequence[float] | None
    measure: MeasureRead | None
    endpoints: Sequence[EndpointState]
    needs: Needs
    room: Room = field(default_factory=Room)
    child: str | None = None
    child_latest: str | None = None
    finish_offered: dict[str, Any] | None = None
    searched: bool = False
    finished: bool = False
