"""Try a version beside what answers: start, take steps, promote, take back, compare answers."""

import secrets
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog.models import Version
from aird.core.clock import now
from aird.deploy import queries as deploy_queries
from aird.deploy import service as deploy
from aird.deploy.delivery import ending
from aird.deploy.delivery.errors import (
    JudgeNotFound,
    NotACanary,
    NotAgreed,
    NothingNew,
    NothingToCompareWith,
    PairJudged,
    RolloutEnded,
    RolloutOpen,
    StepsUnreadable,
)
from aird.deploy.delivery.models import Better, JudgeKind, Pair, Rollout, RolloutKind, RolloutState
from aird.deploy.delivery.schemas import RolloutStart
from aird.deploy.delivery.steps import next_weight
from aird.deploy.models import Deployment, Endpoint
from aird.deploy.routing import WHOLE


def start(session: Session, actor: Actor, endpoint: Endpoint, version: Version, body: RolloutStart) -> Rollout:
    """Begin a trial.

    Raises RolloutOpen, NothingToCompareWith, NothingNew, NotAgreed, JudgeNotFound, StepsUnreadable and what `deploy`
    does.
    """
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = deploy.locked(session, endpoint)
    other = ending.open_rollout(session, endpoint)
    if other is not None:
        raise RolloutOpen(
            f"Rollout {other.number} goes on at {endpoint.name}. Promote it or take it back first.",
            rollout=other.number,
        )
    current = deploy_queries.current_of(session, endpoint)
    if current is None:
        raise NothingToCompareWith(f"Nothing is deployed on {endpoint.name}. Deploy a version there first.")
    if current.digest == version.artifact:
        raise NothingNew(f"{endpoint.name} serves exactly these files. Try another version.", ref=version.ref)
    if body.kind is RolloutKind.SHADOW and not body.agreed:
        raise NotAgreed("A shadow keeps questions and answers to be compared. Say in `agreed` how it was agreed to.")
    if body.judge is not None:
        _require_judge(session, actor, body.judge)
    tried = deploy.try_beside(session, actor, endpoint, version, digest=body.digest, approval_id=body.approval)
    moment = now()
    steps = _steps(body)
    rollout = Rollout(
        endpoint_id=endpoint.id,
        number=1 + (session.scalar(select(func.max(Rollout.number)).where(Rollout.endpoint_id == endpoint.id)) or 0),
        kind=body.kind,
        baseline_number=current.number,
        candidate_number=tried.number,
        steps=steps,
        weight=steps[0],
        step_since=moment,
        since=moment,
        rules=body.rules().kept(),
        created_by=actor.id,
    )
    session.add(rollout)
    session.flush()
    reason = body.agreed or f"{version.ref} is tried beside {current.version.ref}."
    ending.move(session, actor, endpoint, rollout, "started", state=RolloutState.RUNNING, reason=reason)
    return rollout


def _require_judge(session: Session, actor: Actor, name: str) -> None:
    judge = session.scalar(select(Endpoint).where(Endpoint.name == name))
    if judge is None:
        raise JudgeNotFound(f"There is no endpoint {name!r} that could judge.", judge=name)
    auth.require(actor, Permission.USE_ENDPOINTS, judge.department_id)


def _steps(body: RolloutStart) -> list[int]:
    if body.kind is RolloutKind.SHADOW:
        return [body.share]
    if body.steps != sorted(set(body.steps)):
        raise StepsUnreadable("The steps of a rollout go up, in thousandths: [10, 100, 500, 1000].", steps=body.steps)
    steps = [each for each in body.steps if each < WHOLE]
    if not steps:
        raise StepsUnreadable("A rollout needs a step below 1000; without one, deploy the version.", steps=body.steps)
    return steps


def advance(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    number: int,
    *,
    weight: int | None = None,
    reason: str = "",
    figures: dict[str, Any] | None = None,
) -> Rollout:
    """To the next step, which after the last is promotion, or to this share. Raises RolloutEnded, NotACanary."""
    endpoint, rollout = _open(session, actor, endpoint, number)
    if rollout.kind is RolloutKind.SHADOW and weight is None:
        raise NotACanary("A shadow has no steps. Give its share of copies in `weight`, or start a canary.")
    following = next_weight(rollout.steps, rollout.weight) if weight is None else weight
    if following >= WHOLE:
        return promote(session, actor, endpoint, number, reason=reason, figures=figures)
    rollout.weight, rollout.step_since = following, now()
    ending.move(
        session, actor, endpoint, rollout, "advanced", state=RolloutState.RUNNING, reason=reason, figures=figures
    )
    return rollout


def promote(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    number: int,
    *,
    reason: str = "",
    figures: dict[str, Any] | None = None,
) -> Rollout:
    """Make the candidate what the endpoint serves. Raises RolloutEnded and what `deploy` does."""
    endpoint, rollout = _open(session, actor, endpoint, number)
    tried = deployment(session, endpoint, rollout.candidate_number)
    if rollout.kind is RolloutKind.CANARY:
        rollout.weight = WHOLE
    ending.end(session, actor, endpoint, rollout, RolloutState.PASSED, reason=reason, figures=figures)
    deploy.deploy(session, actor, endpoint, tried.version, digest=tried.digest)
    return rollout


def pass_shadow(session: Session, actor: Actor, endpoint: Endpoint, number: int, **noted: Any) -> Rollout:
    """End a shadow whose answers are no worse; what follows is a canary. Raises RolloutEnded."""
    endpoint, rollout = _open(session, actor, endpoint, number)
    ending.end(session, actor, endpoint, rollout, RolloutState.PASSED, **noted)
    return rollout


def ask_a_person(session: Session, actor: Actor, endpoint: Endpoint, number: int, **noted: Any) -> Rollout:
    """Keep the shares as they are until somebody decides. Raises RolloutEnded."""
    endpoint, rollout = _open(session, actor, endpoint, number)
    ending.move(session, actor, endpoint, rollout, "undecided", state=RolloutState.INCONCLUSIVE, **noted)
    return rollout


def take_back(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    number: int,
    *,
    reason: str,
    figures: dict[str, Any] | None = None,
) -> Rollout:
    """Give all callers back to the baseline. Raises RolloutEnded."""
    endpoint, rollout = _open(session, actor, endpoint, number)
    ending.end(session, actor, endpoint, rollout, RolloutState.FAILED, reason=reason, figures=figures)
    return rollout


def vote(session: Session, actor: Actor, endpoint: Endpoint, pair: Pair, shown: str) -> Better:
    """Say which of the two answers shown is better: `first`, `second` or `same`. Raises PairJudged."""
    auth.require(actor, Permission.GIVE_FEEDBACK, endpoint.department_id)
    session.refresh(pair, with_for_update=True)
    if pair.better is not None:
        raise PairJudged("Somebody has judged this pair already. Take the next one.")
    judge(pair, shown, actor, JudgeKind.PERSON)
    return pair.better or Better.SAME


def judge(pair: Pair, shown: str, actor: Actor, kind: JudgeKind) -> None:
    """Note which of the answers, as they were shown, was preferred."""
    first = Better.CANDIDATE if pair.swapped else Better.BASELINE
    second = Better.BASELINE if pair.swapped else Better.CANDIDATE
    settle(pair, {"first": first, "second": second}.get(shown, Better.SAME), kind)
    pair.judged_by = actor.id


def settle(pair: Pair, better: Better, kind: JudgeKind) -> None:
    """Note whose answer was preferred, and by whom."""
    pair.better, pair.judge, pair.judged_at = better, kind, now()


def keep_pair(
    session: Session, rollout: Rollout, request_id: str, question: str, baseline: str, candidate: str
) -> Pair:
    """Keep two answers to be compared; which is shown first is drawn."""
    pair = Pair(
        rollout_id=rollout.id,
        request_id=request_id,
        swapped=bool(secrets.randbelow(2)),
        question=question,
        baseline=baseline,
        candidate=candidate,
    )
    if baseline == candidate:
        settle(pair, Better.SAME, JudgeKind.NOBODY)
    session.add(pair)
    session.flush()
    return pair


def deployment(session: Session, endpoint: Endpoint, number: int) -> Deployment:
    """A deployment of the endpoint with its version."""
    return next(each for each in deploy_queries.history(session, [endpoint.id])[endpoint.id] if each.number == number)


def _open(session: Session, actor: Actor, endpoint: Endpoint, number: int) -> tuple[Endpoint, Rollout]:
    """The endpoint, locked, and its rollout of this number, which goes on."""
    auth.require(actor, Permission.MANAGE_ENDPOINTS, endpoint.department_id)
    endpoint = deploy.locked(session, endpoint)
    rollout = ending.open_rollout(session, endpoint)
    if rollout is None or rollout.number != number:
        raise RolloutEnded(f"Rollout {number} of {endpoint.name} has ended.", rollout=number)
    return endpoint, rollout
