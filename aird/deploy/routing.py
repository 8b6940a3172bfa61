"""Where an endpoint's requests go: an alias over weighted, immutable units. Pure.

A route has arms. An arm is one deployed unit with the addresses of its ready replicas and its share of the traffic.
Which arm answers is decided by the caller's sticky key alone, so one key or session always meets the same arm while
the weights stand, and a growing canary only ever takes callers over, never moves them back and forth.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

WHOLE = 1000
"""Weights are parts of this."""


@dataclass(frozen=True)
class Arm:
    """One unit of a route. `addresses` are of its ready replicas: `unix:/path` or `http://host:port`.

    `runtime` is what its engines run, by which the gateway knows what they can be asked for.
    """

    number: int
    version: str
    unit: str
    weight: int
    addresses: tuple[str, ...]
    runtime: str = "hf"


@dataclass(frozen=True)
class Route:
    """Where an endpoint's requests go; without `arms` nowhere, and `reason` says why.

    `shadow` gets copies of what was answered, as many thousandths as its weight says, and its own answers reach
    nobody. With `by_request` every request is drawn for itself instead of its caller. `rollout` is the trial that
    the second arm or the shadow belongs to. With `captured` questions and answers are kept for a while.
    """

    id: UUID
    name: str
    department_id: UUID
    department: str
    created: int
    arms: tuple[Arm, ...] = ()
    shadow: Arm | None = None
    reason: str = ""
    by_request: bool = False
    rollout: UUID | None = None
    captured: bool = False


def choose(route: Route, sticky: str, request_id: str = "") -> Arm:
    """The arm for a caller: the first arm is the baseline, the later ones take the callers with the lowest places.

    `sticky` names the caller: the key or person, with the session or user that a request names. A route that draws
    `by_request` goes by `request_id` instead, where one is given.
    Raises ValueError when the route has no arms.
    """
    if not route.arms:
        raise ValueError(f"{route.name} has no arms")
    if len(route.arms) == 1:
        return route.arms[0]
    place = _place(route.name, request_id if route.by_request and request_id else sticky)
    taken = 0
    for arm in route.arms[1:]:
        taken += arm.weight
        if place < taken:
            return arm
    return route.arms[0]


def copied(route: Route, request_id: str) -> bool:
    """Whether the shadow gets a copy of this request."""
    return route.shadow is not None and _place(f"{route.name}\0shadow", request_id) < route.shadow.weight


def _place(name: str, drawn: str) -> int:
    """Where something stands among the thousandths of a route."""
    return int.from_bytes(hashlib.sha256(f"{name}\0{drawn}".encode()).digest()[:8]) % WHOLE


def shown(route: Route, arm: Arm) -> str:
    """The model name of an answer: the alias with the digest that answered."""
    return f"{route.name}@{arm.unit.removeprefix('sha256:')[:12]}"
