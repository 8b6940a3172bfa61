"""The rows of a search: one per trial, and one per parent, whose answers the trials are held against.

Parents have the numbers -1, -2, ... and the state `reference`; their `scores` are of the search's items, their
`held_out` of the others.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.evaluation.intervals import wilson
from aird.merge.models import MergeTrial
from aird.merge.schemas import SearchSpace, SuiteScore, TrialRead
from aird.merge.search import pareto
from aird.merge.search.pareto import Place, Standing
from aird.merge.search.racing import Answers

REFERENCE = "reference"


def rows(session: Session, job_id: UUID) -> list[MergeTrial]:
    """Everything that was recorded of the search, parents first, then the trials in their order."""
    return list(session.scalars(select(MergeTrial).where(MergeTrial.job_id == job_id).order_by(MergeTrial.number)))


def save(session: Session, job_id: UUID, number: int, **known: Any) -> MergeTrial:
    """Write what is known of a trial; of its row the rest stays. Gives the row."""
    row = session.scalar(select(MergeTrial).where(MergeTrial.job_id == job_id, MergeTrial.number == number))
    if row is None:
        row = MergeTrial(job_id=job_id, number=number, **known)
        session.add(row)
    for name, value in known.items():
        setattr(row, name, value)
    return row


def pack(answers: Answers) -> dict[str, Any]:
    """Answers as a row keeps them: by suite the number of items and their bits."""
    return {suite: {"items": len(given), "bits": _bits(given)} for suite, given in answers.items()}


def unpack(stored: Mapping[str, Any] | None) -> dict[str, list[bool]]:
    """The answers that a row keeps."""
    found = {}
    for suite, each in (stored or {}).items():
        raw = base64.b64decode(each["bits"])
        found[suite] = [bool(raw[i // 8] >> (i % 8) & 1) for i in range(each["items"])]
    return found


def _bits(given: Sequence[bool]) -> str:
    raw = bytearray((len(given) + 7) // 8)
    for i, right in enumerate(given):
        raw[i // 8] |= right << (i % 8)
    return binascii.b2a_base64(bytes(raw), newline=False).decode()


def scores(answers: Answers, reference: Answers) -> dict[str, Any]:
    """The scores of these answers by suite, as a row keeps them; `reference` are the best parent's, on these items."""
    found = {}
    for suite, given in answers.items():
        if len(given):
            right, best = sum(given), sum(reference[suite][: len(given)])
            low, high = wilson(right, len(given))
            found[suite] = {
                "score": right / len(given),
                "low": low,
                "high": high,
                "items": len(given),
                "kept": pareto.kept_share(right, best, len(given)),
            }
    return found


def standing_of(stored: Mapping[str, Any], floors: Mapping[str, float]) -> Standing:
    """Where stored scores stand."""
    return pareto.standing({suite: each["kept"] for suite, each in stored.items()}, floors)


def places(found: Sequence[MergeTrial], floors: Mapping[str, float]) -> list[Place]:
    """The trials that have answered everything."""
    return [Place(r.number, standing_of(r.scores, floors), r.rank) for r in found if r.state == "complete"]


def best_parents(found: Sequence[MergeTrial]) -> dict[str, MergeTrial]:
    """The parent that knows most of each suite, by the search's items; of equals the first."""
    parents = sorted((each for each in found if each.state == REFERENCE), key=lambda each: -each.number)
    suites = parents[0].scores if parents else {}
    return {suite: max(parents, key=lambda each: each.scores[suite]["score"]) for suite in suites}


def read(row: MergeTrial, space: SearchSpace, front: Sequence[int], yaml: str) -> TrialRead:
    """A trial as the API shows it."""
    return TrialRead(
        number=row.number,
        params=row.params,
        state=row.state,
        scores=[SuiteScore(suite=suite, **each) for suite, each in row.scores.items()],
        held_out=[SuiteScore(suite=suite, **each) for suite, each in (row.held_out or {}).items()],
        mean=row.mean,
        worst=row.worst,
        rank=row.rank,
        items=row.items,
        seconds=row.seconds,
        front=row.number in front,
        meets_floors=row.state == "complete" and standing_of(row.scores, space.floors).meets,
        note=row.note,
        yaml=yaml,
    )
