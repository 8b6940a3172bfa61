"""Put rows of the data sets into the shapes that the API shows."""

from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor, Permission, allowed
from aird.datasets import near_leaks, queries, service, usability
from aird.datasets.models import Dataset, DatasetVersion, FeedbackItem
from aird.datasets.schemas import (
    DatasetRead,
    DatasetVersionRead,
    Erased,
    FeedbackItemRead,
    FeedbackMessage,
    ReportState,
)
from aird.datasets.splits import DatasetFormat
from aird.store.artifacts import Store

PREVIEW_ITEMS = 3
PREVIEW_TEXT = 2000
"""Characters of one text in a preview; the rest is cut."""


def dataset_reads(session: Session, found: Sequence[Dataset]) -> list[DatasetRead]:
    """Data sets with their latest versions."""
    keys = auth_queries.department_keys(session)
    latest = queries.latest_versions(session, [each.id for each in found])
    shown = {
        each.dataset_id: read
        for each, read in zip(latest.values(), version_reads(session, list(latest.values())), strict=True)
    }
    return [
        DatasetRead(
            name=each.name,
            department=keys[each.department_id],
            title=each.title,
            kind=each.kind,
            card=each.card,
            versions=each.latest_number,
            latest=shown.get(each.id),
            license=each.license,
            source=each.source,
            consent=each.consent,
            consent_note=each.consent_note,
            retention_days=each.retention_days,
            shares=each.split_rule.get("shares", {}),
            created_at=each.created_at,
        )
        for each in found
    ]


def version_reads(session: Session, versions: Sequence[DatasetVersion]) -> list[DatasetVersionRead]:
    """Versions without a preview."""
    names = auth_queries.usernames(session)
    reports = report_states(session, versions)
    exams = queries.exams_by_artifact(session, {each.artifact for each in versions})
    return [
        DatasetVersionRead(
            ref=each.ref,
            name=each.dataset.name,
            number=each.number,
            digest=each.artifact,
            format=each.format,
            formats={split: DatasetFormat(found) for split, found in each.formats.items()},
            splits=each.splits,
            items=each.items,
            bytes=each.bytes,
            card=each.card,
            created_at=each.created_at,
            created_by=names.get(each.created_by) if each.created_by else None,
            preview={},
            intake=each.intake,
            made_from=each.made_from,
            expires_at=usability.expires_at(each.created_at, each.dataset.retention_days),
            erased=_erased(each),
            report=reports.get(each.id),
            exams=exams.get(each.artifact, {}),
        )
        for each in versions
    ]


def _erased(version: DatasetVersion) -> Erased | None:
    if version.erased_at is None:
        return None
    return Erased(at=version.erased_at, by=version.erased_by, reason=version.erased_reason)


def report_states(session: Session, versions: Sequence[DatasetVersion]) -> dict[UUID, ReportState]:
    """What the reports of these versions came to, by version."""
    newest = queries.newest_exam(session)
    given = near_leaks.permits(session, [version.id for version in versions])
    return {
        key: ReportState(
            verdict=each.verdict,
            blocked=near_leaks.blocked(each, given),
            personal=each.personal,
            examined_at=each.examined_at,
            outdated=newest is not None and newest > each.examined_at,
            job=each.job_id,
        )
        for key, each in queries.reports_of(session, [version.id for version in versions]).items()
    }


def version_read(session: Session, store: Store, actor: Actor, version: DatasetVersion) -> DatasetVersionRead:
    """One version, with its first items for those who work in its department."""
    read = version_reads(session, [version])[0]
    if version.kept is None or not may_read_items(actor, version.dataset):
        return read
    preview = {
        split: [short(item) for item in islice(service.open_items(store, version, split), PREVIEW_ITEMS)]
        for split in version.splits
    }
    return read.model_copy(update={"preview": preview})


def may_read_items(actor: Actor, dataset: Dataset) -> bool:
    """Whether the actor may read the words in a data set: who works in its department may, an auditor may not."""
    return allowed(actor, Permission.GIVE_FEEDBACK, dataset.department_id)


def short(value: Any) -> Any:
    """The value with its long texts cut."""
    match value:
        case str():
            return value if len(value) <= PREVIEW_TEXT else f"{value[:PREVIEW_TEXT]}…"
        case list():
            return [short(each) for each in value]
        case dict():
            return {key: short(each) for key, each in value.items()}
    return value


def item_reads(session: Session, items: Sequence[FeedbackItem]) -> list[FeedbackItemRead]:
    """Feedback with the names of those who gave it."""
    names = auth_queries.usernames(session)
    return [
        FeedbackItemRead(
            id=each.id,
            completion_id=each.completion_id,
            endpoint=each.endpoint,
            version=each.version,
            unit=each.unit,
            rating=each.rating,
            comment=each.comment,
            correction=each.correction,
            messages=[FeedbackMessage.model_validate(message) for message in each.messages],
            answer=each.answer,
            person=names[each.person_id],
            created_at=each.created_at,
        )
        for each in items
    ]
