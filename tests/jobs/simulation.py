"""A house in simulated time: departments order jobs, admission decides, jobs end or hand their places back."""

import heapq
import random
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from aird.jobs.admission import Decision, Rules, decide
from aird.jobs.house import Ask, Holding, House, Quota, Room
from aird.jobs.machines import Chip
from aird.jobs.needs import Needs

GRACE = 30.0  # seconds until a job that was asked to yield has written its checkpoint
TICK = 60.0  # seconds between two looks at the queue
WINDOW = 2 * 3600.0  # seconds over which is counted what a department was served


@dataclass
class Work:
    """A job of the simulation."""

    id: UUID
    department: str
    needs: Needs
    left: float  # seconds of work
    queued: float
    kind: str = "training.sft"
    waited: float = 0.0  # the longest it waited at a stretch
    began: float = 0.0
    holding: Holding | None = None


@dataclass
class Simulation:
    """`run` until everything is done; what happened is in the fields."""

    rooms: list[Room]
    quotas: dict[tuple[str, str], Quota]
    rules: Rules = field(default_factory=Rules)
    now: float = 0.0
    waiting: dict[tuple[str, int, str], deque[Work]] = field(default_factory=lambda: defaultdict(deque))
    running: dict[UUID, Work] = field(default_factory=dict)
    done: list[Work] = field(default_factory=list)
    preempted: int = 0
    served: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))  # chip-seconds
    recent: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))  # of them, fading
    ends: list[tuple[float, int, UUID]] = field(default_factory=list)
    _number: count = field(default_factory=count)

    def order(self, work: Work) -> None:
        """Queue a job."""
        self.waiting[work.department, work.needs.priority, work.needs.shape].append(work)

    def step(self) -> list[Decision]:
        """One look at the queue; then time goes on by a tick."""
        asks = [
            Ask(work.id, work.department, work.kind, work.needs, work.queued, self.now - work.queued)
            for group in self.waiting.values() if group and (work := group[0])
        ]  # fmt: skip
        house = House(
            [Room(room.worker, room.name, room.slots, room.chips) for room in self.rooms],
            [work.holding for work in self.running.values() if work.holding], self.quotas,
            served={key: seconds / WINDOW for key, seconds in self.recent.items()},
        )  # fmt: skip
        decisions = decide(house, asks, self.rules)
        for decision in decisions:
            self._follow(decision)
        self._pass(TICK)
        return decisions

    def _follow(self, decision: Decision) -> None:
        for victim in decision.victims:
            work = self.running[victim.id]
            work.holding = Holding(**{**vars(victim), "leaving": True})
            heapq.heappush(self.ends, (self.now + GRACE, next(self._number), work.id))
            self.preempted += 1
        if decision.starts:
            ask = decision.ask
            work = self.waiting[ask.department, ask.needs.priority, ask.needs.shape].popleft()
            work.waited, work.began = max(work.waited, self.now - work.queued), self.now
            work.holding = Holding(
                work.id, work.department, work.kind, decision.worker, decision.seats, work.needs.priority,
                work.needs.preemptible,
            )  # fmt: skip
            self.running[work.id] = work
            heapq.heappush(self.ends, (self.now + work.left, next(self._number), work.id))

    def _pass(self, seconds: float) -> None:
        until = self.now + seconds
        while self.ends and self.ends[0][0] <= until:
            at, _, job_id = heapq.heappop(self.ends)
            work = self.running.get(job_id)
            if work is None or work.holding is None:
                continue
            finished = at - work.began >= work.left - 1e-6
            if not finished and not work.holding.leaving:
                continue  # the end of an earlier attempt
            self._count(work, min(at, until) - max(work.began, self.now))
            del self.running[job_id]
            if finished:
                self.done.append(work)
            else:
                work.left -= at - work.began
                work.queued = at
                self.waiting[work.department, work.needs.priority, work.needs.shape].appendleft(work)
            work.holding = None
        for work in self.running.values():
            self._count(work, until - max(work.began, self.now))
            if work.holding:
                work.holding = Holding(**{**vars(work.holding), "ran": until - work.began})
        for key in self.recent:
            self.recent[key] *= 1 - seconds / WINDOW
        self.now = until

    def _count(self, work: Work, seconds: float) -> None:
        assert work.holding is not None
        key = (work.department, work.holding.flavour)
        self.served[key] += seconds * work.holding.amount
        self.recent[key] += seconds * work.holding.amount


def rooms(number: int, chips: int, flavour: str = "h100") -> list[Room]:
    """So many machines with so many chips each, of a worker each."""
    offered = tuple(Chip(flavour, index) for index in range(chips))
    return [Room(f"worker-{index}", f"{flavour}-{index}", 0, offered) for index in range(number)]


def jain(values: list[float]) -> float:
    """Jain's index of fairness: 1 when all are equal, 1/n when one has everything (Jain, Chiu, Hawe 1984)."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def workload(seed: int, departments: dict[str, int], jobs: int, chips: tuple[int, ...]) -> list[Work]:
    """Jobs by department in proportion to what it deserves, all waiting from the start, of mixed sizes."""
    chance, names = random.Random(seed), list(departments)
    total = sum(departments.values())
    found = []
    for name in names:
        for _ in range(round(jobs * departments[name] / total)):
            needs = Needs(
                chips=chance.choice(chips), flavours=["h100"], priority=chance.choices((0, 50, 100), (2, 7, 1))[0]
            )
            left = chance.randint(1, 12) * TICK
            found.append(Work(UUID(int=chance.getrandbits(128)), name, needs, left, queued=len(found) * 1e-6))
    chance.shuffle(found)
    return found
