"""What a job will take, corrected by what such jobs took before, and whether any machine could hold it."""

import math
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.core.clock import now
from aird.jobs import machines, peaks
from aird.jobs.errors import NoRoom
from aird.jobs.lifecycle import JobState
from aird.jobs.machines import Known
from aird.jobs.models import Job
from aird.jobs.needs import CPU, Estimate, Needs
from aird.metering import prices
from aird.metering import queries as metering
from aird.metering.models import ComputeEntry
from aird.metering.prices import Sku

LOOKED_AT = 50  # the latest past jobs of a kind
ENOUGH = 3  # past jobs, before they correct a rule
RANGE = (0.1, 0.9)  # four of five past jobs lie between
GIB = 2**30


def calibrated(
    session: Session, kind: str, estimate: Estimate, needs: Needs | None = None, *, architecture: str = ""
) -> Estimate:
    """The estimate of a rule, corrected by what the latest jobs of this kind took, with a range and with money.

    `architecture` is that of the model that is worked on; jobs on such models say most of the memory.
    """
    wanted = needs or Needs()
    known = estimate.rule_memory if estimate.rule_memory is not None else estimate.memory
    peak = peaks.expected(session, kind, known, chip=peaks.chip_of(wanted), architecture=architecture)
    rule = estimate.rule_seconds if estimate.rule_seconds is not None else estimate.seconds
    ratios = sorted(_ratios(session, kind, chips=wanted.chips > 0))
    seconds, low, high, basis = rule, None, None, "rule"
    if len(ratios) >= ENOUGH:
        seconds, basis = rule * median(ratios), f"{len(ratios)} past jobs"
        low, high = rule * _quantile(ratios, RANGE[0]), rule * _quantile(ratios, RANGE[1])
    scale = seconds / rule if rule else 1.0
    return estimate.model_copy(
        update={
            "seconds": seconds, "low": low, "high": high, "basis": basis, "rule_seconds": rule,
            "kwh": (estimate.kwh if estimate.rule_seconds is None else estimate.kwh / _factor(estimate)) * scale,
            "micro": money(session, wanted, seconds), "architecture": architecture,
            "memory": peak.memory, "rule_memory": peak.rule, "memory_jobs": peak.jobs, "memory_alike": list(peak.alike),
        }
    )  # fmt: skip


def _factor(estimate: Estimate) -> float:
    """By what an estimate was corrected before."""
    return estimate.seconds / estimate.rule_seconds if estimate.rule_seconds and estimate.seconds else 1.0


def money(session: Session, needs: Needs, seconds: float) -> int:
    """What holding this for so long costs by today's price book, in micro-units."""
    book = prices.in_force(metering.price_book(session), now())
    return prices.time_micro(book[Sku.CHIP_TIME if needs.chips else Sku.CPU_TIME], seconds * needs.amount)


def _ratios(session: Session, kind: str, *, chips: bool) -> list[float]:
    """How many times as long as their rule said the latest jobs of this kind took, all attempts together."""
    held = ComputeEntry.chip != CPU if chips else ComputeEntry.chip == CPU
    took = (
        select(ComputeEntry.job_id, func.sum(ComputeEntry.milliseconds).label("milliseconds"))
        .where(ComputeEntry.kind == kind, held).group_by(ComputeEntry.job_id).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(Job, took.c.milliseconds).join(took, took.c.job_id == Job.id)
        .where(Job.kind == kind, Job.state == JobState.SUCCEEDED, Job.estimate.is_not(None))
        .order_by(Job.finished_at.desc()).limit(LOOKED_AT)
    )  # fmt: skip
    found = []
    for row in rows:
        expected = row.Job.expected
        rule = expected and (expected.rule_seconds if expected.rule_seconds is not None else expected.seconds)
        if rule and row.milliseconds:
            found.append(int(row.milliseconds) / 1000 / row.Job.needs.amount / rule)
    return found


def _quantile(ordered: list[float], share: float) -> float:
    """Linear between the two values next to it."""
    place = share * (len(ordered) - 1)
    lower = math.floor(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def require_room(session: Session, needs: Needs, estimate: Estimate | None = None) -> None:
    """Raises NoRoom, in numbers, when no machine that is known could ever hold this; where none is known, nothing is.

    The memory asked for is that of the needs, or else of the estimate.
    """
    known = machines.known(session)
    asked = needs if needs.memory or estimate is None else needs.model_copy(update={"memory": estimate.memory})
    if not known or machines.holders(known, asked):
        return
    largest = max((machines.capacity(each, asked) for each in known), default=(0, 0))
    raise NoRoom(_refusal(asked, known, largest), asked=asked.model_dump(mode="json"), largest=list(largest))


def suited(session: Session, memory: int = 0) -> Needs:
    """One chip where the house has one that holds so many bytes, a CPU slot otherwise."""
    needs = Needs(chips=1, memory=memory)
    return needs if machines.holders(machines.known(session, alive=True), needs) else Needs(memory=memory)


def _refusal(needs: Needs, known: list[Known], largest: tuple[int, int]) -> str:
    chips, memory = largest
    if not needs.chips and needs.nodes > 1:
        return (
            f"It needs {needs.nodes} machines of one cluster with {needs.memory / GIB:.1f} GiB each; this house has no "
            "worker with as many. Ask for fewer, or let a worker use a Ray cluster (AIRD_EXECUTOR=ray)."
        )
    if not needs.chips:
        return (
            f"It needs {needs.memory / GIB:.1f} GiB of memory; the largest machine of this house has "
            f"{memory / GIB:.1f} GiB. Use smaller batches, or add a machine."
        )
    flavours = " or ".join(needs.flavours) or "any kind"
    if not chips:
        offered = sorted({chip.flavour for each in known for chip in each.chips})
        return (
            f"It needs {needs.chips} chips ({flavours}) on {needs.nodes} machines; this house has "
            f"{', '.join(offered) if offered else 'no chips at all'}. Choose among these, or add a machine."
        )
    return (
        f"It needs {needs.chips} chips ({flavours}) with {needs.memory / GIB:.1f} GiB each on {needs.nodes} machines; "
        f"the best that this house has is {chips} such chips on one machine, of {memory / GIB:.1f} GiB each, on "
        f"{len(known)} machines. Ask for less, or add a machine."
    )
