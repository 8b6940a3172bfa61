"""Quality reports: have a version examined, keep what was found, read it again."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.schemas import Schema
from aird.datasets import keys, near_leaks, queries, views
from aird.datasets.errors import DatasetErased, NothingToClean
from aird.datasets.models import DatasetReport, DatasetVersion
from aird.datasets.schemas_quality import (
    FindingKind,
    FindingRow,
    NearLeakPermitRead,
    QualityReport,
    QualityReportRead,
)
from aird.datasets.splits import split_file
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.jobs.needs import Needs, Priority
from aird.store.artifacts import Store

EXAMINE, CLEAN = "datasets.examine", "datasets.clean"
SHOWN_TEXT = 240


class ExamineJob(Schema):
    """Which version is to be examined."""

    version_id: UUID
    ref: str


class CleanJob(Schema):
    """Which lines of which version are to be left out, as the report with these findings names them."""

    version_id: UUID
    ref: str
    findings: str
    leave_out: list[FindingKind]


def order(session: Session, actor: Actor, version: DatasetVersion) -> Job:
    """Queue an examination. Raises NotPermitted, DatasetErased."""
    if version.kept is None:
        raise DatasetErased(f"The bytes of {version.ref} were erased; there is nothing to examine.", ref=version.ref)
    spec = ExamineJob(version_id=version.id, ref=version.ref)
    title, department = f"Examine {version.ref}", version.dataset.department_id
    needs = Needs(priority=Priority.LOW)  # nobody waits for it: learning looks for leaks itself
    return jobs.enqueue(session, actor, EXAMINE, spec, title=title, department_id=department, needs=needs)


def order_cleaning(session: Session, actor: Actor, version: DatasetVersion, kinds: list[FindingKind]) -> Job:
    """Queue the making of a version without the lines that the report names.

    Raises NotPermitted, DatasetErased, ReportNotFound, NothingToClean.
    """
    auth.require(actor, Permission.WRITE_DATASETS, version.dataset.department_id)
    if version.kept is None:
        raise DatasetErased(f"The bytes of {version.ref} were erased; nothing can be made of it.", ref=version.ref)
    report = queries.get_report(session, version)
    found = QualityReport.model_validate(report.summary).findings
    if report.findings is None or not any(found.get(kind) for kind in kinds):
        raise NothingToClean(
            f"The report on {version.ref} names no lines of {', '.join(kinds)}. Choose what it has found.",
            ref=version.ref,
        )
    spec = CleanJob(version_id=version.id, ref=version.ref, findings=report.findings, leave_out=sorted(set(kinds)))
    title, department = f"Clean {version.ref}", version.dataset.department_id
    return jobs.enqueue(session, actor, CLEAN, spec, title=title, department_id=department)


def keep(
    session: Session, actor: Actor, version: DatasetVersion, report: QualityReport, findings: str | None, job_id: UUID
) -> DatasetReport:
    """Keep a report in the place of the last one."""
    kept = queries.find_report(session, version)
    if kept is None:
        kept = DatasetReport(
            version_id=version.id,
            examined_at=report.examined_at,
            verdict=report.verdict,
            blocked=report.blocked,
            personal=0,
            summary={},
        )
        session.add(kept)
    kept.examined_at, kept.verdict, kept.blocked = report.examined_at, report.verdict, report.blocked
    kept.personal = sum(sum(kinds.values()) for kinds in report.personal.values())
    kept.summary, kept.findings, kept.job_id = report.model_dump(mode="json"), findings, job_id
    session.flush()
    audit.record(
        session,
        actor,
        "datasets.version.examined",
        version,
        digest=version.artifact,
        verdict=report.verdict,
        blocked=report.blocked,
        personal=kept.personal,
        exams=len(report.exams),
    )
    return kept


def read(session: Session, version: DatasetVersion) -> QualityReportRead:
    """The report as the API shows it. Raises ReportNotFound."""
    report = queries.get_report(session, version)
    state = views.report_states(session, [version])[version.id]
    names = auth_queries.usernames(session)
    given = near_leaks.permits(session, [version.id])
    return QualityReportRead(
        report=QualityReport.model_validate(report.summary),
        outdated=state.outdated,
        job=report.job_id,
        permits=[
            NearLeakPermitRead(
                split=each.split,
                exam=each.exam,
                items=each.items,
                reason=each.reason,
                by=names.get(each.person_id, ""),
                at=each.created_at,
            )
            for each in given
        ],
        blocked=state.blocked,
        may_permit=sorted(near_leaks.blocked_nearly(report) & set(state.blocked)),
    )


def findings_file(kind: FindingKind) -> str:
    """The file of a kind of finding in the artifact."""
    return f"{kind}.jsonl"


def lines(store: Store, artifact: str, kind: FindingKind) -> Iterator[dict[str, Any]]:
    """Every finding of a kind: split, line, about."""
    if findings_file(kind) not in {each.path for each in store.manifest(artifact).entries}:
        return
    with store.open_file(artifact, findings_file(kind)) as source:
        for line in source:
            yield json.loads(line)


def page(
    store: Store,
    actor: Actor,
    version: DatasetVersion,
    report: DatasetReport,
    kind: FindingKind,
    *,
    after: int,
    limit: int,
) -> list[FindingRow]:
    """Findings from number `after` on, with their words for those who work in the department."""
    found = list(islice(lines(store, report.findings, kind), after, after + limit)) if report.findings else []
    shown = version.kept is not None and views.may_read_items(actor, version.dataset)
    texts = _texts(store, version, found, masked=kind is FindingKind.PERSONAL) if shown and found else {}
    return [
        FindingRow(
            kind=kind,
            split=each["split"],
            line=each["line"],
            about=each["about"],
            text=texts.get((each["split"], each["line"]), ""),
        )
        for each in found
    ]


def _texts(
    store: Store, version: DatasetVersion, found: list[dict[str, Any]], *, masked: bool
) -> dict[tuple[str, int], str]:
    """The beginning of each of these items."""
    wanted: dict[str, set[int]] = {}
    for each in found:
        wanted.setdefault(each["split"], set()).add(each["line"])
    texts = {}
    for split, numbers in wanted.items():
        with store.open_file(version.artifact, split_file(split)) as source:
            for number, line in enumerate(islice(source, max(numbers)), 1):
                if number in numbers:
                    texts[split, number] = _beginning(json.loads(line), masked=masked)
    return texts


def _beginning(item: dict[str, Any], *, masked: bool) -> str:
    if not masked:
        return keys.asked(item)[:SHOWN_TEXT]
    try:
        from aird.datasets.quality import personal
    except ImportError:  # without the extra `data` nothing is masked, so nothing is shown
        return ""
    return personal.mask(" · ".join(keys.texts(item)))[:SHOWN_TEXT]
