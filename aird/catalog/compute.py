"""What a version cost: chip time, arithmetic, energy; its own, and that of everything it came from.

Chip time is measured. The arithmetic is the usual estimate for transformers (Kaplan et al., 2020,
https://arxiv.org/abs/2001.08361, section 2.1): 2 floating point operations a parameter and token forward, twice that
backward, so 6 * N * tokens; where the base is frozen the weight gradients fall away, so 4 * N * tokens; a teacher
runs forward only, so 2 * N * tokens for each. The energy is chip time at the chip's rated power, an upper estimate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.catalog import kinship
from aird.catalog.models import Version
from aird.core.db import database_now
from aird.jobs.models import Job
from aird.metering.models import ComputeEntry

WATTS: dict[str, float] = {
    "cpu": 65.0,
    "h200": 700.0,
    "h100": 700.0,
    "a100": 400.0,
    "l40s": 350.0,
    "l4": 72.0,
    "a10": 150.0,
    "t4": 70.0,
    "mi300x": 750.0,
    "rtx 4090": 450.0,
    "rtx 5090": 575.0,
}
"""Rated power by a word of the chip's name, in watts: the makers' board power, and a server CPU's share for one job."""

FORWARD, BACKWARD_FULL, BACKWARD_FROZEN = 2, 4, 2


@dataclass(frozen=True)
class Cost:
    """Chip time in milliseconds, an estimate of the floating point operations, energy in watt hours."""

    chip_milliseconds: int = 0
    flop: float = 0.0
    watt_hours: float = 0.0


@dataclass(frozen=True)
class Ledger:
    """A version's own cost and that of its whole descent, each ancestor counted once.

    `ratio_to_base` is what everything after the base cost over what the base cost; None when the base's is not known.
    """

    own: Cost
    lineage: Cost
    ratio_to_base: float | None


def watts_of(chip: str, table: Mapping[str, float]) -> float:
    """The power of the longest word of the table that the chip's name contains, else a CPU's."""
    power = {**WATTS, **{word.lower(): watts for word, watts in table.items()}}
    fitting = [word for word in power if word in chip.lower()]
    return power[max(fitting, key=len)] if fitting else power["cpu"]


def watt_hours(milliseconds: int, watts: float) -> float:
    """The energy of so much time at so much power."""
    return milliseconds / 3_600_000 * watts


def flop(record: Mapping[str, Any], *, parameters: int, base_parameters: int | None) -> float:
    """The arithmetic of the training that a version's record tells of; 0 for what trains nothing.

    A recipe that has counted what its learner did, with the questions that it read, is believed; what teachers did
    comes on top, unless the record knows that none ran.
    `parameters` are the version's own; `base_parameters` those of the frozen base below it, None for a whole model.
    """
    tokens = _metric(record, "tokens")
    if base_parameters is None:
        learning = (FORWARD + BACKWARD_FULL) * parameters * tokens
        size = parameters
    else:
        size = base_parameters + parameters
        learning = (FORWARD + BACKWARD_FROZEN) * size * tokens + BACKWARD_FROZEN * parameters * tokens
    # Of several teachers each scores its own prompts, so together they read every token once.
    taught = record.get("kind") in ("training.distill", "merge.run")  # a merge learns in its finish, from its parents
    ran = (record.get("metrics") or {}).get("forwards") != 0  # 0: all they said had been kept from before
    teaching = FORWARD * size * tokens if taught and ran else 0
    return float((_metric(record, "flop") or learning) + teaching)


def _metric(record: Mapping[str, Any], name: str) -> float:
    metrics = record.get("metrics")
    found = metrics.get(name, 0) if isinstance(metrics, Mapping) else 0
    return found if isinstance(found, int | float) and found > 0 else 0


def of_job(
    session: Session,
    job_id: UUID | None,
    record: Mapping[str, Any],
    *,
    parameters: int,
    base: Version | None,
    watts: Mapping[str, float],
) -> Cost:
    """What the job has cost up to now, its failed attempts too; nothing for a version that no job made."""
    job = session.get(Job, job_id) if job_id else None
    if job is None:
        return Cost()
    query = select(ComputeEntry.chip, func.sum(ComputeEntry.milliseconds)).where(
        ComputeEntry.job_id == job.id, ComputeEntry.attempt != job.attempt
    )
    spent = [(str(row[0]), int(row[1])) for row in session.execute(query.group_by(ComputeEntry.chip))]
    if job.started_at is not None:
        running = (database_now(session) - job.started_at).total_seconds()
        spent.append(("cpu", max(round(running * 1000), 0)))
    return Cost(
        chip_milliseconds=sum(milliseconds for _, milliseconds in spent),
        flop=flop(record, parameters=parameters, base_parameters=base.parameters if base else None),
        watt_hours=sum(watt_hours(milliseconds, watts_of(chip, watts)) for chip, milliseconds in spent),
    )


def ledger(session: Session, version: Version) -> Ledger:
    """What the version cost, and all that it came from."""
    lineage = _with_ancestors(session, version.id)
    own = Cost(version.chip_milliseconds, version.flop, version.watt_hours)
    base = _with_ancestors(session, version.base_id) if version.base_id else None
    ratio = None
    if base is not None and base.chip_milliseconds:
        ratio = (lineage.chip_milliseconds - base.chip_milliseconds) / base.chip_milliseconds
    return Ledger(own, lineage, ratio)


def _with_ancestors(session: Session, version_id: UUID) -> Cost:
    family = kinship.members(select(Version.id.label("id")).where(Version.id == version_id), upwards=True)
    query = select(
        func.coalesce(func.sum(Version.chip_milliseconds), 0),
        func.coalesce(func.sum(Version.flop), 0.0),
        func.coalesce(func.sum(Version.watt_hours), 0.0),
    ).where(Version.id.in_(select(family.c.id)))
    row = session.execute(query).one()
    return Cost(int(row[0]), float(row[1]), float(row[2]))
