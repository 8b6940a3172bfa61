"""What a job asks for and what it is expected to take. Pure."""

from enum import IntEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from aird.core.schemas import LARGEST, Schema

CPU = "cpu"
"""The flavour of a slot for a job that needs no chip."""

GRANULE = 2**28
"""Memory is compared in steps of 256 MiB, in bytes."""


class Priority(IntEnum):
    """Who comes first within a department."""

    LOW = 0
    NORMAL = 50  # merges, training, exams
    HIGH = 100  # is never taken its chips away, and therefore runs inside its department's quota only


Flavour = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
"""The kind of a chip, as machines offer it: `h100-80gb-hbm3`."""


class Needs(Schema):
    """What a job needs of a machine: so many chips of one flavour on each of so many machines, or a slot of a CPU."""

    chips: int = Field(default=0, ge=0, le=1024, description="Chips on each node; 0: none, the CPU will do.")
    flavours: list[Flavour] = Field(
        default=[], max_length=16, description="Flavours that will do, or how they begin (`h100`); empty: any."
    )
    memory: int = Field(default=0, ge=0, le=LARGEST, description="Bytes on each chip; without chips, of the machine.")
    nodes: int = Field(default=1, ge=1, le=1024, description="Machines that work on it together.")
    priority: Priority = Priority.NORMAL
    preemptible: bool = Field(
        default=True, description="Whether it may be asked to stop at a checkpoint and to go on later."
    )

    @model_validator(mode="after")
    def _high_stays(self) -> Self:
        if self.priority >= Priority.HIGH:
            self.preemptible = False
        return self

    @property
    def amount(self) -> int:
        """What it holds of its flavour: chips on all nodes, or one slot."""
        return self.chips * self.nodes or 1

    @property
    def shape(self) -> str:
        """Equal for needs that fit the same machines."""
        granules = -(-self.memory // GRANULE)
        return f"{self.chips}x{self.nodes}:{granules}:{int(self.preemptible)}:{'|'.join(sorted(self.flavours))}"[:200]

    def suits(self, flavour: str) -> bool:
        """Whether this kind of chip will do."""
        if flavour == CPU or not self.chips:
            return flavour == CPU and not self.chips
        return not self.flavours or any(flavour == each or flavour.startswith(f"{each}-") for each in self.flavours)


class Estimate(Schema):
    """What a job is expected to take, known before it starts."""

    seconds: float = Field(default=0.0, ge=0)
    memory: int = Field(default=0, ge=0, le=LARGEST, description="Peak, in bytes on each chip or of the machine.")
    flop: float = Field(default=0.0, ge=0)
    kwh: float = Field(default=0.0, ge=0)
    micro: int = Field(default=0, ge=0, le=LARGEST, description="Money, in millionths of the currency.")
    low: float | None = Field(default=None, description="Seconds that nine of ten jobs take at least.")
    high: float | None = Field(default=None, description="Seconds that nine of ten jobs take at most.")
    basis: str = Field(default="rule", description="`rule`, or how many past jobs corrected it: `12 past jobs`.")
    rule_seconds: float | None = Field(default=None, description="What the rule said before it was corrected.")
    rule_memory: int | None = Field(default=None, description="What the rule said of the memory before.")
    memory_jobs: int = Field(default=0, description="Past jobs that corrected the memory; 0: the rule alone.")
    memory_alike: list[str] = Field(
        default=[], description="What they had in common with this one, beside kind and size: `chip`, `architecture`."
    )
    architecture: str = Field(default="", description="Of the model that is worked on, where that is known.")
