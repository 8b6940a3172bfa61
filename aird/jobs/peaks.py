"""How much memory a job will take: what a rule says, corrected by the peaks of past jobs. `correct` is pure.

Only jobs of about its size are looked at, as the rest of a small process says nothing of a large model; of these the
most alike, if there are enough: on the same kind of chip with a model of the same architecture, then on any chip with
such a model, then any of the kind. The corrected figure is the one that nine of ten of them stayed below: too little
costs an attempt, too much a wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from aird.jobs.lifecycle import FailureClass, JobState
from aird.jobs.models import Job
from aird.jobs.needs import CPU, Needs
from aird.metering.models import ComputeEntry

LOOKED_AT = 200  # the latest past jobs of a kind
ENOUGH = 3  # past jobs, before they correct a rule
STAYED_BELOW = 0.9  # of them
SIZES = 4.0  # how many times as large or as small a job may be to tell something
ANY_CHIP = "chip"


@dataclass(frozen=True)
class Past:
    """What a past job took at its peak, in bytes, and what its rule had said."""

    chip: str
    architecture: str
    rule: int
    peak: int


@dataclass(frozen=True)
class Peak:
    """The memory of a job to come, in bytes, and how many past ones corrected it; `alike`: in what they were like it,
    beside their kind."""

    memory: int
    rule: int
    jobs: int = 0
    alike: tuple[str, ...] = ()


def chip_of(needs: Needs) -> str:
    """What an estimate for these needs is made for: `cpu`, the first flavour asked for, or any chip."""
    return (needs.flavours[0] if needs.flavours else ANY_CHIP) if needs.chips else CPU


def correct(rule: int, past: Sequence[Past], *, chip: str, architecture: str) -> Peak:
    """The rule's figure times the factor that nine of ten of the most similar jobs stayed below."""
    sized = [each for each in past if rule / SIZES <= each.rule <= rule * SIZES] if rule else []
    same = [each for each in sized if architecture and each.architecture == architecture]
    here = [each for each in same if each.chip == chip or each.chip.startswith(f"{chip}-")]
    for alike, found in ((("chip", "architecture"), here), (("architecture",), same), ((), sized)):
        if len(found) >= ENOUGH:
            return Peak(round(rule * _factor(found)), rule, len(found), alike)
    return Peak(rule, rule)


def _factor(found: Sequence[Past]) -> float:
    ratios = sorted(each.peak / each.rule for each in found)
    return ratios[min(int(STAYED_BELOW * len(ratios)), len(ratios) - 1)]


def expected(session: Session, kind: str, rule: int, *, chip: str, architecture: str) -> Peak:
    """What a job of this kind will take on such a chip, when the rule says so many bytes."""
    return correct(rule, _past(session, kind, cpu=chip == CPU), chip=chip, architecture=architecture)


def _past(session: Session, kind: str, *, cpu: bool) -> list[Past]:
    """The latest jobs of the kind whose peak is known: those that succeeded, and those whose memory was not enough."""
    held = ComputeEntry.chip == CPU if cpu else ComputeEntry.chip != CPU
    chips = (
        select(ComputeEntry.job_id, func.max(ComputeEntry.chip).label("chip"))
        .where(ComputeEntry.kind == kind, held).group_by(ComputeEntry.job_id).subquery()
    )  # fmt: skip
    ended = or_(Job.state == JobState.SUCCEEDED, and_(Job.state == JobState.FAILED, Job.failure == FailureClass.OOM))
    rows = session.execute(
        select(Job.estimate, Job.peak_memory, chips.c.chip).join(chips, chips.c.job_id == Job.id)
        .where(Job.kind == kind, ended, Job.estimate.is_not(None), Job.peak_memory.is_not(None))
        .order_by(Job.finished_at.desc()).limit(LOOKED_AT)
    )  # fmt: skip
    found = []
    for row in rows:
        told = row.estimate or {}
        rule = told.get("rule_memory") or told.get("memory")
        if rule and row.peak_memory:
            found.append(Past(row.chip, str(told.get("architecture") or ""), int(rule), int(row.peak_memory)))
    return found
