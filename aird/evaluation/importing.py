"""Bring in a task of lm-evaluation-harness: its documents as a data set, and an exam of them."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.datasets import service as datasets
from aird.datasets.items import ItemRefused, exam
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat, split_file
from aird.evaluation import queries, service, task_yaml
from aird.evaluation import settings as suite_settings
from aird.evaluation.errors import SuiteExists, TaskRefused
from aird.evaluation.models import Suite
from aird.evaluation.schemas import TaskImport, TaskImported
from aird.store.artifacts import Store

SPLIT = "exam"
SAMPLE = 5


def bring_in(session: Session, store: Store, actor: Actor, body: TaskImport) -> TaskImported:
    """What the task becomes; filed as well, unless it is a dry run.

    Raises TaskRefused, SuiteRefused, SuiteExists, DatasetExists, NotPermitted, DepartmentNotFound.
    """
    task = task_yaml.read(body.yaml)
    settings = suite_settings.stored(suite_settings.read(task.scorer, task.settings))
    found = _checked(task_yaml.items(task, body.documents, body.shots))
    if not found:
        raise TaskRefused("There are no documents, so there would be no items.", field="documents")
    suite = None if body.dry_run else _file(session, store, actor, body, task, settings, found)
    return TaskImported(
        task=task.name,
        scorer=task.scorer,
        settings=settings,
        items=len(found),
        sample=list(islice(found, SAMPLE)),
        notes=task.notes,
        suite=queries.suite_reads(session, [suite])[0] if suite else None,
    )


def _checked(made: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found, ids = [], set()
    for number, item in enumerate(made, 1):
        try:
            found.append(exam(item).item)
        except ItemRefused as error:
            raise TaskRefused(f"Document {number}: {error}", field="documents", line=number) from None
        if item["id"] in ids:
            raise TaskRefused(
                f"Document {number}: its id {item['id'][:40]!r} is there already.", field="documents", line=number
            )
        ids.add(item["id"])
    return found


def _file(
    session: Session,
    store: Store,
    actor: Actor,
    body: TaskImport,
    task: task_yaml.Task,
    settings: dict[str, Any],
    found: list[dict[str, Any]],
) -> Suite:
    if queries.find_suite(session, body.name) is not None:
        raise SuiteExists(
            f"There is a suite {body.name!r} already. A suite never changes; choose a new name.", name=body.name
        )
    title = body.title or task.name
    dataset = datasets.add_dataset(session, actor, f"{body.name}-items", title, DatasetKind.EXAM)
    auth.require(actor, Permission.WRITE_EVALUATIONS, dataset.department_id)
    lines = b"".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for each in found)
    new = NewDatasetVersion(
        manifest=store.put_files({split_file(SPLIT): lines}, session=session),
        splits={SPLIT: len(found)},
        formats={SPLIT: DatasetFormat.EXAM},
    )
    version, _ = datasets.add_version(session, actor, dataset, new, notes={"task": task.name})
    return service.add_suite(
        session,
        actor,
        body.name,
        title,
        version,
        split=SPLIT,
        scorer=task.scorer,
        skill=body.skill,
        slot=body.slot,
        settings=settings,
    )
