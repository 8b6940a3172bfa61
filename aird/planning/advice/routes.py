"""Over HTTP: versions tried on a request's examples, its offer, what is chosen and ordered."""

from fastapi import APIRouter

from aird.approval.errors import ApprovalPending, NotACandidate
from aird.approval.models import Approval
from aird.auth.deps import CurrentSettings, ReadSession, WriteSession
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.jobs.models import Job
from aird.planning.advice import service, views
from aird.planning.advice.schemas import MatchesRead, OfferRead, OptionChoice, OrderBody, Ordered
from aird.requests import queries as requests
from aird.requests.errors import (
    EndpointNeeded,
    NothingOffered,
    NothingToTry,
    RequestMoveNotAllowed,
    RequestNotFound,
    TooFewExamples,
    TrialsUnderWay,
)
from aird.requests.routes import MOVES, Number, Reader, Writer
from aird.requests.schemas import RequestRead
from aird.store.deps import CurrentStore

router = APIRouter(tags=["requests"])


@router.get("/requests/{number}/matches", responses=problems(RequestNotFound))
def get_matches(number: Number, session: ReadSession, actor: Reader) -> MatchesRead:
    """What existing versions answered to the request's own examples, the best first."""
    return views.matches_read(session, actor, requests.get_request(session, actor, number))


@router.post(
    "/requests/{number}/matches",
    status_code=202,
    responses=problems(
        NotPermitted, RequestNotFound, TooFewExamples, TrialsUnderWay, NothingToTry, RequestMoveNotAllowed
    ),
)
def try_versions(number: Number, session: WriteSession, actor: Writer) -> MatchesRead:
    """Have existing versions answer the request's examples; a job does it."""
    request = requests.get_request(session, actor, number)
    service.match(session, actor, request)
    return views.matches_read(session, actor, request)


@router.get("/requests/{number}/offer", responses=problems(RequestNotFound))
def get_offer(
    number: Number, session: ReadSession, store: CurrentStore, settings: CurrentSettings, actor: Reader
) -> OfferRead:
    """Reuse, merge, distil or train: each with its expected score, its sums and its time; and which is recommended."""
    return service.offer(session, store, settings, actor, requests.get_request(session, actor, number))


@router.post("/requests/{number}/choose", responses={**MOVES, **problems(NothingOffered, RequestMoveNotAllowed)})
def choose_option(
    number: Number,
    body: OptionChoice,
    session: WriteSession,
    store: CurrentStore,
    settings: CurrentSettings,
    actor: Writer,
) -> RequestRead:
    """Take an option of the offer; the offer is kept as it stands."""
    request = requests.get_request(session, actor, number)
    service.choose(session, store, settings, actor, request, body.option)
    return requests.request_reads(session, actor, [request])[0]


@router.post("/requests/{number}/reopen", responses=MOVES)
def reopen_offer(number: Number, session: WriteSession, actor: Writer) -> RequestRead:
    """Take the choice back; the offer is worked out anew."""
    request = service.reopen(session, actor, requests.get_request(session, actor, number))
    return requests.request_reads(session, actor, [request])[0]


@router.post("/requests/{number}/send", responses=MOVES)
def send_request(number: Number, session: WriteSession, actor: Writer) -> RequestRead:
    """Send a draft to the ML staff; with an option chosen it is a task of theirs at once."""
    request = service.send(session, actor, requests.get_request(session, actor, number))
    return requests.request_reads(session, actor, [request])[0]


@router.post(
    "/requests/{number}/order",
    responses=problems(
        NotPermitted, RequestNotFound, NothingOffered, RequestMoveNotAllowed, TrialsUnderWay, EndpointNeeded,
        NotACandidate, ApprovalPending,
    ),
)  # fmt: skip
def order_option(number: Number, body: OrderBody, session: WriteSession, store: CurrentStore, actor: Writer) -> Ordered:
    """Have the chosen option made, or put its version before a signature."""
    request = requests.get_request(session, actor, number)
    made = service.order(session, store, actor, request, endpoint=body.endpoint)
    session.flush()
    return Ordered(
        request=requests.request_reads(session, actor, [request])[0],
        job=made.id if isinstance(made, Job) else None,
        approval=made.id if isinstance(made, Approval) else None,
    )
