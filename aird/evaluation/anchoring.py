"""Ask an exam's anchors instead of the whole of it, by what other versions did in it. Loaded by workers only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from aird.catalog.models import Version
from aird.evaluation import anchors, irt, outcomes
from aird.evaluation.anchors import Estimate, Scores
from aird.evaluation.models import Engine, Run, Suite
from aird.jobs.context import JobContext
from aird.store.errors import ArtifactNotFound, BlobDamaged

MOST_VERSIONS = 400
"""Versions whose outcomes are read, the newest runs first."""


@dataclass(frozen=True)
class Known:
    """What a version did in the whole exam."""

    model_id: UUID
    number: int
    scores: Scores


@dataclass
class Plan:
    """The items that are asked of every version, and what the others are expected to be."""

    ids: list[str]
    levels: dict[str, float]
    bank: irt.Bank | None
    known: list[Known]
    seed: str
    tested_error: float | None = None

    def told(self, asked: Scores, before: Scores | None = None) -> Estimate:
        """The whole exam by the asked items."""
        if self.bank is not None:
            return irt.estimate(self.bank, asked)
        return anchors.estimate(self.levels, asked, len(self.ids), self.seed, before)

    def of(self, version: Version, asked: Scores) -> tuple[Estimate, dict[str, Any]]:
        """The version's whole exam, its error no smaller than on versions whose exam is known; and what to file."""
        older = [each for each in self.known if each.model_id == version.model_id and each.number < version.number]
        before = max(older, key=lambda each: each.number).scores if older else None
        found = self.told(asked, before)
        error = max(found.error, self.tested_error or 0.0)
        details = {
            "method": "irt" if self.bank is not None else "stratified",
            "asked": len(asked),
            "of_items": len(self.levels),
            "versions": len(self.known),
            "error": error,
            "tested_error": self.tested_error,
        }
        return Estimate(found.score, error), details


def plan(job: JobContext, suite: Suite, ids: Sequence[str], count: int, folder: Path) -> Plan | None:
    """Which items to ask; None when that would be all of them. A later attempt asks the same items."""
    if count >= len(ids):
        return None
    known = _known(job, suite)
    scores = [each.scores for each in known]
    levels = anchors.difficulty(ids, scores)
    bank = irt.fit(ids, scores) if _enough(ids, scores) else None
    chosen = irt.choose(bank, count) if bank is not None else anchors.choose(levels, count, suite.digest)
    found = Plan(_kept(folder / f"anchors-{suite.id}.json", chosen), levels, bank, known, suite.digest)
    whole = [each for each in scores if each.keys() >= levels.keys()]
    told = [found.told({item: each[item] for item in found.ids}).score for each in whole]
    found.tested_error = anchors.tested_error([sum(each[i] for i in ids) / len(ids) for each in whole], told)
    return found


def _enough(ids: Sequence[str], known: Sequence[Scores]) -> bool:
    """Whether items can answer for each other: many versions, right or wrong on every item."""
    whole = all(each.get(item) in (0.0, 1.0) for each in known for item in ids)
    return len(known) >= irt.FEWEST_VERSIONS and whole


def _known(job: JobContext, suite: Suite) -> list[Known]:
    """What other versions did in the whole exam; runs whose outcomes are gone or damaged count for nothing."""
    query = (
        select(Run, Version.model_id, Version.number)
        .join(Version, Version.id == Run.version_id)
        .where(Run.suite_id == suite.id, Run.split == suite.split, Run.engine == Engine.AIRD)
        .where(Run.items == suite.items, Run.digest == Version.artifact)
        .order_by(Run.created_at.desc(), Run.id.desc())
    )
    with job.read() as session:
        rows = {row[0].version_id: row for row in reversed(session.execute(query.limit(2 * MOST_VERSIONS)).all())}
    found = []
    for run, model_id, number in list(rows.values())[-MOST_VERSIONS:]:
        try:
            found.append(Known(model_id, number, outcomes.read(job.store, run)))
        except (ArtifactNotFound, BlobDamaged):
            job.log(f"The outcomes of a run of {suite.name} are gone; its version counts for nothing here.")
    return found


def _kept(path: Path, chosen: list[str]) -> list[str]:
    try:
        found: list[str] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        part = path.with_suffix(".part")
        part.write_text(json.dumps(chosen, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
        return chosen
