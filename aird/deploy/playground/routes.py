"""The playground over HTTP: who can be asked, what answers took, votes; a delivery accepted in the light of votes.

The answers themselves come from the gateway, as every program gets them.
"""

from itertools import combinations
from typing import Annotated

from fastapi import APIRouter, Path

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.deploy.playground import queries, service
from aird.deploy.playground.errors import (
    AcceptanceUnexplained,
    AnswerNotFound,
    AnswerNotYours,
    NothingToPrefer,
    VoteNotAboutRequest,
)
from aird.deploy.playground.schemas import AnswerRead, Choices, RequestVotes, VoteCreate, VoteRead
from aird.metering.settled import LedgerSettled
from aird.requests import queries as requests
from aird.requests.errors import RequestMoveNotAllowed, RequestNotFound
from aird.requests.routes import Number, Reader, Writer
from aird.requests.schemas import DeliveryAcceptance, RequestRead

router = APIRouter(tags=["playground"])

User = Annotated[Actor, permit(Permission.USE_ENDPOINTS)]
Voter = Annotated[Actor, permit(Permission.GIVE_FEEDBACK)]


@router.get("/playground/choices", responses=problems(NotPermitted))
def list_choices(session: ReadSession, actor: User) -> Choices:
    """Who answers now and may be asked by you; each under the name that `/v1` takes as `model`."""
    return Choices(items=queries.choices(session, actor))


@router.get("/playground/answers/{answer}", responses=problems(NotPermitted, AnswerNotFound))
def read_answer(
    answer: Annotated[str, Path(max_length=64)], _settled: LedgerSettled, session: ReadSession, actor: User
) -> AnswerRead:
    """What one answer took and cost, as the bill has it."""
    return queries.answer_reads(session, actor, [queries.get_answer(session, actor, answer)])[0]


@router.post(
    "/playground/votes",
    status_code=201,
    responses=problems(NotPermitted, AnswerNotYours, NothingToPrefer, RequestNotFound, VoteNotAboutRequest),
)
def vote_on_answers(body: VoteCreate, _settled: LedgerSettled, session: WriteSession, actor: Voter) -> VoteRead:
    """Say which of two or three answers is the best; said again, it replaces what was said before."""
    request = requests.get_request(session, actor, body.request) if body.request is not None else None
    entries = service.vote(session, actor, body.answers, better=body.better, blind=body.blind, request=request)
    return VoteRead(
        answers=queries.answer_reads(session, actor, entries),
        standings=[
            queries.standing(session, actor, one, other)
            for one, other in combinations(entries, 2)
            if one.unit != other.unit
        ],
    )


@router.get("/requests/{number}/votes", responses=problems(RequestNotFound), tags=["requests"])
def read_request_votes(number: Number, session: ReadSession, actor: Reader) -> RequestVotes:
    """What people preferred when they tried what the request was given."""
    return queries.request_votes(session, actor, requests.get_request(session, actor, number))


@router.post(
    "/requests/{number}/accept",
    responses=problems(NotPermitted, RequestNotFound, RequestMoveNotAllowed, AcceptanceUnexplained),
    tags=["requests"],
)
def accept_delivery(number: Number, body: DeliveryAcceptance, session: WriteSession, actor: Writer) -> RequestRead:
    """What was delivered is what was asked for. Where the votes say otherwise, `note` has to say why."""
    request = requests.get_request(session, actor, number)
    service.accept(session, actor, request, note=body.note)
    return requests.request_reads(session, actor, [request])[0]
