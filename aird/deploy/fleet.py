"""The engines that a reconciler holds: starts them, asks how they are, has units loaded and forgotten, ends them.

Loading runs in a thread of each engine, so that one that is slow keeps no other waiting; engines are started in the
reconciler's own thread, since a child is told of the death of the thread that started it.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from aird.core.errors import AirdError
from aird.deploy import children, placement
from aird.deploy.alarm import Alarm
from aird.deploy.drivers.base import Instance, Runtime, Spec, Status
from aird.deploy.placement import LONGEST_PAUSE, Pool, ReplicaState

log = logging.getLogger(__name__)

SILENT_SECONDS = 120.0
"""An engine that was up and says nothing for so long is ended."""
AWAY_SECONDS = 20.0
"""The same for an engine that is no child of ours, whose machine may be gone: one that only computes still answers."""
NOBODY_SECONDS = 5.0
"""The same when there is a machine and nobody listens on it."""
STARTING_SECONDS = 1800.0
"""An engine that never said anything is given up after so long: large weights take their time."""

LEAST_REST = 0.1

Place = tuple[Pool, int]


@dataclass
class Failure:
    """Failures in a row, and when the next attempt may be made (monotonic seconds)."""

    count: int = 0
    not_before: float = 0.0
    reason: str = ""

    def again(self, reason: str, *, worked: bool) -> None:
        """Note one more; the first of something that worked is mended without a pause."""
        self.count += 1
        self.reason = reason
        pause = 0.0 if worked and self.count == 1 else placement.pause_seconds(self.count)
        self.not_before = time.monotonic() + pause


class Failures:
    """What failed, by a key: an engine's place, a unit in it, or a digest that cannot be fetched."""

    def __init__(self) -> None:
        self._by_key: dict[object, Failure] = {}

    def note(self, key: object, reason: str, *, worked: bool = False) -> None:
        """One more in a row; `worked` says whether it had worked before this."""
        self._by_key.setdefault(key, Failure()).again(reason, worked=worked)

    def reason(self, key: object) -> str:
        """Why it failed last; empty when it did not."""
        found = self._by_key.get(key)
        return found.reason if found else ""

    def pausing(self, key: object) -> bool:
        """Whether it is too early for another attempt."""
        found = self._by_key.get(key)
        return found is not None and time.monotonic() < found.not_before

    def next_attempt(self) -> float:
        """Seconds until the next pause is over; infinite when there is none."""
        left = [each.not_before - time.monotonic() for each in self._by_key.values()]
        return min((each for each in left if each > 0), default=math.inf)

    def forget(self, key: object) -> None:
        """It works again."""
        self._by_key.pop(key, None)

    def keep_only(self, wanted: Callable[[object], bool]) -> None:
        """Forget what nobody wants any more."""
        for key in [each for each in self._by_key if not wanted(each)]:
            del self._by_key[key]


@dataclass
class Held:
    """An engine and what is known of it."""

    place: Place
    runtime: Runtime
    instance: Instance
    started: float = field(default_factory=time.monotonic)
    heard: float | None = None
    worked: bool = False
    status: Status = field(default_factory=lambda: Status("starting"))
    took: int = 0
    loads: dict[str, Future[None]] = field(default_factory=dict)
    warm: set[str] = field(default_factory=set)  # units that have said a token, where the engine does not see to it
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="engine"))

    def look(self) -> Status:
        """How it is now."""
        ended = self.instance.child.ended() if self.instance.child is not None else None
        if ended:
            self.status = Status("failed", ended)
            return self.status
        try:
            self.status = self.runtime.status(self.instance)
            self.heard = time.monotonic()
            self.worked = self.worked or self.status.state == "ready"
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.status = self._silent(error)
        if self.instance.is_others and self.status.units and self.instance.spec.base not in self.status.units:
            self.status = Status("failed", f"The server at {self.instance.address} serves another model now.")
        if self.instance.child is not None:
            self.took = max(self.took, children.memory_of(self.instance.child.pid))
        return self.status

    def _silent(self, error: Exception) -> Status:
        away = SILENT_SECONDS if self.instance.child is not None else AWAY_SECONDS
        if isinstance(error, httpx.ConnectError) and self.instance.child is None:
            away = NOBODY_SECONDS
        since, limit = (self.started, STARTING_SECONDS) if self.heard is None else (self.heard, away)
        if time.monotonic() - since > limit:
            return Status("failed", f"The engine said nothing for {limit:.0f} seconds ({type(error).__name__}).")
        if self.heard is not None:
            return self.status  # busy; what it said last holds
        return Status("starting")

    def leave(self) -> None:
        """End it if it is a child, else let go of it."""
        self.instance.end = None
        self.close()

    def close(self, drain_seconds: float = 0.0) -> None:
        """End it."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.runtime.stop(self.instance, drain_seconds)


@dataclass(frozen=True)
class Seen:
    """What a round saw of a unit in an engine."""

    state: ReplicaState
    reason: str = ""


class Fleet:
    """Every engine by its place in its pool."""

    def __init__(self, linger: float, alarm: Alarm) -> None:
        self._linger, self._alarm = linger, alarm
        self.held: dict[Place, Held] = {}
        self.failures = Failures()
        self._unwanted_since: dict[object, float] = {}
        self._lookers = ThreadPoolExecutor(8, thread_name_prefix="engine-status")

    def start(self, place: Place, runtime: Runtime, spec: Spec) -> None:
        """Start an engine; a failure is kept, and a pause with it."""
        try:
            instance = runtime.start(spec)
        except (AirdError, OSError, ValueError) as error:
            self.fail(place, str(error))
            return
        self.held[place] = Held(place, runtime, instance)

    def fail(self, place: Place, reason: str, *, worked: bool = False) -> None:
        """Note that an engine cannot be had, or that one that worked is there no more."""
        log.error("engine %s %s #%s: %s", place[0].runtime, place[0].base[:19], place[1], reason)
        self.failures.note(place, reason, worked=worked)

    def rest(self, seconds: float) -> None:
        """Until something may have changed: a child ends, a unit is loaded, a pause is over; at most so long.

        An engine that starts tells nobody: it is asked again after a tenth of the time that it has taken so far.
        """
        now, held = time.monotonic(), list(self.held.values())
        ages = [now - each.started for each in held if each.status.state == "starting"]
        seconds = min(seconds, self.failures.next_attempt(), *(max(LEAST_REST, age / 10) for age in ages))
        children = [each.instance.child for each in held if each.instance.child is not None]
        self._alarm.rest(seconds, [each.watched for each in children if each.watched is not None])

    def look(self) -> None:
        """Ask every engine how it is; those that failed are cleared away, and a pause is kept."""
        held = list(self.held.values())
        for each, status in zip(held, self._lookers.map(Held.look, held), strict=True):
            if status.state == "failed":
                self.fail(each.place, status.reason, worked=each.worked)
                del self.held[each.place]
                each.close()
            elif status.state == "ready" and time.monotonic() - each.started > LONGEST_PAUSE:
                self.failures.forget(each.place)

    def bring_up(self, held: Held, unit: str, folder: Callable[[str], Path | None]) -> Seen:
        """Have the engine load the unit if it has not, and say where it stands."""
        if held.status.state != "ready":
            failed = self.failures.reason(held.place)
            return Seen(ReplicaState.STARTING, f"Starting again. {failed}" if failed else "The model is being loaded.")
        key = (*held.place, unit)
        loading = held.loads.get(unit)
        if loading is not None and loading.done():
            del held.loads[unit]
            error = loading.exception()
            if error is None:
                self.failures.forget(key)
                held.warm.add(unit)
                return Seen(ReplicaState.READY)
            log.error("unit %s: %s", unit, error)
            self.failures.note(key, str(error) or type(error).__name__)
        elif loading is not None:
            return Seen(ReplicaState.STARTING, "The unit is being loaded.")
        elif unit in held.status.units and (held.runtime.warms or unit in held.warm):
            return Seen(ReplicaState.READY)
        failed = self.failures.reason(key) or self.failures.reason(unit)
        if not self.failures.pausing(key) and not self.failures.pausing(unit):
            files = folder(unit)
            if files is not None:
                held.loads[unit] = held.pool.submit(held.runtime.load, held.instance, unit, files)
                held.loads[unit].add_done_callback(lambda _: self._alarm.ring())
            elif not failed:
                return Seen(ReplicaState.STARTING, "The files are being fetched.")
        if failed:
            return Seen(ReplicaState.FAILED, failed)
        return Seen(ReplicaState.STARTING, "The unit is being loaded.")

    def forget(self, held: Held, wanted: Iterable[str]) -> None:
        """Have the engine forget adapters that nobody has wanted for a while and that answer nothing."""
        kept = set(wanted)
        for unit in held.status.units - {held.instance.spec.base}:
            if not self.is_over((*held.place, unit), unit in kept) or unit in held.status.busy:
                continue
            try:
                if held.runtime.unload(held.instance, unit):
                    held.warm.discard(unit)
            except AirdError as error:
                log.warning("unit %s is not forgotten yet: %s", unit, error)

    def uses(self) -> set[str]:
        """Every digest whose files an engine may still read."""
        return {unit for each in self.held.values() for unit in (each.place[0].base, *each.status.units, *each.loads)}

    def end_if_over(self, held: Held, *, wanted: bool) -> None:
        """End an engine that nobody has wanted for a while and that answers nothing."""
        if self.is_over(held.place, wanted) and not held.status.running:
            del self.held[held.place]
            held.close()

    def is_over(self, key: object, wanted: bool) -> bool:
        """Whether it has been unwanted for long enough: routes may be a second old."""
        if wanted:
            self._unwanted_since.pop(key, None)
            return False
        return time.monotonic() - self._unwanted_since.setdefault(key, time.monotonic()) >= self._linger

    def close(self) -> None:
        """End every child; engines elsewhere go on, and are found again."""
        with ThreadPoolExecutor(8) as enders:
            list(enders.map(Held.leave, self.held.values()))
        self.held.clear()
        self._lookers.shutdown()
