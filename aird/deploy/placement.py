"""Which version may answer, which units have to be resident and where, and what an endpoint's state is. Pure.

A unit is the files of one digest. An adapter's unit lives in the runtime process of its base; the files of a
whole model are a process of their own, and are themselves the first unit in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aird.catalog.lifecycle import VersionState

LONGEST_PAUSE = 60.0


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
    """A digest to have resident, and the digest of the whole model that its process holds."""

    digest: str
    base: str

    @property
    def is_adapter(self) -> bool:
        """Whether the unit is put onto the process's model, rather than being it."""
        return self.digest != self.base


@dataclass(frozen=True)
class Residence:
    """Where a replica was seen last."""

    state: ReplicaState
    reason: str
    since: datetime
    address: str | None


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
        return not self.barred and self.residence is not None and self.residence.state is ReplicaState.READY


def routed(current: Placed | None, serving: Placed | None) -> Placed | None:
    """What answers: the deployment that is wanted, or the one before it until the wanted one is ready."""
    if current is None:
        return None
    return next((each for each in (current, serving) if each is not None and each.answers), None)


def wanted(placed: Iterable[Placed | None]) -> dict[str, Unit]:
    """The units that have to be resident, by digest."""
    return {each.unit.digest: each.unit for each in placed if each is not None and not each.barred}


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
