"""What admission looks at: machines with what is free on them, who holds what, quotas. Values; no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from aird.jobs.machines import Chip
from aird.jobs.needs import CPU, Needs

ANY_NUMBER = 10**6
"""Of slots, where nobody counts them."""

NOBODY = ""
"""The department of what is held by processes whose job has ended in the database, but which are still there."""


@dataclass(frozen=True)
class Quota:
    """What a department may count on of one flavour, in chips (of `cpu`, in slots)."""

    guarantee: int = 0  # kept free for it, never lent
    deserved: int = 0  # its share: lent while it is idle, taken back when it asks
    limit: int | None = None  # never more than this; None: whatever is free
    weight: float = 1.0  # its part of what nobody deserves


@dataclass(frozen=True)
class Seat:
    """A place on one machine: of `chips` of a flavour by index, or of a CPU slot (no chips)."""

    machine: str
    flavour: str
    chips: tuple[int, ...] = ()

    @property
    def amount(self) -> int:
        """What it takes of its flavour."""
        return len(self.chips) or 1


@dataclass(frozen=True)
class Ask:
    """The oldest of a department's equal jobs that wait."""

    id: UUID
    department: str
    kind: str
    needs: Needs
    queued: float  # when it was queued, in seconds of any clock
    waited: float = 0.0  # seconds since then


@dataclass(frozen=True)
class Holding:
    """A running job and what it holds."""

    id: UUID
    department: str
    kind: str
    worker: str
    seats: tuple[Seat, ...]
    priority: int = 50
    preemptible: bool = True
    ran: float = 0.0  # seconds
    memory: int = 0  # bytes on each machine, of a job without chips
    leaving: bool = False  # was asked to hand its place back

    @property
    def flavour(self) -> str:
        """What kind it holds."""
        return self.seats[0].flavour if self.seats else CPU

    @property
    def amount(self) -> int:
        """How much of it."""
        return sum(seat.amount for seat in self.seats)


@dataclass
class Room:
    """One machine: what it has and what of it is free at this moment. `slots` None: any number."""

    worker: str
    name: str
    slots: int | None
    chips: tuple[Chip, ...] = ()
    memory: int = 0
    free_slots: int | None = None
    free_memory: int = 0
    free: dict[str, list[Chip]] = field(default_factory=dict)
    promised: bool = False  # kept for somebody who has waited long enough

    def __post_init__(self) -> None:
        self.free_slots, self.free_memory = self.slots, self.memory
        for chip in self.chips:
            self.free.setdefault(chip.flavour, []).append(chip)
        self._totals = {flavour: len(chips) for flavour, chips in self.free.items()}

    def total(self, flavour: str) -> int:
        """How much of a flavour there is."""
        if flavour == CPU:
            return self.slots if self.slots is not None else ANY_NUMBER
        return self._totals.get(flavour, 0)

    def flavours(self) -> set[str]:
        """What it offers."""
        return {CPU, *self.free} if self.slots != 0 else set(self.free)

    def fitting(self, needs: Needs, flavour: str) -> int:
        """How much of the flavour is free for these needs."""
        if flavour == CPU:
            enough = not self.memory or needs.memory <= self.free_memory
            return (self.free_slots if self.free_slots is not None else ANY_NUMBER) if enough else 0
        if not needs.memory:
            return len(self.free.get(flavour, ()))
        return sum(_holds(chip, needs) for chip in self.free.get(flavour, ()))

    def could(self, needs: Needs, flavour: str) -> bool:
        """Whether this would fit if everything were free."""
        if flavour == CPU:
            return self.slots != 0 and (not self.memory or needs.memory <= self.memory)
        wanted = max(needs.chips, 1)
        if not needs.memory or self.total(flavour) < wanted:
            return self.total(flavour) >= wanted
        return sum(chip.flavour == flavour and _holds(chip, needs) for chip in self.chips) >= wanted

    def take(self, needs: Needs, flavour: str) -> Seat:
        """Take a place that is free."""
        if flavour == CPU:
            if self.free_slots is not None:
                self.free_slots -= 1
            self.free_memory -= needs.memory
            return Seat(self.name, CPU)
        taken = [chip for chip in self.free[flavour] if _holds(chip, needs)][: needs.chips]
        self.free[flavour] = [chip for chip in self.free[flavour] if chip not in taken]
        return Seat(self.name, flavour, tuple(chip.index for chip in taken))

    def occupy(self, holding: Holding) -> None:
        """Note what is held already."""
        for seat in holding.seats:
            if seat.machine != self.name:
                continue
            if seat.flavour == CPU:
                self.free_memory -= holding.memory
                if self.free_slots is not None:
                    self.free_slots -= 1
            else:
                free = self.free.get(seat.flavour, [])
                self.free[seat.flavour] = [chip for chip in free if chip.index not in seat.chips]


def _holds(chip: Chip, needs: Needs) -> bool:
    return not chip.memory or needs.memory <= chip.memory


class House:
    """All of it at one moment; `take` changes it as decisions fall."""

    def __init__(
        self,
        rooms: Iterable[Room],
        holdings: Sequence[Holding] = (),
        quotas: Mapping[tuple[str, str], Quota] | None = None,
        limits: Mapping[str, int] | None = None,
        served: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        """`limits` are running jobs per kind or slice; `served` are chips that a department held on average lately."""
        self.rooms, self.holdings = list(rooms), list(holdings)
        self.quotas, self.limits, self.served = dict(quotas or {}), dict(limits or {}), dict(served or {})
        self.governed = {flavour for _, flavour in self.quotas}
        self.held: dict[tuple[str, str], int] = {}
        self.firm: dict[tuple[str, str], int] = {}
        self.running: dict[str, int] = {}
        self.full: set[tuple[str, int, int, int]] = set()  # (flavour, chips, memory, nodes) that found no room
        self._able: dict[tuple[str, int, int], list[Room]] = {}
        self.here: dict[tuple[str, str], list[Holding]] = {}  # by worker and machine
        by_worker: dict[str, list[Room]] = {}
        for room in self.rooms:
            by_worker.setdefault(room.worker, []).append(room)
        self.capacity = {each: sum(room.total(each) for room in self.rooms) for each in self.flavours()}
        self._guaranteed = {flavour for (_, flavour), quota in self.quotas.items() if quota.guarantee}
        self._free: dict[str, int] = {}
        for holding in self.holdings:
            for room in by_worker.get(holding.worker, ()):
                room.occupy(holding)
            for machine in {seat.machine for seat in holding.seats}:
                self.here.setdefault((holding.worker, machine), []).append(holding)
            self._count(holding.department, holding.flavour, holding.amount, holding.preemptible, holding.kind)

    def flavours(self) -> set[str]:
        """What the machines offer."""
        return {flavour for room in self.rooms for flavour in room.flavours()}

    def quota(self, department: str, flavour: str) -> Quota:
        """The department's quota; without one it deserves nothing and may borrow everything."""
        return self.quotas.get((department, flavour), Quota())

    def free(self, flavour: str) -> int:
        """What is free of a flavour on all machines."""
        if flavour not in self._free:
            self._free[flavour] = sum(
                (ANY_NUMBER if room.free_slots is None else room.free_slots)
                if flavour == CPU else len(room.free.get(flavour, ()))
                for room in self.rooms
            )  # fmt: skip
        return self._free[flavour]

    def able(self, needs: Needs, flavour: str) -> list[Room]:
        """The machines on which one node of this would fit if they were idle."""
        shape = (flavour, needs.chips, needs.memory)
        if shape not in self._able:
            self._able[shape] = [room for room in self.rooms if room.could(needs, flavour)]
        return self._able[shape]

    def owed(self, department: str, flavour: str) -> int:
        """What is kept free for the guarantees of others."""
        if flavour not in self._guaranteed:
            return 0
        return sum(
            max(quota.guarantee - self.held.get((other, flavour), 0), 0)
            for (other, each), quota in self.quotas.items() if each == flavour and other != department
        )  # fmt: skip

    def take(self, ask: Ask, flavour: str, rooms: Sequence[Room]) -> tuple[Seat, ...]:
        """Give the ask its places."""
        seats = tuple(room.take(ask.needs, flavour) for room in rooms)
        self._free.pop(flavour, None)
        self._count(ask.department, flavour, ask.needs.amount, ask.needs.preemptible, ask.kind)
        return seats

    def _count(self, department: str, flavour: str, amount: int, preemptible: bool, kind: str) -> None:
        key = (department, flavour)
        self.held[key] = self.held.get(key, 0) + amount
        if not preemptible:
            self.firm[key] = self.firm.get(key, 0) + amount
        for name in {kind, kind.partition(".")[0]}:
            self.running[name] = self.running.get(name, 0) + 1
