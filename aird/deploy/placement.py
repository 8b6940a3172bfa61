"""Which version may answer, which units have to be resident and where, and what an endpoint's state is. Pure.

A unit is the files of one digest. An adapter's unit lives in the runtime process of its base; the files of a
whole model are a process of their own, and are themselves the first unit in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from aird.catalog.lifecycle import VersionState

LONGEST_PAUSE = 60.0
CPU = "cpu"
"""The chip of an engine that needs none."""


class RuntimeKind(StrEnum):
    """What an engine runs."""

    HF = "hf"  # our own worker over transformers and peft
    VLLM = "vllm"


class ReplicaState(StrEnum):
    """What a replica is doing."""

    STARTING = "starting"  # files are fetched or loaded
    READY = "ready"  # answers
    FAILED = "failed"  # see the reason; it is tried again after a pause
    STOPPED = "stopped"  # nobody wants it


class EndpointState(StrEnum):
    """What an endpoint is doing."""

    EMPTY = "empty"  # nothing was ever deployed
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    STOPPED = "stopped"  # by a person, or because its version lost its approval


@dataclass(frozen=True)
class Unit:
    """A digest to have resident, and the digest of the whole model that its engine holds."""

    digest: str
    base: str

    @property
    def is_adapter(self) -> bool:
        """Whether the unit is put onto the process's model, rather than being it."""
        return self.digest != self.base


@dataclass(frozen=True)
class Pool:
    """Equal engines of one whole model."""

    base: str
    runtime: RuntimeKind
    chip: str = CPU


@dataclass(frozen=True)
class Residence:
    """What became of a unit on all the engines that hold it; `addresses` are those of its ready replicas."""

    state: ReplicaState
    reason: str
    since: datetime
    addresses: tuple[str, ...] = ()
    complete: bool = False  # on every engine that is up
    runtime: RuntimeKind | None = None  # of those that answer


@dataclass(frozen=True)
class Placed:
    """A deployment with all that decides whether it can answer."""

    number: int
    ref: str
    version_state: VersionState
    base_ref: str | None
    base_state: VersionState | None
    unit: Unit
    deployed_at: datetime
    residence: Residence | None
    cleared: bool = True
    pool: Pool | None = None
    replicas: int = 1
    department_id: UUID | None = None

    @property
    def barred(self) -> str:
        """Why this version may not answer; empty when it may."""
        if self.version_state is not VersionState.APPROVED:
            return f"{self.ref} is {self.version_state}; only an approved version answers."
        if not self.cleared:
            return f"{self.ref} has no approval for this endpoint any more."
        if self.base_state in (VersionState.SUSPENDED, VersionState.RETIRED):
            return f"The base {self.base_ref} of {self.ref} is {self.base_state}."
        return ""

    @property
    def answers(self) -> bool:
        """Whether requests can be sent to it."""
        return not self.barred and self.residence is not None and bool(self.residence.addresses)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where requests can be sent to it; none when it may not answer."""
        return self.residence.addresses if self.residence is not None and self.answers else ()


def routed(current: Placed | None, serving: Placed | None) -> Placed | None:
    """What answers: the deployment that is wanted, or the one before it until every engine holds the wanted one."""
    if current is None:
        return None
    if serving is not None and serving.number != current.number and serving.answers and not _complete(current):
        return serving
    return next((each for each in (current, serving) if each is not None and each.answers), None)


def _complete(placed: Placed) -> bool:
    return placed.answers and placed.residence is not None and placed.residence.complete


@dataclass
class Demand:
    """What is wanted of a pool: so many engines, these units on each of them, for these departments."""

    replicas: int = 0
    units: dict[str, Unit] = field(default_factory=dict)
    departments: list[UUID] = field(default_factory=list)


def demand(placed: Iterable[Placed | None]) -> dict[Pool, Demand]:
    """What every pool has to hold: all its units on each of as many engines as the most demanding endpoint asks for."""
    found: dict[Pool, Demand] = {}
    for each in placed:
        if each is None or each.pool is None or each.barred:
            continue
        wanted = found.setdefault(each.pool, Demand())
        wanted.replicas = max(wanted.replicas, each.replicas)
        wanted.units[each.unit.digest] = each.unit
        if each.department_id is not None and each.department_id not in wanted.departments:
            wanted.departments.append(each.department_id)
    return found


@dataclass(frozen=True)
class Sighting:
    """A replica with the state of its engine, as the reconciler noted them."""

    state: ReplicaState
    reason: str
    since: datetime
    engine_state: ReplicaState
    address: str | None
    runtime: RuntimeKind = RuntimeKind.HF


def residence(seen: Iterable[Sighting]) -> Residence | None:
    """Where a unit stands on all its engines together: ready when it answers anywhere, failed when it does nowhere."""
    found = [each for each in seen if each.state is not ReplicaState.STOPPED]
    if not found:
        return None
    ready = [each for each in found if each.state is ReplicaState.READY and each.address]
    late = [each for each in found if each.state is ReplicaState.STARTING and each.engine_state is ReplicaState.READY]
    addresses = tuple(sorted(each.address for each in ready if each.address))
    if ready:
        since, runtime = min(each.since for each in ready), ready[0].runtime
        return Residence(ReplicaState.READY, "", since, addresses, complete=not late, runtime=runtime)
    failed = [each for each in found if each.state is ReplicaState.FAILED]
    shown = min((failed if len(failed) == len(found) else found), key=lambda each: (bool(each in failed), each.since))
    return Residence(shown.state, shown.reason, shown.since)


def endpoint_state(current: Placed | None, *, ever: bool, created_at: datetime) -> tuple[EndpointState, str, datetime]:
    """(state, why, since when) of an endpoint; `ever` says whether anything was ever deployed on it."""
    if current is None:
        state = EndpointState.STOPPED if ever else EndpointState.EMPTY
        return state, "" if ever else "Nothing was deployed here yet.", created_at
    if current.barred:
        return EndpointState.STOPPED, current.barred, current.deployed_at
    seen = current.residence
    if seen is None or seen.state is ReplicaState.STOPPED:
        return EndpointState.STARTING, "Waiting for the reconciler.", current.deployed_at
    return EndpointState(seen.state.value), seen.reason, max(seen.since, current.deployed_at)


def pause_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: 1, 2, 4 ... at most 60 seconds."""
    return min(LONGEST_PAUSE, 2.0 ** max(0, failures - 1))
