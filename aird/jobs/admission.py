"""Who starts next, who waits and why, who hands a place back: one function over quotas, machines and asks. Pure.

Within a department the priority decides, then the time of queueing. Between departments, of a flavour for which there
are quotas: first those that stay within what they deserve, the one furthest below it first; then those that borrow, by
weight. What is guaranteed to others is never lent, a limit is never passed, and what may not be preempted runs within
what the department deserves. Who asks for what it deserves has borrowed places handed back, at a checkpoint: of
departments above their share, the lowest priority and the newest first, no more than needed. Since only those within
their share take back and only from those above it, no two jobs can push each other out in turns.

A job that has waited longer than `patience` without borrowing has a machine kept free for it: small jobs cannot
overtake a large one for ever. So has one that is larger than what is left of its department's share, as long as the
department was served less than that share on average; it comes first and is not taken back before the average is
made up. Without quotas a flavour is first come, first served.

Sources of the rules: Kueue (preemption within a cohort), KAI (reclaim by fair share, priority 100 within quota),
Volcano (guarantee, deserved, capability).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from aird.jobs.house import NOBODY, Ask, Holding, House, Room, Seat


@dataclass(frozen=True)
class Rules:
    """Times in seconds."""

    patience: float = 600.0  # a job that waited for so long gets a machine kept free
    ageing: float = 6 * 3600.0  # a job gains the next priority by waiting for so long
    least_run: float = 300.0  # nobody hands a place back before


@dataclass(frozen=True)
class Decision:
    """What was decided about an ask: `seats` when it starts; otherwise why it waits, and who makes room for it."""

    ask: Ask
    code: str
    reason: str
    flavour: str = ""
    worker: str = ""
    seats: tuple[Seat, ...] = ()
    victims: tuple[Holding, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def starts(self) -> bool:
        """Whether it starts."""
        return bool(self.seats)


def decide(
    house: House, asks: Iterable[Ask], rules: Rules = Rules(), *, worker: str | None = None, first: bool = False
) -> list[Decision]:
    """Decide about every ask, in the order in which they come first; the house is changed as places are given.

    `worker` prefers the machines of one worker. With `first` it ends at the first ask that starts on one of them.
    """
    queue = sorted(((order(house, ask, rules), ask) for ask in asks), key=lambda each: each[0])
    decisions = list[Decision]()
    while queue:
        _, ask = queue.pop(0)
        decision = _one(house, ask, rules, worker)
        decisions.append(decision)
        if not decision.starts:
            continue
        if first and decision.worker == worker:
            return decisions + [Decision(each, "behind", "Waits: others come first.") for _, each in queue]
        if decision.flavour in house.governed:  # its department holds more now, and comes later
            queue = [
                (order(house, each, rules) if each.department == ask.department else key, each) for key, each in queue
            ]
            queue.sort(key=lambda each: each[0])
    return decisions


def order(house: House, ask: Ask, rules: Rules) -> tuple[float, ...]:
    """Smaller comes first."""
    rank = ask.needs.priority + 50 * int(ask.waited / rules.ageing)
    best = min((_standing(house, ask, flavour, rules) for flavour in _suiting(house, ask)), default=(0, 0.0))
    return (*best, -rank, ask.queued)


def _suiting(house: House, ask: Ask) -> list[str]:
    return [flavour for flavour in sorted(house.capacity) if ask.needs.suits(flavour)]


def _standing(house: House, ask: Ask, flavour: str, rules: Rules) -> tuple[int, float]:
    """(-1 overlooked, 0 within what it deserves, 1 borrowing; what its department holds of that, or beyond it)."""
    if flavour not in house.governed:
        return 0, 0.0
    quota, held = house.quota(ask.department, flavour), house.held.get((ask.department, flavour), 0)
    if held + ask.needs.amount <= quota.deserved:
        return 0, held / quota.deserved
    overlooked = ask.waited > rules.patience and held < quota.deserved and _underserved(house, ask.department, flavour)
    return -1 if overlooked else 1, (held - quota.deserved) / quota.weight


def _underserved(house: House, department: str, flavour: str) -> bool:
    """Whether it held less than it deserves, on average, lately."""
    return house.served.get((department, flavour), 0.0) < house.quota(department, flavour).deserved


def _one(house: House, ask: Ask, rules: Rules, worker: str | None) -> Decision:
    limited = _limited(house, ask)
    if limited is not None:
        return limited
    found: Decision | None = None
    flavours = sorted(_suiting(house, ask), key=lambda each: (_standing(house, ask, each, rules), each))
    for flavour in flavours:
        refused = _refused(house, ask, flavour)
        if refused is None:
            rooms = _rooms(house, ask, flavour, worker)
            if rooms:
                return _start(house, ask, flavour, rooms)
            refused = _no_room(house, ask, flavour, rules)
        found = found or refused
    return found or _nowhere(house, ask)


def _limited(house: House, ask: Ask) -> Decision | None:
    """A limit on jobs of its kind."""
    for name in (ask.kind, ask.kind.partition(".")[0]):
        if name in house.limits and house.running.get(name, 0) >= house.limits[name]:
            count, limit = house.running[name], house.limits[name]
            return Decision(
                ask, "queue_limit", f"Waits: {count} jobs of {name} run, and no more than {limit} may.",
                numbers={"queue": name, "running": count, "limit": limit},
            )  # fmt: skip
    return None


def _refused(house: House, ask: Ask, flavour: str) -> Decision | None:
    """What its department's quota, or those of others, say against it."""
    if flavour not in house.governed:
        return None
    department, amount = ask.department, ask.needs.amount
    key, quota = (department, flavour), house.quota(department, flavour)
    held, firm = house.held.get(key, 0), house.firm.get(key, 0)
    numbers: dict[str, Any] = {
        "department": department, "flavour": flavour, "held": held, "asked": amount, "deserved": quota.deserved,
        "limit": quota.limit, "free": house.free(flavour), "capacity": house.capacity[flavour],
    }  # fmt: skip
    if quota.limit is not None and held + amount > quota.limit:
        reason = f"Waits: {department} holds {held} {flavour} and asks for {amount}; its limit is {quota.limit}."
        return Decision(ask, "limit", reason, flavour, numbers=numbers)
    if not ask.needs.preemptible and firm + amount > quota.deserved:
        numbers["firm"] = firm
        reason = (
            f"Waits: what may not be preempted runs within the quota; {department} deserves {quota.deserved} "
            f"{flavour}, such jobs hold {firm} of them, and it asks for {amount}."
        )
        return Decision(ask, "firm", reason, flavour, numbers=numbers)
    owed = house.owed(department, flavour)
    if owed and house.free(flavour) - owed < amount <= house.free(flavour):
        numbers["owed"] = owed
        reason = f"Waits: {house.free(flavour)} {flavour} are free, of which {owed} are guaranteed to others."
        return Decision(ask, "guaranteed", reason, flavour, numbers=numbers)
    return None


def _rooms(house: House, ask: Ask, flavour: str, worker: str | None) -> list[Room]:
    """Where it fits now: on as many machines of one worker as it has nodes, the fullest first; none: nowhere."""
    needs = ask.needs
    shape = (flavour, needs.chips, needs.memory, needs.nodes)
    if shape in house.full or house.free(flavour) < needs.amount:
        return []
    fitting = [
        (room.worker != worker, room.worker, room.fitting(needs, flavour), room.name, room)
        for room in house.rooms
        if not room.promised and room.fitting(needs, flavour) >= max(needs.chips, 1)
    ]
    fitting.sort(key=lambda each: each[:4])
    for _, same in groupby(fitting, key=lambda each: each[1]):
        rooms = [each[4] for each in same]
        if len(rooms) >= needs.nodes:
            return rooms[: needs.nodes]
    house.full.add(shape)
    return []


def _start(house: House, ask: Ask, flavour: str, rooms: Sequence[Room]) -> Decision:
    quota, department = house.quota(ask.department, flavour), ask.department
    seats = house.take(ask, flavour, rooms)
    held = house.held[department, flavour]
    numbers: dict[str, Any] = {"department": department, "flavour": flavour, "held": held, "deserved": quota.deserved}
    where = ", ".join(room.name for room in rooms)
    reason = f"Runs on {where}."
    if flavour in house.governed:
        borrows = max(held - quota.deserved, 0)
        reason = f"Runs on {where}: {department} holds {held} {flavour} and deserves {quota.deserved}" + (
            f"; {borrows} are borrowed." if borrows else "."
        )
        numbers["borrowed"] = borrows
    return Decision(ask, "starts", reason, flavour, rooms[0].worker, seats, numbers=numbers)


def _no_room(house: House, ask: Ask, flavour: str, rules: Rules) -> Decision | None:
    """It may start, but nothing is free: have borrowed places handed back, or wait; None where it can never fit."""
    rooms = house.able(ask.needs, flavour)
    if not rooms:
        return None
    needs, standing = ask.needs, _standing(house, ask, flavour, rules)[0]
    if flavour in house.governed and standing == 0:
        best = _reclaim(house, ask, flavour, rooms, rules)
        if best is not None:
            room, victims = best
            room.promised = True
            who = f"{len(victims)} jobs that borrow" if victims else "jobs that borrow"
            reason = f"Waits for a checkpoint: {who} hand back what {ask.department} deserves."
            numbers = {"department": ask.department, "flavour": flavour, "victims": len(victims)}
            return Decision(ask, "reclaims", reason, flavour, victims=victims, numbers=numbers)
    kept = ask.waited > rules.patience and standing < 1
    if kept:
        for room in sorted(rooms, key=lambda each: (each.promised, -each.fitting(needs, flavour)))[: needs.nodes]:
            room.promised = True
    free, capacity = house.free(flavour), house.capacity[flavour]
    wanted = f"{needs.chips or 1} {flavour}" + (f" on each of {needs.nodes} machines" if needs.nodes > 1 else "")
    reason = f"Waits for room: it asks for {wanted}, and {free} of {capacity} are free."
    if kept:
        reason += " It has waited long: a machine is kept for it."
    numbers = {"flavour": flavour, "asked": needs.amount, "free": free, "capacity": capacity, "kept": kept}
    return Decision(ask, "room", reason, flavour, numbers=numbers)


def _reclaim(
    house: House, ask: Ask, flavour: str, rooms: Sequence[Room], rules: Rules
) -> tuple[Room, tuple[Holding, ...]] | None:
    """The machine that needs the fewest places handed back, and who hands them back; none when that does not do.

    A job on several machines takes nothing back: it waits for them.
    """
    if ask.needs.nodes > 1:
        return None
    best: tuple[int, str, Room, tuple[Holding, ...]] | None = None
    wanted = max(ask.needs.chips, 1)
    for room in rooms:
        if room.promised:
            continue
        here = [each for each in house.here.get((room.worker, room.name), ()) if each.flavour == flavour]
        missing = wanted - room.fitting(ask.needs, flavour) - sum(_amount(each, room) for each in here if each.leaving)
        victims = _victims(house, ask, flavour, room, here, missing, rules) if missing > 0 else ()
        if victims is None:
            continue
        cost = (sum(each.amount for each in victims), room.name)
        if best is None or cost < best[:2]:
            best = (*cost, room, victims)
    return best and (best[2], best[3])


def _victims(
    house: House, ask: Ask, flavour: str, room: Room, here: Sequence[Holding], missing: int, rules: Rules
) -> tuple[Holding, ...] | None:
    """The fewest borrowed places on this machine that make up what is missing."""
    above = {
        department: held - house.quota(department, flavour).deserved
        for (department, each), held in house.held.items() if each == flavour
    }  # fmt: skip
    for each in house.holdings:
        if each.leaving and each.flavour == flavour:
            above[each.department] -= each.amount
    chosen: list[Holding] = []
    candidates = [
        each for each in here
        if each.preemptible and not each.leaving and each.ran >= rules.least_run and each.department != NOBODY
    ]  # fmt: skip
    candidates.sort(key=lambda each: (-above[each.department], each.priority, each.ran))
    for each in candidates:
        if each.department == ask.department:
            if each.priority >= ask.needs.priority:
                continue
        elif above[each.department] <= 0:
            continue
        elif above[each.department] < each.amount and _underserved(house, each.department, flavour):
            continue  # the one job by which its department makes up for what it did not get
        above[each.department] -= each.amount
        chosen.append(each)
        missing -= _amount(each, room)
        if missing <= 0:
            break
    if missing > 0:
        return None
    for each in list(chosen[:-1]):
        if missing + _amount(each, room) <= 0:
            chosen.remove(each)
            missing += _amount(each, room)
    return tuple(chosen)


def _amount(holding: Holding, room: Room) -> int:
    return sum(seat.amount for seat in holding.seats if seat.machine == room.name)


def _nowhere(house: House, ask: Ask) -> Decision:
    needs, offered = ask.needs, ", ".join(sorted(house.capacity)) or "nothing"
    flavours = " or ".join(needs.flavours) or ("chips" if needs.chips else "a CPU slot")
    reason = (
        f"Waits for a machine: no worker that is there offers {max(needs.chips, 1)} {flavours}"
        + (f" with {needs.memory / 2**30:.1f} GiB" if needs.memory else "")
        + (f" on {needs.nodes} machines" if needs.nodes > 1 else "")
        + f"; there is {offered}."
    )
    return Decision(ask, "no_machine", reason, numbers={"asked": needs.amount, "offered": sorted(house.capacity)})
