"""Rollouts over HTTP: try a version, look how it does, take steps, promote, take back, compare answers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request

from aird.auth import service as auth
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import LARGEST, Page
from aird.deploy import queries as deploy_queries
from aird.deploy.delivery import queries, service
from aird.deploy.delivery.errors import (
    JudgeNotFound,
    NotACanary,
    NotAgreed,
    NothingNew,
    NothingToCompareWith,
    PairJudged,
    PairNotFound,
    RolloutEnded,
    RolloutNotFound,
    RolloutOpen,
    StepsUnreadable,
)
from aird.deploy.delivery.models import Better
from aird.deploy.delivery.schemas import (
    PairRead,
    PairVote,
    PairVoteRead,
    RolloutAdvance,
    RolloutDetail,
    RolloutRead,
    RolloutStart,
    RouteRead,
)
from aird.deploy.errors import (
    DigestNotApproved,
    EdgeOnly,
    EndpointNotFound,
    NotCleared,
    NothingNamed,
    VersionNotApproved,
)
from aird.deploy.routes import Manager, Reader, named_version, wake
from aird.deploy.schemas import Because

router = APIRouter(tags=["endpoints"])

Voter = Annotated[Actor, permit(Permission.GIVE_FEEDBACK)]
Number = Annotated[int, Path(ge=1, le=LARGEST)]
ROLLOUTS = "/endpoints/{department}/{name}/rollouts"


@router.get("/endpoints/{department}/{name}/route", responses=problems(EndpointNotFound))
def read_route(department: str, name: str, session: ReadSession, actor: Reader) -> RouteRead:
    """Where the endpoint's callers go now."""
    return queries.route_read(session, actor, deploy_queries.get_endpoint(session, f"{department}/{name}"))


@router.get(ROLLOUTS, responses=problems(EndpointNotFound))
def list_rollouts(
    department: str,
    name: str,
    session: ReadSession,
    actor: Reader,
    cursor: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RolloutRead]:
    """The endpoint's rollouts, newest first."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    found = queries.rollouts(session, endpoint, below=cursor, limit=limit + 1)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return Page(items=queries.rollout_reads(session, actor, endpoint, found[:limit]), next=following)


@router.post(
    ROLLOUTS,
    status_code=201,
    responses=problems(
        NothingNamed, NotPermitted, EndpointNotFound, ModelNotFound, VersionNotFound, EdgeOnly, VersionNotApproved,
        NotCleared,
        DigestNotApproved, RolloutOpen, NothingToCompareWith, NothingNew, StepsUnreadable, NotAgreed, JudgeNotFound,
    ),
)  # fmt: skip
def start_rollout(
    department: str,
    name: str,
    body: RolloutStart,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> RolloutDetail:
    """Try an approved version beside what answers."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    rollout = service.start(session, actor, endpoint, named_version(session, actor, body), body)
    wake(request, background)
    return queries.rollout_detail(session, actor, endpoint, rollout)


@router.get(ROLLOUTS + "/{number}", responses=problems(EndpointNotFound, RolloutNotFound))
def read_rollout(department: str, name: str, number: Number, session: ReadSession, actor: Reader) -> RolloutDetail:
    """One rollout with what is known of it now."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    return queries.rollout_detail(session, actor, endpoint, queries.get_rollout(session, endpoint, number))


@router.post(
    ROLLOUTS + "/{number}/advance",
    responses=problems(
        NotPermitted,
        EndpointNotFound,
        RolloutNotFound,
        RolloutEnded,
        NotACanary,
        EdgeOnly,
        VersionNotApproved,
        NotCleared,
    ),
)
def advance_rollout(
    department: str,
    name: str,
    number: Number,
    body: RolloutAdvance,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> RolloutDetail:
    """To the next step, or to a share of one's own."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    queries.get_rollout(session, endpoint, number)
    rollout = service.advance(session, actor, endpoint, number, weight=body.weight, reason=body.reason)
    wake(request, background)
    return queries.rollout_detail(session, actor, endpoint, rollout)


@router.post(
    ROLLOUTS + "/{number}/promote",
    responses=problems(
        NotPermitted,
        EndpointNotFound,
        RolloutNotFound,
        RolloutEnded,
        EdgeOnly,
        VersionNotApproved,
        NotCleared,
        DigestNotApproved,
    ),
)
def promote_rollout(
    department: str,
    name: str,
    number: Number,
    body: Because,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> RolloutDetail:
    """Make the candidate what the endpoint serves."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    queries.get_rollout(session, endpoint, number)
    rollout = service.promote(session, actor, endpoint, number, reason=body.reason)
    wake(request, background)
    return queries.rollout_detail(session, actor, endpoint, rollout)


@router.post(
    ROLLOUTS + "/{number}/rollback",
    responses=problems(NotPermitted, EndpointNotFound, RolloutNotFound, RolloutEnded),
)
def take_rollout_back(
    department: str,
    name: str,
    number: Number,
    body: Because,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> RolloutDetail:
    """Give all callers back to what answered before."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    queries.get_rollout(session, endpoint, number)
    rollout = service.take_back(session, actor, endpoint, number, reason=body.reason)
    wake(request, background)
    return queries.rollout_detail(session, actor, endpoint, rollout)


@router.get(ROLLOUTS + "/{number}/pairs", responses=problems(NotPermitted, EndpointNotFound, RolloutNotFound))
def list_pairs(department: str, name: str, number: Number, session: ReadSession, actor: Voter) -> Page[PairRead]:
    """The pair of answers that waits the longest to be compared; none when all are."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    auth.require(actor, Permission.GIVE_FEEDBACK, endpoint.department_id)
    pair = queries.next_pair(session, queries.get_rollout(session, endpoint, number))
    if pair is None:
        return Page(items=[])
    first, second = queries.shown(pair)
    return Page(items=[PairRead(id=pair.id, question=pair.question or "", first=first, second=second)])


@router.post(
    ROLLOUTS + "/{number}/pairs/{pair_id}/vote",
    responses=problems(NotPermitted, EndpointNotFound, RolloutNotFound, PairNotFound, PairJudged),
)
def vote_on_pair(
    department: str, name: str, number: Number, pair_id: UUID, body: PairVote, session: WriteSession, actor: Voter
) -> PairVoteRead:
    """Say which of the two answers is better."""
    endpoint = deploy_queries.get_endpoint(session, f"{department}/{name}")
    pair = queries.get_pair(session, queries.get_rollout(session, endpoint, number), pair_id)
    better = service.vote(session, actor, endpoint, pair, body.better)
    return PairVoteRead(better=better, first=Better.CANDIDATE if pair.swapped else Better.BASELINE)
