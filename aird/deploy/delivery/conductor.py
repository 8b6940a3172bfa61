"""Takes trials onward: looks at what is known of each, and does what that says, in a thread of its own.

Every server may run one. What is to be done is found out in a read and done in a write that looks again whether the
trial is still where it was, under the endpoint's lock; so a move is made once, and a person who was faster wins.
"""

import logging
import threading
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aird.auth.permissions import SYSTEM
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.datasets import exchanges
from aird.deploy.delivery import queries, service
from aird.deploy.delivery.marking import Marker
from aird.deploy.delivery.models import OPEN, Pair, Rollout, RolloutKind, RolloutState
from aird.deploy.delivery.queries import Evidence
from aird.deploy.delivery.steps import Move
from aird.deploy.models import Endpoint

log = logging.getLogger(__name__)


class Conductor:
    """The loop."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._marker = Marker(database)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the loop in a thread of its own."""
        self._thread = threading.Thread(target=self._loop, name="conductor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the loop."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._ending.wait(self._settings.delivery_seconds):
            try:
                self.conduct()
            except Exception:
                log.exception("The trials could not be judged; the next round tries again.")

    def conduct(self) -> None:
        """One round: pairs are marked, every open trial is looked at once, what is too old to keep is erased."""
        self._marker.mark()
        with self._database.read() as session:
            found = queries.open_rollouts(session)
            known = [queries.evidence(session, endpoint, rollout, now()) for endpoint, rollout in found]
        for (endpoint, rollout), evidence in zip(found, known, strict=True):
            if _is_due(rollout, evidence):
                self._move(endpoint, rollout, evidence)
        self._erase()
        exchanges.sweep(self._database)

    def _move(self, endpoint: Endpoint, rollout: Rollout, evidence: Evidence) -> None:
        verdict = evidence.verdict
        log.info("rollout %d of %s: %s, %s", rollout.number, endpoint.name, verdict.move, verdict.reason)
        try:
            with self._database.write() as session:
                if _is_where_it_was(session, endpoint, rollout):
                    act(session, endpoint, rollout, evidence)
        except AirdError as error:  # what was approved is not any more, for one
            log.warning("rollout %d of %s: %s", rollout.number, endpoint.name, error)
            if rollout.state is RolloutState.RUNNING:
                with self._database.write() as session:
                    if _is_where_it_was(session, endpoint, rollout):
                        service.ask_a_person(session, SYSTEM, endpoint, rollout.number, reason=error.message)

    def _erase(self) -> None:
        """Take the texts out of the pairs of trials that ended long enough ago; the votes stay."""
        before = now() - timedelta(days=self._settings.pair_days)
        ended = select(Rollout.id).where(Rollout.ended_at < before)
        old = Pair.rollout_id.in_(ended), Pair.question.is_not(None)
        with self._database.read() as session:
            if session.scalar(select(Pair.id).where(*old).limit(1)) is None:
                return
        with self._database.write() as session:
            session.execute(update(Pair).where(*old).values(question=None, baseline=None, candidate=None, form=None))


def act(session: Session, endpoint: Endpoint, rollout: Rollout, evidence: Evidence) -> None:
    """Do what the verdict says."""
    verdict, number, kept = evidence.verdict, rollout.number, evidence.kept()
    match verdict.move:
        case Move.TAKE_BACK:
            service.take_back(session, SYSTEM, endpoint, number, reason=verdict.reason, figures=kept)
        case Move.ASK:
            service.ask_a_person(session, SYSTEM, endpoint, number, reason=verdict.reason, figures=kept)
        case Move.STEP:
            service.advance(session, SYSTEM, endpoint, number, reason=verdict.reason, figures=kept)
        case Move.PROMOTE if rollout.kind is RolloutKind.SHADOW:
            service.pass_shadow(session, SYSTEM, endpoint, number, reason=verdict.reason, figures=kept)
        case Move.PROMOTE:
            service.promote(session, SYSTEM, endpoint, number, reason=verdict.reason, figures=kept)


def _is_due(rollout: Rollout, evidence: Evidence) -> bool:
    """Whether there is something to do; where a person decides, only harm is still acted on."""
    move = evidence.verdict.move
    return move is Move.TAKE_BACK if rollout.state is RolloutState.INCONCLUSIVE else move is not Move.WAIT


def _is_where_it_was(session: Session, endpoint: Endpoint, rollout: Rollout) -> bool:
    session.scalar(select(Endpoint.id).where(Endpoint.id == endpoint.id).with_for_update())
    query = select(Rollout.state, Rollout.weight, Rollout.step_since).where(Rollout.id == rollout.id)
    state, weight, step_since = session.execute(query).one()
    was = (rollout.state, rollout.weight, rollout.step_since)
    return state in OPEN and (state, weight, step_since) == was
