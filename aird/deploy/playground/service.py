"""Vote on answers, and accept what was delivered in the light of the votes."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.db import advisory_lock
from aird.core.errors import NotPermitted
from aird.deploy.playground import queries
from aird.deploy.playground.errors import (
    AcceptanceUnexplained,
    AnswerNotYours,
    NothingToPrefer,
    VoteNotAboutRequest,
)
from aird.deploy.playground.models import AnswerVote, Preferred
from aird.metering import queries as metering
from aird.metering.models import Status, UsageEntry
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request

LOCK = 0x766F7465


def vote(
    session: Session,
    actor: Actor,
    answers: Sequence[str],
    *,
    better: str | None,
    blind: bool = False,
    request: Request | None = None,
) -> list[UsageEntry]:
    """Say which of two or three answers to one question is the best; said again, it replaces what was said before.

    Gives the ledger's entries of the answers. Raises AnswerNotYours, NothingToPrefer, VoteNotAboutRequest.
    """
    if actor.id is None:
        raise NotPermitted("A vote is a person's, not aird's own.")
    entries = [_own(session, actor.id, each) for each in answers]
    for each in entries:
        auth.require(actor, Permission.GIVE_FEEDBACK, each.department_id)
    _comparable(entries, better)
    if request is not None:
        auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
        _about(request, entries)
    advisory_lock(session, LOCK)  # one vote for each person and set of answers
    ids = sorted(answers)
    mine = AnswerVote.person_id == actor.id
    session.execute(delete(AnswerVote).where(mine, AnswerVote.first_id.in_(ids), AnswerVote.second_id.in_(ids)))
    rows = [_row(actor.id, request, *pair, blind=blind) for pair in _pairs(entries, better)]
    session.add_all(rows)
    session.flush()
    audit.record(
        session,
        actor,
        "deploy.answer.voted",
        request or rows[0],
        answers=ids,
        versions=[each.version for each in entries],
        better=better,
        blind=blind,
    )
    return entries


def accept(session: Session, actor: Actor, request: Request, *, note: str = "") -> Request:
    """The department keeps what was delivered; what those who tried it preferred stands beside it.

    Raises AcceptanceUnexplained, RequestMoveNotAllowed.
    """
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    requests.hold(session, request)
    votes = queries.request_votes(session, actor, request)
    if request.state is RequestState.DELIVERED and votes.verdict == "worse" and not note:
        raise AcceptanceUnexplained(
            f"Those who tried {request.version} preferred something else {votes.lost} times and it {votes.won} times. "
            "Say in a remark why it is accepted all the same, or give it back.",
            won=votes.won,
            lost=votes.lost,
        )
    counted = votes.model_dump(include={"people", "blind", "won", "lost", "same", "verdict"})
    return requests.accept(session, actor, request, note=note, tried=counted if votes.people else None)


def _own(session: Session, person: UUID, answer: str) -> UsageEntry:
    entry = metering.find_entry(session, answer)
    if entry is None or entry.person_id != person:
        raise AnswerNotYours(
            "You got no answer with this id. Ask first, and vote with the `id` of each completion.", answer=answer
        )
    return entry


def _comparable(entries: Sequence[UsageEntry], better: str | None) -> None:
    ids = [each.request_id for each in entries]
    if len(set(ids)) < len(ids):
        raise NothingToPrefer("An answer cannot be compared with itself. Name two or three different ones.")
    if better is not None and better not in ids:
        raise NothingToPrefer("`better` must be the id of one of `answers`, or left out where none is.")
    if any(each.status is not Status.OK or each.experiment for each in entries):
        raise NothingToPrefer("Only answers that came to their end can be compared. Ask again.")
    if len({each.unit for each in entries}) < 2:
        raise NothingToPrefer("All of these answers are the same version's. Ask another one as well.")


def _about(request: Request, entries: Sequence[UsageEntry]) -> None:
    if request.state is not RequestState.DELIVERED:
        raise VoteNotAboutRequest(
            f"Request {request.number} is {request.state}: only what was delivered and is not accepted yet is tried. "
            "Vote without `request`.",
            state=request.state,
        )
    if all(each.version != request.version for each in entries):
        raise VoteNotAboutRequest(
            f"None of these answers is of {request.version}, which request {request.number} was given. "
            f"Ask {request.endpoint} as well, or vote without `request`.",
            version=request.version,
        )


def _pairs(entries: Sequence[UsageEntry], better: str | None) -> Iterator[tuple[UsageEntry, UsageEntry, Preferred]]:
    """The pairs that a vote says something about: of two answers that are not the best nothing is known."""
    for pair in combinations(entries, 2):
        first, second = sorted(pair, key=lambda each: each.request_id)
        ids = [first.request_id, second.request_id]
        if first.unit == second.unit or (better is not None and better not in ids):
            continue
        yield first, second, Preferred.SAME if better is None else list(Preferred)[ids.index(better)]


def _row(
    person: UUID, request: Request | None, first: UsageEntry, second: UsageEntry, better: Preferred, *, blind: bool
) -> AnswerVote:
    return AnswerVote(
        person_id=person, request_id=request.id if request else None, first_id=first.request_id,
        first_endpoint=first.endpoint, first_unit=first.unit, first_version=first.version,
        second_id=second.request_id, second_endpoint=second.endpoint, second_unit=second.unit,
        second_version=second.version, better=better, blind=blind,
    )  # fmt: skip
