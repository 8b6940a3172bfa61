"""Ends rollouts, and notes every move of one: on its row and in the audit log."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.permissions import Actor
from aird.core.clock import now
from aird.deploy.delivery.models import OPEN, Rollout, RolloutState
from aird.deploy.models import Endpoint


def open_rollout(session: Session, endpoint: Endpoint) -> Rollout | None:
    """The trial that goes on at the endpoint, as it is now."""
    query = select(Rollout).where(Rollout.endpoint_id == endpoint.id, Rollout.state.in_(OPEN))
    return session.scalar(query.execution_options(populate_existing=True))


def cancel_open(session: Session, actor: Actor, endpoint: Endpoint, *, reason: str) -> None:
    """End the trial that goes on at the endpoint, because something else is done with it."""
    rollout = open_rollout(session, endpoint)
    if rollout is not None:
        end(session, actor, endpoint, rollout, RolloutState.CANCELLED, reason=reason)


def end(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    rollout: Rollout,
    state: RolloutState,
    *,
    reason: str,
    figures: dict[str, Any] | None = None,
) -> None:
    """Close the rollout: from now on its candidate has no share."""
    rollout.ended_at = now()
    move(session, actor, endpoint, rollout, state.value, state=state, reason=reason, figures=figures)


def move(
    session: Session,
    actor: Actor,
    endpoint: Endpoint,
    rollout: Rollout,
    verb: str,
    *,
    state: RolloutState,
    reason: str,
    figures: dict[str, Any] | None = None,
) -> None:
    """Note one move of the rollout; the event's last word is `verb`."""
    moment = now()
    if state is not rollout.state:
        rollout.since = moment
    rollout.state, rollout.reason = state, reason
    if figures is not None:
        rollout.figures = figures
    line = {
        "at": moment.isoformat(), "what": verb, "weight": rollout.weight, "by": actor.label, "reason": reason,
    }  # fmt: skip
    rollout.history = [*rollout.history, line]
    audit.record(
        session,
        actor,
        f"deploy.rollout.{verb}",
        endpoint,
        reason=reason,
        rollout=rollout.number,
        kind=rollout.kind,
        weight=rollout.weight,
        figures=rollout.figures,
    )
    session.flush()
