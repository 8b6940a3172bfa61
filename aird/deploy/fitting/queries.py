"""Read evidence, and where a version fits."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.catalog.models import Kind, Version
from aird.core.settings import Settings
from aird.deploy.engines import Engines
from aird.deploy.fitting import edge, manifest, matching
from aird.deploy.fitting.chips import PROFILES, Family, profile
from aird.deploy.fitting.matching import Driver, Fit, Place, Verified
from aird.deploy.fitting.models import Evidence
from aird.deploy.fitting.schemas import (
    ArchitectureRead,
    CaseRead,
    EvidenceRead,
    EvidenceTable,
    FitRead,
    FitReason,
    FitsRead,
    RuntimeOnChip,
)
from aird.deploy.placement import RuntimeKind
from aird.jobs import machines
from aird.store.artifacts import Store

MOST = 500
"""Runs of the suite that are looked at, the newest first."""


def drivers(settings: Settings) -> list[Driver]:
    """Every kind of engine."""
    engines = Engines(settings)
    return [engines.driver(kind) for kind in RuntimeKind]


def places(session: Session) -> list[Place]:
    """Every kind of chip of this house, the CPU among them."""
    chips = [chip for machine in machines.known(session) for chip in machine.chips]
    return matching.distinct(Place(chip.flavour, chip.memory) for chip in chips)


def newest(session: Session) -> list[Evidence]:
    """The newest run for each runtime, family and architecture, the newest first."""
    found: dict[tuple[str, str, str], Evidence] = {}
    query = select(Evidence).order_by(Evidence.created_at.desc(), Evidence.id).limit(MOST)
    for each in session.scalars(query):
        found.setdefault((each.runtime, each.family, each.architecture), each)
    return list(found.values())


def runs(session: Session, *, limit: int) -> list[Evidence]:
    """Runs of the suite, the newest first."""
    return list(session.scalars(select(Evidence).order_by(Evidence.created_at.desc(), Evidence.id).limit(limit)))


def verified(session: Session) -> list[Verified]:
    """The newest run for each runtime on each family of chips."""
    found: dict[tuple[RuntimeKind, Family], Verified] = {}
    for each in newest(session):
        key = each.runtime, Family(each.family)
        found.setdefault(key, Verified(each.runtime, each.runtime_version, key[1], each.passed))
    return list(found.values())


def fits(session: Session, store: Store, settings: Settings, version: Version) -> FitsRead:
    """Where the version can run: on the chips of this house, then on every other kind there is."""
    here = places(session)
    there = [
        Place(each.title) for each in PROFILES if each.family not in {profile(place.chip).family for place in here}
    ]
    asked = manifest.of_version(session, store, version)
    found = matching.match(asked, [*here, *there], drivers(settings), verified(session))
    compared = version.record["metrics"]["runtime"] if version.record.get("kind") == "merge.export" else ""
    found += edge.fits(asked, [*here, *there], compared)
    names = {place.chip for place in here}
    shown = sorted((_fit_read(each, here=each.chip in names) for each in found), key=lambda fit: not fit.here)
    return FitsRead(version=asked.ref, architecture=asked.architecture, parameters=asked.parameters, fits=shown)


def _fit_read(fit: Fit, *, here: bool) -> FitRead:
    return FitRead(
        runtime=fit.runtime, chip=fit.chip, family=fit.family, here=here, verdict=fit.verdict,
        verified_version=fit.verified_version, through=fit.through, bytes=fit.estimate.total,
        reasons=[FitReason(**asdict(each)) for each in fit.reasons],
    )  # fmt: skip


def table(session: Session) -> EvidenceTable:
    """Runtimes on families of chips, and the architectures of this house's bases."""
    found = newest(session)
    reads = dict(zip((each.id for each in found), evidence_reads(session, found), strict=True))
    here = {profile(place.chip).family for place in places(session)}
    cells = [
        RuntimeOnChip(
            runtime=kind, family=each.family, title=each.title, through=each.runs[kind], here=each.family in here,
            evidence=next((reads[run.id] for run in found if (run.runtime, run.family) == (kind, each.family)), None),
        )
        for each in PROFILES for kind in RuntimeKind if kind in each.runs
    ]  # fmt: skip
    return EvidenceTable(runtimes=cells, architectures=_architectures(session, found, reads))


def _architectures(
    session: Session, found: Sequence[Evidence], reads: dict[UUID, EvidenceRead]
) -> list[ArchitectureRead]:
    name = Version.facts["architecture"].as_string()
    query = select(name, func.count()).where(Version.kind.in_([Kind.BASE, Kind.FULL])).group_by(name).order_by(name)
    return [
        ArchitectureRead(
            architecture=architecture or "unknown",
            bases=count,
            verified=[reads[run.id] for run in found if run.architecture == architecture and run.passed],
        )
        for architecture, count in session.execute(query)
    ]


def evidence_reads(session: Session, found: Sequence[Evidence]) -> list[EvidenceRead]:
    """As the API shows them."""
    names = auth_queries.usernames(session, [each.created_by for each in found if each.created_by])
    return [
        EvidenceRead(
            id=each.id, runtime=each.runtime, runtime_version=each.runtime_version, chip=each.chip,
            family=Family(each.family), architecture=each.architecture, base=each.base, adapter=each.adapter,
            passed=each.passed, cases=[CaseRead.model_validate(case) for case in each.cases], job_id=each.job_id,
            created_by=names.get(each.created_by) if each.created_by else None, created_at=each.created_at,
        )
        for each in found
    ]  # fmt: skip
