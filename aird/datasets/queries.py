"""Read data sets, their versions and their feedback."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from aird.auth.models import Department
from aird.catalog.names import VersionRef
from aird.datasets.errors import DatasetNotFound, DatasetVersionNotFound, ReportNotFound
from aird.datasets.models import Dataset, DatasetKind, DatasetReport, DatasetVersion, FeedbackItem, HeldOut


def find_dataset(session: Session, name: str) -> Dataset | None:
    """The data set of this name, None when there is none."""
    return session.scalar(select(Dataset).where(Dataset.name == name))


def get_dataset(session: Session, name: str, *, lock: bool = False) -> Dataset:
    """The data set of this name, with `lock` held until the transaction ends. Raises DatasetNotFound."""
    query = select(Dataset).where(Dataset.name == name)
    dataset = session.scalar(query.with_for_update() if lock else query)
    if dataset is None:
        raise DatasetNotFound(f"There is no data set {name!r}. `aird datasets ls` lists them.", name=name)
    return dataset


def datasets(
    session: Session,
    *,
    department: str | None = None,
    kind: DatasetKind | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Dataset]:
    """Data sets by name."""
    query = select(Dataset).order_by(Dataset.name).limit(limit)
    if department:
        query = query.join(Department, Department.id == Dataset.department_id).where(Department.key == department)
    if kind:
        query = query.where(Dataset.kind == kind)
    if after:
        query = query.where(Dataset.name > after)
    return list(session.scalars(query))


def _versions() -> Select[DatasetVersion]:
    return select(DatasetVersion).join(DatasetVersion.dataset).options(joinedload(DatasetVersion.dataset))


def get_version(session: Session, name: str, number: int | None = None) -> DatasetVersion:
    """A version of a data set, the latest without a number. Raises DatasetNotFound, DatasetVersionNotFound."""
    dataset = get_dataset(session, name)
    wanted = dataset.latest_number if number is None else number
    version = session.scalar(
        _versions().where(DatasetVersion.dataset_id == dataset.id, DatasetVersion.number == wanted)
    )
    if version is None:
        shown = name if number is None else f"{name}@{number}"
        raise DatasetVersionNotFound(
            f"There is no version {shown}; {name} has {dataset.latest_number} so far.", ref=shown
        )
    return version


def get_ref(session: Session, ref: str) -> DatasetVersion:
    """The version that `department/name@3` (or without number: the latest) names. Raises as get_version."""
    parsed = VersionRef.parse(ref)
    if parsed.alias is not None:
        raise DatasetVersionNotFound(
            f"There is no version {ref}: data sets have no aliases. Name a number, for example {parsed.name}@1.",
            ref=ref,
        )
    return get_version(session, parsed.name, parsed.number)


def version_by_id(session: Session, version_id: UUID) -> DatasetVersion:
    """The version with this id. Raises DatasetVersionNotFound."""
    version = session.scalar(_versions().where(DatasetVersion.id == version_id))
    if version is None:
        raise DatasetVersionNotFound("There is no such version.", id=str(version_id))
    return version


def versions_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, DatasetVersion]:
    """Several versions at once."""
    return {each.id: each for each in session.scalars(_versions().where(DatasetVersion.id.in_(list(ids))))}


def versions_of(session: Session, dataset: Dataset) -> list[DatasetVersion]:
    """Every version of a data set, newest first."""
    query = _versions().where(DatasetVersion.dataset_id == dataset.id).order_by(DatasetVersion.number.desc())
    return list(session.scalars(query))


def latest_versions(session: Session, ids: Iterable[UUID]) -> dict[UUID, DatasetVersion]:
    """The latest version of each of these data sets that has one, by the data set's id."""
    query = _versions().where(DatasetVersion.dataset_id.in_(list(ids)), DatasetVersion.number == Dataset.latest_number)
    return {each.dataset_id: each for each in session.scalars(query)}


def latest_kept(session: Session, dataset: Dataset) -> DatasetVersion | None:
    """The newest version whose bytes are there."""
    query = _versions().where(DatasetVersion.dataset_id == dataset.id, DatasetVersion.kept.is_not(None))
    return session.scalar(query.order_by(DatasetVersion.number.desc()).limit(1))


def versions_with(session: Session, artifact: str, *, lock: bool = False) -> list[DatasetVersion]:
    """Every version with these very bytes, with `lock` held until the transaction ends."""
    query = _versions().where(DatasetVersion.artifact == artifact).order_by(DatasetVersion.id)
    if lock:
        query = query.with_for_update(of=DatasetVersion).execution_options(populate_existing=True)
    return list(session.scalars(query))


def versions_keeping(session: Session, artifacts: Iterable[str]) -> list[DatasetVersion]:
    """The versions that keep one of these artifacts, by name."""
    query = _versions().where(DatasetVersion.kept.in_(list(artifacts)))
    return list(session.scalars(query.order_by(Dataset.name, DatasetVersion.number)))


def find_report(session: Session, version: DatasetVersion) -> DatasetReport | None:
    """The version's quality report, None before it was examined."""
    return session.scalar(select(DatasetReport).where(DatasetReport.version_id == version.id))


def get_report(session: Session, version: DatasetVersion) -> DatasetReport:
    """The version's quality report. Raises ReportNotFound."""
    report = find_report(session, version)
    if report is None:
        raise ReportNotFound(f"{version.ref} has not been examined. Have it examined first.", ref=version.ref)
    return report


def reports_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, DatasetReport]:
    """The reports of these versions, by version."""
    query = select(DatasetReport).where(DatasetReport.version_id.in_(list(ids)))
    return {each.version_id: each for each in session.scalars(query)}


def exams_of(session: Session, artifact: str) -> dict[str, list[str]]:
    """The exams that are made of these bytes, by split."""
    return exams_by_artifact(session, {artifact}).get(artifact, {})


def exams_by_artifact(session: Session, artifacts: Collection[str]) -> dict[str, dict[str, list[str]]]:
    """The exams that are made of each of these artifacts, by split."""
    query = select(DatasetVersion.artifact, HeldOut.split, HeldOut.exam)
    query = query.join(HeldOut, HeldOut.version_id == DatasetVersion.id).where(DatasetVersion.artifact.in_(artifacts))
    found: dict[str, dict[str, list[str]]] = {}
    for artifact, split, exam in session.execute(query.order_by(HeldOut.exam)):
        found.setdefault(artifact, {}).setdefault(split, []).append(exam)
    return found


def newest_exam(session: Session) -> datetime | None:
    """When the last exam was made."""
    return session.scalar(select(func.max(HeldOut.created_at)))


def exams(session: Session) -> list[tuple[str, str, DatasetVersion]]:
    """(exam, split, version) of every exam whose items are still there."""
    query = (
        select(HeldOut.exam, HeldOut.split, DatasetVersion)
        .join(DatasetVersion, DatasetVersion.id == HeldOut.version_id)
        .options(joinedload(DatasetVersion.dataset))
        .where(DatasetVersion.kept.is_not(None))
        .order_by(HeldOut.exam)
    )
    return [(exam, split, version) for exam, split, version in session.execute(query)]


def feedback_items(
    session: Session, dataset: Dataset, *, after: UUID | None = None, limit: int | None = None
) -> list[FeedbackItem]:
    """The feedback of a data set, oldest first; what follows the item `after`."""
    query = (
        select(FeedbackItem)
        .where(FeedbackItem.dataset_id == dataset.id)
        .order_by(FeedbackItem.created_at, FeedbackItem.id)
        .limit(limit)
    )
    last = session.get(FeedbackItem, after) if after else None
    if last is not None:
        later = and_(FeedbackItem.created_at == last.created_at, FeedbackItem.id > last.id)
        query = query.where(or_(FeedbackItem.created_at > last.created_at, later))
    return list(session.scalars(query))
