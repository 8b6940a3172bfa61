"""The jobs of this slice: examine a version, and make one without what was found in it."""

import json
from pathlib import Path
from typing import Any, BinaryIO

from aird.core.clock import now
from aird.core.errors import Unavailable
from aird.datasets import queries, reports, service
from aird.datasets.errors import NothingToClean
from aird.datasets.models import Consent, DatasetVersion
from aird.datasets.reports import CLEAN, EXAMINE, CleanJob, ExamineJob
from aird.datasets.schemas_quality import FindingKind, QualityReport
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat, split_file
from aird.jobs.context import JobContext
from aird.jobs.registry import task


class ExaminingNotOffered(Unavailable):
    """This worker cannot examine data sets"""


@task(EXAMINE, ExamineJob)
def run_examine(job: JobContext, spec: ExamineJob) -> None:
    """Look at every item, hold it against every exam, keep the report."""
    with job.read() as session:
        version = queries.version_by_id(session, spec.version_id)
        exams = queries.exams(session)
    report, findings = _look(job, version, exams)
    with job.scratch() as folder:
        artifact = _findings(job, findings, folder / "findings")
    with job.finish() as session:
        version = queries.version_by_id(session, spec.version_id)
        if version.kept is not None:  # erased meanwhile: what was found in it is gone as well
            reports.keep(session, job.actor, version, report, artifact, job.id)
        job.result = {"version": spec.ref, "verdict": report.verdict, "blocked": report.blocked}


def _look(
    job: JobContext, version: DatasetVersion, exams: list[tuple[str, str, DatasetVersion]]
) -> tuple[QualityReport, list[Any]]:
    try:
        from aird.datasets.quality import verdict
        from aird.datasets.quality.examine import Look
        from aird.datasets.quality.exams import Asked, Exam
    except ImportError as error:
        raise ExaminingNotOffered(
            f"This worker cannot examine data sets: {error.name} is missing. Install aird[data]."
        ) from error
    asked = Asked()
    for number, (name, split, of) in enumerate(exams):
        job.progress("exams", number, len(exams))
        asked.add(Exam(name, of.dataset.name, of.artifact, split), service.open_items(job.store, of, split))
    splits = {
        split: (str(version.formats[split]), int(count), service.open_items(job.store, version, split))
        for split, count in version.splits.items()
    }
    looked = Look(version.dataset.name, version.artifact, splits, asked, job.progress).look()
    if looked.duplicates is None:
        raise ValueError("a look that has ended has counted duplicates")
    consent: Consent = version.dataset.consent
    remarks = verdict.remarks(looked, consent)
    return QualityReport(
        ref=version.ref,
        digest=version.artifact,
        verdict=verdict.verdict(looked, remarks),
        blocked=verdict.blocked(looked),
        examined_at=now(),
        seconds=round(looked.seconds, 3),
        splits=looked.splits,
        duplicates=looked.duplicates,
        labels=looked.labels,
        coverage=looked.coverage,
        personal=looked.personal,
        leaks=looked.leaks,
        exams=[exam.name for exam in asked.exams],
        findings=dict(looked.counts),
        remarks=remarks,
    ), looked.findings


def _findings(job: JobContext, findings: list[Any], folder: Path) -> str | None:
    """Store the findings by kind; None where there are none."""
    if not findings:
        return None
    folder.mkdir()
    by_kind: dict[FindingKind, list[bytes]] = {}
    for each in findings:
        row = {"split": each.split, "line": each.line, "about": each.about}
        by_kind.setdefault(each.kind, []).append(json.dumps(row).encode() + b"\n")
    for kind, rows in by_kind.items():
        (folder / reports.findings_file(kind)).write_bytes(b"".join(rows))
    return job.store.put_folder(folder).digest


@task(CLEAN, CleanJob)
def run_clean(job: JobContext, spec: CleanJob) -> None:
    """Copy the version without the lines that were found, file the copy and have it examined."""
    with job.read() as session:
        version = queries.version_by_id(session, spec.version_id)
    without: dict[str, set[int]] = {}
    for kind in spec.leave_out:
        for each in reports.lines(job.store, spec.findings, kind):
            without.setdefault(each["split"], set()).add(each["line"])
    with job.scratch() as folder:
        out = folder / "out"
        out.mkdir()
        splits = {split: _copy(job, version, split, without.get(split, set()), out) for split in version.splits}
        splits = {split: count for split, count in splits.items() if count}
        if not splits:
            raise NothingToClean(f"Nothing would be left of {spec.ref}. Correct its items and upload them anew.")
        left_out = sum(len(each) for each in without.values())
        new = NewDatasetVersion(
            manifest=job.store.put_folder(out),
            splits=splits,
            formats={split: DatasetFormat(version.formats[split]) for split in splits},
            card=version.card,
            intake={spec.ref: {"left_out": left_out, "kinds": list(spec.leave_out)}},
            made_from=spec.ref,
        )
    with job.finish() as session:
        version = queries.version_by_id(session, spec.version_id)
        made, _ = service.add_version(session, job.actor, version.dataset, new, notes={"made_from": spec.ref})
        reports.order(session, job.actor, made)
        job.result = {"version": made.ref, "left_out": left_out, "splits": splits}


def _copy(job: JobContext, version: DatasetVersion, split: str, without: set[int], out: Path) -> int:
    """Write the split without these lines; gives how many are left, and leaves no file where none is."""
    path, count = out / split_file(split), 0
    with job.store.open_file(version.artifact, split_file(split)) as source, path.open("xb") as target:
        count = _lines(source, target, without)
    if not count:
        path.unlink()
    return count


def _lines(source: BinaryIO, target: BinaryIO, without: set[int]) -> int:
    count = number = 0
    for line in source:
        if not line.strip():
            continue
        number += 1
        if number not in without:
            target.write(line)
            count += 1
    return count
