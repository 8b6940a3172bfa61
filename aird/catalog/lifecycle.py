"""Which states a version may move between. Pure.

draft ──> candidate ──> approved ──> retired
 │ ▲          │ ▲           │
 │ │          ▼ │           ▼
 └─┴──────> suspended <─────┘  ──> retired

Every state but retired may become suspended or retired; a suspended version comes back as what it had earned by
being measured, never as approved.
"""

from enum import StrEnum


class VersionState(StrEnum):
    """What a version may be used for."""

    DRAFT = "draft"  # filed, not measured
    CANDIDATE = "candidate"  # measured; may be asked for
    APPROVED = "approved"  # signed by another person; may be deployed
    SUSPENDED = "suspended"  # out of every endpoint until somebody has looked
    RETIRED = "retired"  # out of service for good; files and lineage stay


S = VersionState

MOVES: dict[VersionState, frozenset[VersionState]] = {
    S.DRAFT: frozenset({S.CANDIDATE, S.SUSPENDED, S.RETIRED}),
    S.CANDIDATE: frozenset({S.APPROVED, S.SUSPENDED, S.RETIRED}),
    S.APPROVED: frozenset({S.SUSPENDED, S.RETIRED}),
    S.SUSPENDED: frozenset({S.DRAFT, S.CANDIDATE, S.RETIRED}),
    S.RETIRED: frozenset(),
}


def may_move(old: VersionState, new: VersionState) -> bool:
    """Whether a version in `old` may become `new`."""
    return new in MOVES[old]
