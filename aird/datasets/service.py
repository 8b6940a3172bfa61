"""Write data sets: open one, change its terms, file a version of it; read a version's items."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog.names import check_name
from aird.core.clock import now
from aird.datasets import near_leaks, queries, usability
from aird.datasets.errors import DatasetErased, DatasetExists, DatasetNotUsable, SplitNotFound, UploadRefused
from aird.datasets.models import Dataset, DatasetKind, DatasetVersion, HeldOut
from aird.datasets.splits import DatasetFormat, main_format, split_file
from aird.datasets.terms import Terms
from aird.store import service as ledger
from aird.store.artifacts import Store
from aird.store.manifest import Manifest


@dataclass(frozen=True)
class NewDatasetVersion:
    """All that is known of a version when it is filed; `splits` and `formats` are by split."""

    manifest: Manifest
    splits: dict[str, int]
    formats: dict[str, DatasetFormat]
    card: str = ""
    intake: dict[str, Any] = field(default_factory=dict)
    made_from: str = ""


def add_dataset(
    session: Session,
    actor: Actor,
    name: str,
    title: str,
    kind: DatasetKind,
    *,
    card: str = "",
    terms: Terms | None = None,
) -> Dataset:
    """Open a data set in the department that its name begins with. Raises DatasetExists, DepartmentNotFound."""
    department = auth_queries.get_department(session, check_name(name).partition("/")[0])
    auth.require(actor, Permission.WRITE_DATASETS, department.id)
    if queries.find_dataset(session, name) is not None:
        raise DatasetExists(f"There is a data set {name!r} already.", name=name)
    dataset = Dataset(name=name, department_id=department.id, title=title, kind=kind, card=card)
    session.add(dataset)
    changed = terms.put_on(dataset) if terms else {}
    session.flush()
    audit.record(session, actor, "datasets.dataset.added", dataset, title=title, kind=kind, **changed)
    return dataset


def change_terms(session: Session, actor: Actor, dataset: Dataset, terms: Terms, *, reason: str) -> Dataset:
    """Say under which licence, with whose consent and for how long the data may be kept. Raises TermsRefused."""
    auth.require(actor, Permission.WRITE_DATASETS, dataset.department_id)
    changed = terms.put_on(dataset)
    if changed:
        session.flush()
        audit.record(session, actor, "datasets.terms.changed", dataset, reason=reason, **changed)
    return dataset


def hold_out(session: Session, version: DatasetVersion, split: str, exam: str) -> None:
    """Note that an exam is made of this split: from now on nothing learns from its questions."""
    session.add(HeldOut(version_id=version.id, split=split, exam=exam))
    session.flush()


def usable(session: Session, actor: Actor, ref: str, split: str, *, learning: bool = True) -> DatasetVersion:
    """The version, when this split may be used now; with `learning`, when a model may learn from it.

    Raises DatasetNotUsable with the fix, DatasetNotFound, DatasetVersionNotFound, NotPermitted.
    """
    version = queries.get_ref(session, ref)
    auth.require(actor, Permission.READ_DATASETS, version.dataset.department_id)
    report = queries.find_report(session, version)
    refusal = usability.refusal(
        usability.Facts(
            ref=version.ref,
            splits=tuple(sorted(version.splits)),
            erased=version.kept is None,
            expires_at=usability.expires_at(version.created_at, version.dataset.retention_days),
            consent=version.dataset.consent,
            personal=report.personal if report else 0,
            blocked=tuple(near_leaks.blocked(report, near_leaks.permits(session, [version.id]))) if report else (),
            near=frozenset(near_leaks.blocked_nearly(report)) if report and report.blocked else frozenset(),
            held_out=queries.exams_of(session, version.artifact),
        ),
        split,
        at=now(),
        learning=learning,
    )
    if refusal is not None:
        raise DatasetNotUsable(refusal.message, why=refusal.why, ref=version.ref, split=split)
    return version


def check_upload(actor: Actor, dataset: Dataset) -> None:
    """Whether the actor may upload a version of this data set. Raises NotPermitted, UploadRefused."""
    auth.require(actor, Permission.WRITE_DATASETS, dataset.department_id)
    if dataset.kind is DatasetKind.FEEDBACK:
        raise UploadRefused(
            f"{dataset.name} collects feedback; its versions are frozen from it, not uploaded. "
            "Upload to a data set of another kind.",
            name=dataset.name,
        )


def add_version(
    session: Session, actor: Actor, dataset: Dataset, new: NewDatasetVersion, *, notes: Mapping[str, Any] | None = None
) -> tuple[DatasetVersion, bool]:
    """File a version; (version, True), or (the one there is, False) when the data set has this very content already.

    `notes` go into the audit line. Raises DatasetErased where these bytes were erased.
    """
    auth.require(actor, Permission.WRITE_DATASETS, dataset.department_id)
    # The data set's row is the lock under which numbers are given.
    dataset = session.scalars(select(Dataset).where(Dataset.id == dataset.id).with_for_update()).one()
    session.refresh(dataset)
    same = session.scalar(
        select(DatasetVersion.number).where(
            DatasetVersion.dataset_id == dataset.id, DatasetVersion.artifact == new.manifest.digest
        )
    )
    if same is not None:
        version = queries.get_version(session, dataset.name, same)
        if version.kept is None:
            raise DatasetErased(
                f"These very bytes were erased as {version.ref}; what was erased does not come back. Leave out what "
                "had to go.",
                ref=version.ref,
            )
        return version, False
    dataset.latest_number += 1
    version = DatasetVersion(
        dataset=dataset,
        number=dataset.latest_number,
        artifact=new.manifest.digest,
        format=main_format(new.formats),
        formats={split: found.value for split, found in new.formats.items()},
        splits=dict(new.splits),
        items=sum(new.splits.values()),
        bytes=new.manifest.size,
        created_by=actor.id,
        card=new.card,
        kept=new.manifest.digest,
        intake=dict(new.intake),
        made_from=new.made_from,
    )
    session.add(version)
    session.flush()
    ledger.index_artifact(session, new.manifest)
    audit.record(
        session,
        actor,
        "datasets.version.added",
        version,
        digest=version.artifact,
        splits=version.splits,
        **(notes or {}),
    )
    return version, True


def open_items(store: Store, version: DatasetVersion, split: str) -> Iterator[dict[str, Any]]:
    """The items of a split, read from the store line by line. Raises SplitNotFound, DatasetErased, ArtifactNotFound."""
    if version.kept is None:
        raise DatasetErased(f"The bytes of {version.ref} were erased. Choose another version.", ref=version.ref)
    if split not in version.splits:
        raise SplitNotFound(
            f"The data set has no split {split!r}; it has {', '.join(sorted(version.splits))}.", split=split
        )
    return read_split(store, version.artifact, split)


def read_split(store: Store, artifact: str, split: str) -> Iterator[dict[str, Any]]:
    """The items of a split of an artifact, for jobs that know its digest. Raises ArtifactNotFound."""
    with store.open_file(artifact, split_file(split)) as source:
        for line in source:
            if line.strip():
                yield json.loads(line)
