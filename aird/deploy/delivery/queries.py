"""Read rollouts: which there were, how the two arms compare now, which pairs wait to be judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.core.clock import now
from aird.deploy import queries as deploy_queries
from aird.deploy.delivery import figures, health, pairs, steps
from aird.deploy.delivery.errors import PairNotFound, RolloutNotFound
from aird.deploy.delivery.health import Arm, Reading
from aird.deploy.delivery.models import OPEN, Better, JudgeKind, Pair, Rollout, RolloutKind, RolloutState
from aird.deploy.delivery.pairs import Preference, Votes
from aird.deploy.delivery.schemas import (
    ArmRead,
    PreferenceRead,
    ReadingRead,
    RolloutDetail,
    RolloutMove,
    RolloutRead,
    RouteArm,
    RouteRead,
    SignalCount,
)
from aird.deploy.delivery.steps import Move, Rules, Verdict, Why
from aird.deploy.models import Deployment, Endpoint
from aird.deploy.placement import ReplicaState
from aird.deploy.queries import Standing
from aird.deploy.routing import WHOLE

LARGEST_FACTOR = 1e9
LOADING_SECONDS = 300.0
"""A candidate that could not be loaded for so long is taken back."""


@dataclass(frozen=True)
class Counted:
    """The pairs of a trial."""

    votes: Votes
    waiting: int
    identical: int


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on."""

    arms: dict[str, Arm]
    readings: list[Reading]
    preference: Preference | None
    pairs: Counted
    verdict: Verdict

    def kept(self) -> dict[str, Any]:
        """What is kept of it with a move."""
        return {
            "why": self.verdict.why.value,
            "params": self.verdict.params,
            "readings": [reading_read(each).model_dump(mode="json") for each in self.readings],
            "preference": self.preference and _preference_read(self.preference, self.pairs).model_dump(mode="json"),
        }


def rollouts(
    session: Session, endpoint: Endpoint, *, below: int | None = None, limit: int | None = None
) -> list[Rollout]:
    """The endpoint's rollouts, newest first."""
    query = select(Rollout).where(Rollout.endpoint_id == endpoint.id).order_by(Rollout.number.desc()).limit(limit)
    return list(session.scalars(query if below is None else query.where(Rollout.number < below)))


def get_rollout(session: Session, endpoint: Endpoint, number: int) -> Rollout:
    """One of them. Raises RolloutNotFound."""
    found = session.scalar(select(Rollout).where(Rollout.endpoint_id == endpoint.id, Rollout.number == number))
    if found is None:
        raise RolloutNotFound(f"{endpoint.name} had no rollout {number}.", rollout=number)
    return found


def open_rollouts(session: Session) -> list[tuple[Endpoint, Rollout]]:
    """Every trial that goes on, with its endpoint."""
    query = select(Endpoint, Rollout).join(Rollout, Rollout.endpoint_id == Endpoint.id)
    rows = session.execute(query.where(Rollout.state.in_(OPEN)).order_by(Rollout.created_at))
    return [(endpoint, rollout) for endpoint, rollout in rows]


def evidence(session: Session, endpoint: Endpoint, rollout: Rollout, at: datetime) -> Evidence:
    """What is known of an open trial now, and what that means."""
    [standing] = deploy_queries.standings(session, [endpoint])
    tried = units(session, endpoint, rollout)
    rules = Rules.of(rollout.rules)
    arms = figures.arms(session, endpoint, list(tried.values()), rollout.created_at)
    baseline, candidate = arms[tried[rollout.baseline_number]], arms[tried[rollout.candidate_number]]
    readings = health.read(baseline, candidate, slower=rules.slower)
    counted = _votes(session, rollout)
    preference = pairs.read(counted.votes) if rollout.kind is RolloutKind.SHADOW else None
    verdict = _standing_verdict(standing, at)
    if verdict is None and preference is not None:
        sick = steps.taken_back(readings)
        verdict = sick or steps.shadow(rules, preference, since=rollout.step_since, at=at)
    if verdict is None:
        unit = tried[rollout.candidate_number]
        fresh = figures.arms(session, endpoint, [unit], rollout.step_since)[unit].answers
        verdict = steps.canary(
            rules, rollout.steps, rollout.weight, readings, fresh=fresh, since=rollout.step_since, at=at
        )
    return Evidence(arms, readings, preference, counted, verdict)


def _standing_verdict(standing: Standing, at: datetime) -> Verdict | None:
    """What follows from where the two are, before any figures; None when both answer."""
    current, candidate = standing.current, standing.candidate
    if candidate is None or candidate.barred:
        reason = candidate.barred if candidate else "There is nothing to try."
        return Verdict(Move.TAKE_BACK, Why.CANDIDATE_DOWN, reason, {})
    if current is None or current.barred:
        reason = current.barred if current else "Nothing is deployed."
        return Verdict(Move.ASK, Why.BASELINE_DOWN, f"{reason} A person has to decide.", {})
    if candidate.answers:
        return None
    seen = candidate.residence
    if seen is not None and seen.state is ReplicaState.FAILED and (at - seen.since).total_seconds() > LOADING_SECONDS:
        return Verdict(Move.TAKE_BACK, Why.CANDIDATE_DOWN, f"It cannot be loaded: {seen.reason}", {})
    said = seen.reason if seen is not None else "Waiting for the reconciler."
    return Verdict(Move.WAIT, Why.CANDIDATE_DOWN, f"Not ready yet. {said}", {})


def units(session: Session, endpoint: Endpoint, rollout: Rollout) -> dict[int, str]:
    """The digests of the two versions of a trial, by the number of their deployment."""
    query = select(Deployment.number, Deployment.digest).where(
        Deployment.endpoint_id == endpoint.id,
        Deployment.number.in_([rollout.baseline_number, rollout.candidate_number]),
    )
    return {row.number: row.digest for row in session.execute(query)}


def _votes(session: Session, rollout: Rollout) -> Counted:
    """The votes, how many pairs wait for one, and how many answers were identical."""
    query = select(Pair.better, Pair.judge, func.count()).where(Pair.rollout_id == rollout.id)
    judged, waiting, identical = dict.fromkeys(Better, 0), 0, 0
    for better, judge, number in session.execute(query.group_by(Pair.better, Pair.judge)):
        if better is None:
            waiting += number
        elif judge is JudgeKind.NOBODY:
            identical += number
        else:
            judged[better] += number
    votes = Votes(judged[Better.CANDIDATE], judged[Better.BASELINE], judged[Better.SAME])
    return Counted(pairs.counted(votes, identical=identical, waiting=waiting), waiting, identical)


def rollout_reads(session: Session, actor: Actor, endpoint: Endpoint, found: Iterable[Rollout]) -> list[RolloutRead]:
    """Rollouts as the API lists them."""
    names = auth_queries.usernames(session)
    past = {each.number: each for each in deploy_queries.history(session, [endpoint.id]).get(endpoint.id, [])}
    return [RolloutRead(**_summary(actor, endpoint, each, past, names)) for each in found]


def rollout_detail(session: Session, actor: Actor, endpoint: Endpoint, rollout: Rollout) -> RolloutDetail:
    """One rollout with what is known of it now; of one that has ended, up to its end."""
    names = auth_queries.usernames(session)
    past = {each.number: each for each in deploy_queries.history(session, [endpoint.id]).get(endpoint.id, [])}
    summary = _summary(actor, endpoint, rollout, past, names)
    known = evidence(session, endpoint, rollout, rollout.ended_at or now())
    why, params, reason = known.verdict.why, known.verdict.params, known.verdict.reason
    if rollout.state is not RolloutState.RUNNING:
        why, params = Why(rollout.figures.get("why", Why.PERSON)), rollout.figures.get("params", {})
        reason = rollout.reason
    return RolloutDetail(
        **summary,
        step_since=rollout.step_since,
        verdict=reason,
        why=why,
        params=params,
        arms=_arm_reads(session, endpoint, rollout, past, known.arms),
        readings=[reading_read(each) for each in known.readings],
        preference=known.preference and _preference_read(known.preference, known.pairs),
        history=[RolloutMove(**each) for each in rollout.history],
    )


def _summary(
    actor: Actor, endpoint: Endpoint, rollout: Rollout, past: dict[int, Deployment], names: dict[UUID, str]
) -> dict[str, Any]:
    following = steps.next_weight(rollout.steps, rollout.weight) if rollout.kind is RolloutKind.CANARY else None
    return {
        "number": rollout.number, "endpoint": endpoint.name, "kind": rollout.kind, "state": rollout.state,
        "reason": rollout.reason, "since": rollout.since, "steps": rollout.steps, "weight": rollout.weight,
        "baseline": deploy_queries.deployment_read(actor, past[rollout.baseline_number], names),
        "candidate": deploy_queries.deployment_read(actor, past[rollout.candidate_number], names),
        "next": following if rollout.is_open else None, "rules": rollout.rules,
        "created_by": names.get(rollout.created_by) if rollout.created_by else None,
        "created_at": rollout.created_at, "ended_at": rollout.ended_at,
    }  # fmt: skip


def _arm_reads(
    session: Session, endpoint: Endpoint, rollout: Rollout, past: dict[int, Deployment], arms: dict[str, Arm]
) -> list[ArmRead]:
    [standing] = deploy_queries.standings(session, [endpoint])
    shown = {each.number: len(each.addresses) for each in (standing.current, standing.candidate) if each is not None}
    taken = rollout.weight if rollout.kind is RolloutKind.CANARY else 0
    weights = {rollout.baseline_number: WHOLE - taken, rollout.candidate_number: rollout.weight}
    return [
        _arm_read(number, weight, shown.get(number, 0), arms[past[number].digest]) for number, weight in weights.items()
    ]


def _arm_read(number: int, weight: int, replicas: int, arm: Arm) -> ArmRead:
    return ArmRead(
        number=number, weight=weight, replicas=replicas, answers=arm.answers, errors=arm.errors, empty=arm.empty,
        length=arm.length, ttft=health.percentile(arm.ttft, 0.95), tpot=health.percentile(arm.tpot, 0.95),
    )  # fmt: skip


def reading_read(reading: Reading) -> ReadingRead:
    """A signal as the API shows it."""
    before, after = reading.baseline, reading.candidate
    return ReadingRead(
        signal=reading.signal,
        baseline=SignalCount(bad=before.bad, total=before.total, rate=before.rate),
        candidate=SignalCount(bad=after.bad, total=after.total, rate=after.rate),
        factor=_finite(reading.factor),
        excess=reading.excess,
        limit=reading.limit,
        worse=reading.is_worse,
        hint=reading.hints,
    )


def _preference_read(preference: Preference, counted: Counted) -> PreferenceRead:
    votes = preference.votes
    return PreferenceRead(
        candidate=votes.candidate, baseline=votes.baseline, same=votes.same, waiting=counted.waiting,
        identical=counted.identical, share=votes.share, low=preference.low, high=preference.high,
        factor=_finite(preference.factor),
    )  # fmt: skip


def _finite(factor: float) -> float:
    return LARGEST_FACTOR if factor == inf else min(factor, LARGEST_FACTOR)


def route_read(session: Session, actor: Actor, endpoint: Endpoint) -> RouteRead:
    """Where the endpoint's callers go now."""
    route = next(each for each in deploy_queries.routes(session, [endpoint]))
    names = auth_queries.usernames(session)
    past = {each.number: each for each in deploy_queries.history(session, [endpoint.id]).get(endpoint.id, [])}
    rollout = session.get(Rollout, route.rollout) if route.rollout else None
    roles = [("baseline", each) for each in route.arms[:1]] + [("candidate", each) for each in route.arms[1:]]
    if route.shadow is not None:
        roles.append(("shadow", route.shadow))
    return RouteRead(
        endpoint=endpoint.name,
        arms=[
            RouteArm(
                role=role,
                number=arm.number,
                version=deploy_queries.deployment_read(actor, past[arm.number], names).version,
                digest=arm.unit,
                weight=arm.weight,
                replicas=len(arm.addresses),
            )
            for role, arm in roles
        ],
        by_request=route.by_request,
        rollout=rollout.number if rollout else None,
        reason=route.reason,
    )


def next_pair(session: Session, rollout: Rollout) -> Pair | None:
    """The oldest pair that waits to be judged."""
    query = select(Pair).where(Pair.rollout_id == rollout.id, Pair.better.is_(None), Pair.question.is_not(None))
    return session.scalar(query.order_by(Pair.created_at, Pair.id).limit(1))


def get_pair(session: Session, rollout: Rollout, pair_id: UUID) -> Pair:
    """One pair of the rollout. Raises PairNotFound."""
    found = session.scalar(select(Pair).where(Pair.rollout_id == rollout.id, Pair.id == pair_id))
    if found is None:
        raise PairNotFound("There is no such pair of answers. Take the next one.", pair=str(pair_id))
    return found


def shown(pair: Pair) -> Sequence[str]:
    """The two answers in the order in which they are shown."""
    answers = (pair.baseline or "", pair.candidate or "")
    return answers[::-1] if pair.swapped else answers
