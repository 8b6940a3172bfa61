"""Which states a request may move between. Pure.

open ──> in review ──> approved ──> delivered
  │        │   │          │
  │        │   └──> rejected
  └────────┴──> withdrawn <┘
"""

from enum import StrEnum


class RequestState(StrEnum):
    """How far a department's request has come."""

    OPEN = "open"  # a need in words; no version is proposed for it yet
    IN_REVIEW = "in_review"  # a version is proposed and waits for a signature
    APPROVED = "approved"  # signed; may be deployed
    REJECTED = "rejected"  # not signed; asking again files a new request
    DELIVERED = "delivered"  # the approved version serves on the endpoint
    WITHDRAWN = "withdrawn"  # the department no longer wants it


S = RequestState

MOVES: dict[RequestState, frozenset[RequestState]] = {
    S.OPEN: frozenset({S.IN_REVIEW, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.DELIVERED, S.WITHDRAWN}),
    S.REJECTED: frozenset(),
    S.DELIVERED: frozenset(),
    S.WITHDRAWN: frozenset(),
}


def may_move(old: RequestState, new: RequestState) -> bool:
    """Whether a request in `old` may become `new`."""
    return new in MOVES[old]
