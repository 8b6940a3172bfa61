"""Order a run of the conformance suite, and file what it found."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.models import Kind, Version
from aird.core.settings import Settings
from aird.deploy.engines import Engines
from aird.deploy.errors import NotOneModel
from aird.deploy.fitting.chips import profile
from aird.deploy.fitting.conformance import Case
from aird.deploy.fitting.models import Evidence
from aird.deploy.fitting.schemas import ConformanceJob, ConformanceOrder
from aird.deploy.placement import CPU
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.jobs.needs import Needs

JOB_KIND = "deploy.conformance"


def order(session: Session, actor: Actor, asked: ConformanceOrder, *, settings: Settings) -> Job:
    """Queue a run of the suite; its department is the base's. Raises NotOneModel, NotPermitted, the catalog's."""
    base = access.get_ref(session, actor, asked.base)
    adapter = access.get_ref(session, actor, asked.adapter) if asked.adapter else None
    auth.require(actor, Permission.RUN_JOBS, base.model.department_id)
    for each in (base, adapter):
        if each is not None:
            access.require_weights(session, actor, each.model)
    _check(base, adapter)
    chip = asked.chip or CPU
    width = Engines(settings).driver(asked.runtime).width(chip)
    needs = Needs(chips=width, flavours=[chip]) if width else Needs()
    spec = ConformanceJob(runtime=asked.runtime, chip=chip, base_id=base.id, adapter_id=adapter.id if adapter else None)
    title = f"Conformance of {asked.runtime} on {chip} with {base.ref}"
    return jobs.enqueue(
        session, actor, JOB_KIND, spec, title=title[:128], department_id=base.model.department_id, needs=needs
    )


def _check(base: Version, adapter: Version | None) -> None:
    if base.kind is Kind.ADAPTER:
        raise NotOneModel(f"{base.ref} is an adapter. Name its base, and the adapter beside it.", ref=base.ref)
    if adapter is not None and (adapter.kind is not Kind.ADAPTER or adapter.base_id != base.id):
        raise NotOneModel(f"{adapter.ref} is no adapter on {base.ref}. Name one that is.", ref=adapter.ref)


def file(
    session: Session,
    actor: Actor,
    spec: ConformanceJob,
    base: Version,
    adapter: Version | None,
    *,
    version: str,
    cases: Sequence[Case],
    job_id: UUID,
) -> Evidence:
    """Add what a run found to the evidence."""
    row = Evidence(
        runtime=spec.runtime,
        runtime_version=version,
        chip=spec.chip,
        family=profile(spec.chip).family,
        architecture=str(base.facts.get("architecture") or "unknown"),
        base=base.artifact,
        adapter=adapter.artifact if adapter else None,
        passed=all(each.ok for each in cases),
        cases=[asdict(each) for each in cases],
        job_id=job_id,
        created_by=actor.id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "deploy.runtime.examined", row, passed=row.passed, version=version,
        failed=[each.name for each in cases if not each.ok],
    )  # fmt: skip
    return row
