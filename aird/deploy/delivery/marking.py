"""Has the exam scorer that a shadow names compare the pairs that wait: by the answer that was wanted, or by its form.

A pair that this scorer has nothing to go by for goes on waiting: a correction may come later, and people may compare it
at any time. Whoever is first decides.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.core.db import Database
from aird.datasets.quality import personal
from aird.deploy.delivery import queries, references, scoring, service
from aird.deploy.delivery.models import Better, JudgeKind, Pair, Rollout, RolloutKind
from aird.deploy.delivery.references import References
from aird.deploy.delivery.scoring import NEEDS_REFERENCE, PairScorer, Scoring
from aird.deploy.delivery.steps import Rules
from aird.deploy.models import Endpoint

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Waiting pairs of a trial that are looked at in one round: the newest, beside those whose answer was corrected."""


@dataclass(frozen=True)
class Sheet:
    """The pairs of one trial that wait, and what is known about how they should have been answered."""

    scoring: Scoring
    pairs: Sequence[Pair]
    references: References


class Marker:
    """Remembers which question waiting pairs ask, so that personal data is looked for once in each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[UUID, str] = {}

    def mark(self) -> None:
        """Compare what can be compared now, in every open shadow that names a scorer."""
        with self._database.read() as session:
            found = [
                _sheet(session, endpoint, rollout)
                for endpoint, rollout in queries.open_rollouts(session)
                if rollout.kind is RolloutKind.SHADOW and rollout.rules.get("scoring")
            ]
        waiting = {pair.id for sheet in found for pair in sheet.pairs}
        self._keys = {pair: key for pair, key in self._keys.items() if pair in waiting}
        verdicts = {pair.id: better for sheet in found for pair in sheet.pairs if (better := self._better(sheet, pair))}
        if verdicts:
            self._note(verdicts)

    def _better(self, sheet: Sheet, pair: Pair) -> Better | None:
        wanted = self._wanted(sheet, pair) if sheet.scoring.scorer in NEEDS_REFERENCE else []
        return scoring.compare(
            sheet.scoring, pair.baseline or "", pair.candidate or "", wanted=wanted, form=pair.form
        )  # fmt: skip

    def _wanted(self, sheet: Sheet, pair: Pair) -> Sequence[str]:
        known = sheet.references
        corrected = known.by_answer.get(pair.request_id)
        if corrected or not known.by_question:
            return corrected or []
        if pair.id not in self._keys:
            self._keys[pair.id] = references.key(personal.mask(pair.question or ""))
        return known.by_question.get(self._keys[pair.id], [])

    def _note(self, verdicts: dict[UUID, Better]) -> None:
        with self._database.write() as session:
            query = select(Pair).where(Pair.id.in_(verdicts), Pair.better.is_(None)).order_by(Pair.id)
            for pair in session.scalars(query.with_for_update()):
                service.settle(pair, verdicts[pair.id], JudgeKind.SCORER)


def _sheet(session: Session, endpoint: Endpoint, rollout: Rollout) -> Sheet:
    asked = Scoring.model_validate(Rules.of(rollout.rules).scoring)
    waiting = select(Pair).where(Pair.rollout_id == rollout.id, Pair.better.is_(None), Pair.question.is_not(None))
    if asked.scorer is PairScorer.JSON and asked.form is None:
        waiting = waiting.where(Pair.form.is_not(None))
    newest = session.scalars(waiting.order_by(Pair.created_at.desc(), Pair.id).limit(AT_ONCE)).all()
    if not newest or asked.scorer not in NEEDS_REFERENCE:
        return Sheet(asked, newest, References())
    known = references.known(session, endpoint.name, queries.units(session, endpoint, rollout).values())
    corrected = session.scalars(waiting.where(Pair.request_id.in_(known.by_answer))).all()
    return Sheet(asked, list({each.id: each for each in [*newest, *corrected]}.values()), known)
