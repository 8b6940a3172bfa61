"""Which states a request may move between. Pure.

draft ──> open ──> building ──> in review ──> approved ──> delivered ──> accepted
            │ ▲       │ ▲         ▲   │                        │
            │ └───────┘ └─────────┼───┼──────── not yet ───────┘
            └─────────────────────┘   └──> rejected

Every state before `delivered` but `rejected` may become withdrawn.
"""

from enum import StrEnum


class RequestState(StrEnum):
    """How far a department's request has come."""

    DRAFT = "draft"  # being written; its own department's people see it
    OPEN = "open"  # a need in words; no version is proposed for it yet
    BUILDING = "building"  # an option is chosen: its work is ordered, or a task of the ML staff
    IN_REVIEW = "in_review"  # a version is proposed and waits for a signature
    APPROVED = "approved"  # signed; may be deployed
    REJECTED = "rejected"  # not signed; asking again files a new request
    DELIVERED = "delivered"  # the approved version serves on the endpoint; the department tries it
    ACCEPTED = "accepted"  # the department has tried it and keeps it
    WITHDRAWN = "withdrawn"  # the department no longer wants it


S = RequestState

MOVES: dict[RequestState, frozenset[RequestState]] = {
    S.DRAFT: frozenset({S.OPEN, S.WITHDRAWN}),
    S.OPEN: frozenset({S.BUILDING, S.IN_REVIEW, S.WITHDRAWN}),
    S.BUILDING: frozenset({S.OPEN, S.IN_REVIEW, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.DELIVERED, S.WITHDRAWN}),
    S.REJECTED: frozenset(),
    S.DELIVERED: frozenset({S.ACCEPTED, S.BUILDING}),
    S.ACCEPTED: frozenset(),
    S.WITHDRAWN: frozenset(),
}


def may_move(old: RequestState, new: RequestState) -> bool:
    """Whether a request in `old` may become `new`."""
    return new in MOVES[old]


class Waiting(StrEnum):
    """What a request waits for: who has to act next."""

    SENDING = "sending"  # its department sends it
    CHOICE = "choice"  # somebody chooses an option, or proposes a version
    ORDER = "order"  # the ML staff orders what the chosen option needs
    WORK = "work"  # a job is under way, or its result waits to be proposed
    SIGNATURE = "signature"  # a person who may decides
    DEPLOYMENT = "deployment"  # the ML staff puts the version on the endpoint
    ACCEPTANCE = "acceptance"  # its department tries what was delivered
    NOTHING = ""  # it has ended


def waiting(state: RequestState, *, ordered: bool) -> Waiting:
    """Who has to act next; `ordered` is whether a job is known that works for it."""
    match state:
        case S.DRAFT:
            return Waiting.SENDING
        case S.OPEN:
            return Waiting.CHOICE
        case S.BUILDING:
            return Waiting.WORK if ordered else Waiting.ORDER
        case S.IN_REVIEW:
            return Waiting.SIGNATURE
        case S.APPROVED:
            return Waiting.DEPLOYMENT
        case S.DELIVERED:
            return Waiting.ACCEPTANCE
        case _:
            return Waiting.NOTHING
