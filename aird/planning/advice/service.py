"""Try versions on a request's examples; choose an option of its offer; have it made, or put before a signature."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.approval import service as approvals
from aird.approval.models import Approval
from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.clock import now
from aird.core.settings import Settings
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.planning.advice import advising, gathering, marking, shortlist, views, working
from aird.planning.advice.facts import Way
from aird.planning.advice.options import Option
from aird.planning.advice.schemas import FollowJob, MatchJob, OfferRead, OptionRead
from aird.requests import service as requests
from aird.requests.errors import (
    EndpointNeeded,
    NothingOffered,
    NothingToTry,
    RequestMoveNotAllowed,
    TooFewExamples,
    TrialsUnderWay,
)
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request, Trial
from aird.store.artifacts import Store

MATCH_KIND, FOLLOW_KIND = "planning.match", "planning.follow"
CHOOSING = (RequestState.DRAFT, RequestState.OPEN, RequestState.BUILDING)


def match(session: Session, actor: Actor, request: Request) -> Job:
    """Have versions that the actor sees answer the examples. The house runs them: nobody gets weights by it.

    Raises TooFewExamples, TrialsUnderWay, NothingToTry, RequestMoveNotAllowed.
    """
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    requests.hold(session, request)
    _require_choosing(request)
    if len(request.examples) < marking.FEWEST:
        raise TooFewExamples(
            f"Request {request.number} has {len(request.examples)} examples; write at least {marking.FEWEST} questions "
            "with the answers you would like.",
            examples=len(request.examples),
            fewest=marking.FEWEST,
        )
    earlier = session.get(Job, request.match_job_id) if request.match_job_id else None
    if earlier is not None and not earlier.is_final:
        raise TrialsUnderWay(f"Versions are being tried already: {earlier.reason}", job=str(earlier.id))
    found = shortlist.candidates(session, actor, request)
    if not found:
        raise NothingToTry("There is no version in sight that could be tried. Register or train one first.")
    spec = MatchJob(request_id=request.id, examples=gathering.marked_as(request), versions=[each.id for each in found])
    job = jobs.enqueue(
        session, SYSTEM, MATCH_KIND, spec, title=f"Try versions on request {request.number}",
        department_id=request.department_id, needs=suited(session),
    )  # fmt: skip
    request.match_job_id = job.id
    requests.note(session, actor, request, f"{len(found)} versions are tried.", what="match", job=str(job.id))
    audit.record(session, actor, "planning.request.matched", request, job=str(job.id), versions=len(found))
    return job


def offer(session: Session, store: Store, settings: Settings, actor: Actor, request: Request) -> OfferRead:
    """The offer: as it stood when an option was chosen, else worked out now."""
    if request.offer is not None:
        return OfferRead.model_validate(request.offer)
    facts = gathering.facts_of(session, store, settings, actor, request)
    return views.offer_read(request, advising.advise(facts), facts)


def choose(session: Session, store: Store, settings: Settings, actor: Actor, request: Request, key: str) -> Request:
    """Take an option of today's offer, which is kept. A request that was sent becomes a task: somebody has to order.

    Raises NothingOffered, RequestMoveNotAllowed.
    """
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    requests.hold(session, request)
    _require_choosing(request)
    facts = gathering.facts_of(session, store, settings, actor, request)
    made = views.offer_read(request, advising.advise(facts), facts)
    option = next((each for each in made.options if each.key == key), None)
    if option is None:
        known = ", ".join(each.key for each in made.options) or "none"
        raise NothingOffered(f"The offer has no option {key!r}; it has {known}. Look at it again.", option=key)
    made.chosen, made.at = key, now()
    request.option, request.offer, request.work_job_id = key, made.model_dump(mode="json"), None
    audit.record(session, actor, "planning.request.chosen", request, option=key, versions=option.versions)
    if request.state is RequestState.DRAFT:
        return request
    if request.state is RequestState.OPEN:
        requests.move(session, actor, request, RequestState.BUILDING, note=_named(option))
    else:
        requests.note(session, actor, request, _named(option), what="chosen", option=key)
    return request


def send(session: Session, actor: Actor, request: Request) -> Request:
    """Send a draft; with an option chosen it is a task of the ML staff at once."""
    requests.send(session, actor, request)
    if request.option is not None:
        requests.move(session, actor, request, RequestState.BUILDING, note=_named(chosen(request)))
    return request


def reopen(session: Session, actor: Actor, request: Request) -> Request:
    """Take the choice back: the offer is worked out anew, nothing that was ordered is stopped."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    requests.hold(session, request)
    _require_choosing(request)
    request.option = request.offer = request.work_job_id = None
    if request.state is RequestState.BUILDING:
        requests.move(session, actor, request, RequestState.OPEN, note="The choice was taken back.")
    return request


def chosen(request: Request) -> OptionRead:
    """The option that was chosen. Raises NothingOffered."""
    offered = OfferRead.model_validate(request.offer).options if request.offer else []
    for each in offered:
        if each.key == request.option:
            return each
    raise NothingOffered(f"No option of request {request.number} was chosen yet. Choose one of its offer first.")


def order(
    session: Session, store: Store, actor: Actor, request: Request, *, endpoint: str | None = None
) -> Job | Approval:
    """Do what the chosen option needs: queue its job, or ask for the signature of a version that is there.

    Raises NothingOffered, EndpointNeeded, RequestMoveNotAllowed, NotPermitted, and what the slice raises that does it.
    """
    requests.hold(session, request)
    option = chosen(request)
    if request.state not in (RequestState.OPEN, RequestState.BUILDING):
        raise RequestMoveNotAllowed(
            f"Request {request.number} is {request.state}: there is nothing to order for it now.", state=request.state
        )
    if option.way is Way.REUSE:
        return _propose(session, store, actor, request, option, endpoint or request.endpoint or request.present)
    auth.require(actor, Permission.RUN_JOBS, request.department_id)
    running = session.get(Job, request.work_job_id) if request.work_job_id else None
    if running is not None and not running.is_final:
        raise TrialsUnderWay(f"The work was ordered already: {running.reason}", job=str(running.id))
    job = working.order(session, actor, request, views.option_of(option))
    follow = FollowJob(request_id=request.id, job_id=job.id)
    jobs.enqueue(
        session, SYSTEM, FOLLOW_KIND, follow, title=f"Request {request.number}: see what came of its work",
        department_id=request.department_id, after=[job], after_any_end=True,
    )  # fmt: skip
    request.work_job_id = job.id
    if request.state is RequestState.OPEN:
        requests.move(session, actor, request, RequestState.BUILDING, note=_named(option))
    requests.note(session, actor, request, f"Ordered: {job.title}", what="ordered", job=str(job.id))
    audit.record(session, actor, "planning.request.ordered", request, option=option.key, job=str(job.id))
    return job


def _propose(
    session: Session, store: Store, actor: Actor, request: Request, option: OptionRead, endpoint: str | None
) -> Approval:
    if endpoint is None:
        raise EndpointNeeded("Say on which endpoint the version is to answer: department/name.")
    version = access.get_ref(session, actor, option.versions[0])
    return approvals.ask(session, store, actor, version, endpoint, request.title, request.need, request=request)


def made_by(session: Session, job: Job) -> Version | None:
    """The version that the job filed; where such bytes were filed before, that one. None while there is none."""
    digest = (job.result or {}).get("digest")
    if job.state is not JobState.SUCCEEDED or digest is None:
        return None
    query = select(Version.id).where(
        Version.artifact == str(digest), Version.model_id == UUID(str(job.spec["model_id"]))
    )
    found = session.scalar(query)
    return catalog_queries.version_by_id(session, found) if found else None


def follow(session: Session, request: Request, job: Job, made: Version | None) -> None:
    """Say on the timeline what came of the work; after a failure it waits to be ordered again."""
    if request.work_job_id != job.id or request.state is not RequestState.BUILDING:
        return
    if made is not None:
        requests.note(session, SYSTEM, request, f"{made.ref} is there.", what="made", version=made.ref)
        return
    request.work_job_id = None
    ended = "The work failed:" if job.state is JobState.FAILED else "The work was cancelled:"
    requests.note(session, SYSTEM, request, f"{ended} {job.reason}", what="failed", job=str(job.id))


def file_trial(session: Session, request_id: UUID, digest: str, version: Version, trial: dict[str, object]) -> None:
    """Note what a version answered."""
    session.add(
        Trial(request_id=request_id, version_id=version.id, ref=version.ref, examples=digest, **trial)  # type: ignore[arg-type]
    )
    session.flush()


def _require_choosing(request: Request) -> None:
    if request.state not in CHOOSING:
        raise RequestMoveNotAllowed(
            f"Request {request.number} is {request.state}: its offer cannot be changed any more.", state=request.state
        )


def _named(option: OptionRead | Option) -> str:
    what = " + ".join(option.versions) or option.base
    return f"{option.key}: {what}"
