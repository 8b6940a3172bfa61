"""Take a client's file as a data set, order a training on it, forget it again."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog.names import VersionRef
from aird.core.clock import now
from aird.core.db import Database
from aird.core.settings import Settings
from aird.datasets import erasure, reports
from aird.datasets import queries as dataset_queries
from aird.datasets import service as datasets
from aird.datasets.intake import Reading
from aird.datasets.models import DatasetKind
from aird.datasets.rows import DatasetRefused, json_lines
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat, split_file
from aird.deploy import queries as deploy_queries
from aird.deploy.errors import EndpointNotFound
from aird.finetuning import orders, queries
from aird.finetuning.errors import DepartmentUnclear, FileInUse, FileRefused
from aird.finetuning.models import FineTuning, UploadedFile
from aird.finetuning.orders import Order
from aird.finetuning.queries import Tuning
from aird.jobs import service as jobs
from aird.store.artifacts import Store
from aird.training import service as training
from aird.training.recipe import TrainSpec

SPLIT = "train"
LEARNT_FROM = (DatasetFormat.CHAT, DatasetFormat.TEXT)


def department_for(session: Session, actor: Actor, named: str | None) -> Department:
    """The department that a request is for: the one it names, or the only one whose data the actor may write.

    Raises DepartmentNotFound, NotPermitted, DepartmentUnclear.
    """
    if named:
        found = auth_queries.get_department(session, named)
        auth.require(actor, Permission.WRITE_DATASETS, found.id)
        return found
    open_to = [each for each in auth_queries.departments(session) if allowed(actor, Permission.WRITE_DATASETS, each.id)]
    if len(open_to) != 1:
        auth.require(actor, Permission.WRITE_DATASETS, open_to[0].id if open_to else None)
        raise DepartmentUnclear(
            "You may write data of several departments. Say which one is meant by the header OpenAI-Project, which "
            f"clients send as `project`: {', '.join(each.key for each in open_to[:20])}.",
            param="project",
        )
    return open_to[0]


def add_file(
    database: Database, store: Store, actor: Actor, department_id: UUID, filename: str, upload: Path, scratch: Path
) -> UploadedFile:
    """Check every line of the file, store it, and file it as a data set of its own in one transaction.

    Raises FileRefused with the first bad line, NotPermitted.
    """
    checked = scratch / "checked"
    checked.mkdir()
    with upload.open("rb") as source, (checked / split_file(SPLIT)).open("xb") as target:
        found, items = _take(source, target)
    manifest = store.put_folder(checked)
    size = upload.stat().st_size
    with database.write() as session:
        department = session.get_one(Department, department_id)
        name = f"{department.key}/{orders.slug(Path(filename).stem)}-{uuid4().hex[:8]}"
        kind = DatasetKind.TEXT if found is DatasetFormat.TEXT else DatasetKind.TRAINING
        dataset = datasets.add_dataset(session, actor, name, filename[:128], kind)
        new = NewDatasetVersion(manifest, {SPLIT: items}, {SPLIT: found})
        version, _ = datasets.add_version(session, actor, dataset, new)
        reports.order(session, actor, version)
        row = UploadedFile(
            department_id=department_id,
            version_id=version.id,
            filename=filename,
            bytes=size,
            created_by=actor.id,
        )
        session.add(row)
        session.flush()
        audit.record(session, actor, "finetuning.file.added", row, dataset=version.ref)
        return row


def _take(source: BinaryIO, target: BinaryIO) -> tuple[DatasetFormat, int]:
    reading = Reading(json_lines(source))
    try:
        for line in reading:
            target.write(line)
    except DatasetRefused as error:
        where = f"Line {error.params['line']}: " if error.params.get("line") else ""
        raise FileRefused(f"{where}{error.message}", param="file", **error.params) from None
    summary = reading.summary()
    found = DatasetFormat(summary.format)
    if found not in LEARNT_FROM:
        raise FileRefused(
            "The file has no answers to learn from. Each line must be a conversation that ends with the assistant's "
            "answer.",
            param="file",
        )
    return found, summary.items


def delete_file(session: Session, store: Store, actor: Actor, file: UploadedFile) -> None:
    """Forget the file, and erase its bytes where no other data set has the same. Raises FileInUse, NotPermitted."""
    auth.require(actor, Permission.WRITE_DATASETS, file.department_id)
    reading: Sequence[FineTuning] = queries.readers(session, file)
    if reading:
        raise FileInUse(f"{reading[0].shown_id} has not ended and reads this file. Cancel it first.", param="file_id")
    version = dataset_queries.version_by_id(session, file.version_id)
    file.deleted_at = now()
    session.flush()
    alone = len(dataset_queries.versions_with(session, version.artifact)) == 1
    if alone and version.kept is not None:
        erasure.erase(session, store, actor, version, reason="Its file was deleted by a client.")
    audit.record(session, actor, "finetuning.file.deleted", file, dataset=version.ref, erased=alone)


def order(session: Session, actor: Actor, asked: Order, *, store: Store, settings: Settings) -> Tuning:
    """Order the training of a new adapter on a file. Raises UploadedFileNotFound and what order_training does."""
    file = queries.get_file(session, actor, asked.training_file)
    version = dataset_queries.version_by_id(session, file.version_id)
    department = session.get_one(Department, file.department_id)
    base = base_of(session, asked.model)
    found = orders.learning(asked.how, version.items)
    seed = asked.seed or 0
    spec = TrainSpec(
        model=f"{department.key}/{_output(asked, base)}",
        title=(asked.suffix or f"{base.model} on {file.filename}")[:128],
        base=str(base),
        datasets=[version.ref],
        split=SPLIT,
        settings=found.settings(seed),
    )
    job = training.order_training(session, actor, spec, store=store, settings=settings)
    row = FineTuning(
        job_id=job.id,
        department_id=department.id,
        file_id=file.id,
        model=asked.model,
        hyperparameters=found.shown(),
        seed=seed,
        notes=dict(asked.metadata or {}),
    )
    session.add(row)
    session.flush()
    return Tuning(row, job, file, department.key)


def base_of(session: Session, model: str) -> VersionRef:
    """The version that a model's name means: of an endpoint what it serves, else as versions are written."""
    ref = VersionRef.parse(model)
    if ref.number is None and ref.alias is None:
        try:
            endpoint = deploy_queries.get_endpoint(session, model)
        except EndpointNotFound:
            return ref
        deployment = deploy_queries.current_of(session, endpoint)
        if deployment is not None:
            return VersionRef.parse(deployment.version.ref)
    return ref


def cancel(session: Session, actor: Actor, tuning: Tuning) -> None:
    """Stop the training. Raises NotPermitted, JobMoveNotAllowed."""
    jobs.cancel(session, actor, tuning.training)


def _output(asked: Order, base: VersionRef) -> str:
    return orders.slug(asked.suffix) if asked.suffix else f"{orders.slug(base.model, 40)}-tuned"
