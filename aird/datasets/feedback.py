"""What people say about answers: filed beside the endpoint it is about, frozen into a version to train on.

The ledger knows that the answer was given, by which version and for which department; the words of question and
answer it does not keep, so those come from whoever gives the feedback, or from the exchange where the endpoint keeps
those (see `exchanges`). Personal data is taken out of words before they are filed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.catalog.names import SLUG_LENGTH
from aird.core.db import advisory_lock
from aird.core.errors import NotPermitted
from aird.datasets import exchanges, queries, service
from aird.datasets.errors import CompletionNotFound, DatasetExists, NothingToFreeze, UploadRefused
from aird.datasets.models import Dataset, DatasetKind, DatasetVersion, Exchange, FeedbackItem
from aird.datasets.quality import personal
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat, split_file
from aird.datasets.terms import Terms
from aird.metering import queries as metering_queries
from aird.store.artifacts import Store

SUFFIX = "-feedback"
LOCK = 0x66656564
ALL_SPLIT, TRAIN_SPLIT, CAPTURED_SPLIT = "feedback", "train", "captured"


@dataclass(frozen=True)
class Opinion:
    """What a person says: `rating` 1 or -1; `correction` is the answer that was wanted."""

    rating: int
    comment: str = ""
    correction: str = ""
    messages: Sequence[dict[str, str]] = ()
    answer: str = ""


def dataset_name(endpoint: str) -> str:
    """The data set that collects an endpoint's feedback: `support/desk` -> `support/desk-feedback`."""
    department, _, name = endpoint.partition("/")
    return f"{department}/{name[: SLUG_LENGTH - len(SUFFIX)].rstrip('._-')}{SUFFIX}"


def give(session: Session, actor: Actor, completion_id: str, opinion: Opinion) -> tuple[FeedbackItem, Dataset]:
    """File what the actor says about an answer; said again, it replaces what they said before.

    Raises CompletionNotFound, NotPermitted (the answer was another department's).
    """
    entry = metering_queries.find_entry(session, completion_id)
    if entry is None:
        raise CompletionNotFound(
            "There is no answer with this id. Give the `id` of a chat completion of the last conversation.",
            completion_id=completion_id,
        )
    auth.require(actor, Permission.GIVE_FEEDBACK, entry.department_id)
    if actor.id is None:
        raise NotPermitted("Feedback is a person's, not aird's own.")
    advisory_lock(session, LOCK)  # one data set for each endpoint, one item for each person and answer
    dataset = _dataset(session, actor, entry.endpoint)
    item = session.scalar(
        select(FeedbackItem).where(FeedbackItem.completion_id == completion_id, FeedbackItem.person_id == actor.id)
    )
    event = "changed" if item else "given"
    if item is None:
        item = FeedbackItem(
            dataset_id=dataset.id,
            completion_id=completion_id,
            person_id=actor.id,
            endpoint=entry.endpoint,
            unit=entry.unit,
            version=entry.version,
            rating=opinion.rating,
        )
        session.add(item)
    item.rating = opinion.rating
    item.comment, item.correction = personal.mask(opinion.comment), personal.mask(opinion.correction)
    if opinion.messages:
        item.messages = [_masked(each) for each in opinion.messages]
    item.answer = personal.mask(opinion.answer) or item.answer
    session.flush()
    audit.record(
        session,
        actor,
        f"datasets.feedback.{event}",
        item,
        dataset=dataset.name,
        rating=opinion.rating,
        corrected=bool(opinion.correction),
        version=entry.version,
    )
    return item, dataset


def open_dataset(session: Session, actor: Actor, endpoint: str) -> Dataset:
    """The data set that collects an endpoint's feedback, opened when it is not there. Raises DatasetExists."""
    advisory_lock(session, LOCK)
    return _dataset(session, actor, endpoint)


def _dataset(session: Session, actor: Actor, endpoint: str) -> Dataset:
    name = dataset_name(endpoint)
    found = queries.find_dataset(session, name)
    if found is not None and found.kind is not DatasetKind.FEEDBACK:
        raise DatasetExists(
            f"Feedback on {endpoint} belongs into {name}, but that data set is of kind {found.kind}. "
            "Ask the department's staff to give the endpoint another name.",
            name=name,
        )
    if found is not None:
        return found
    department = session.scalars(select(Department).where(Department.key == endpoint.partition("/")[0])).one()
    dataset = Dataset(
        name=name, department_id=department.id, title=f"Feedback on {endpoint}", kind=DatasetKind.FEEDBACK
    )
    session.add(dataset)
    session.flush()
    audit.record(session, actor, "datasets.dataset.added", dataset, title=dataset.title, kind=dataset.kind)
    return dataset


def snapshot(
    session: Session, actor: Actor, store: Store, dataset: Dataset, *, captured: bool = False
) -> tuple[DatasetVersion, bool]:
    """Freeze the feedback into a version; (version, False) when nothing was said since the last one.

    Split `feedback` holds every item without the names of people. Split `train` holds what can be trained on: the
    correction as the answer, else the answer itself where it was rated well. With `captured`, split `captured` holds
    the kept exchanges that nobody has rated; the version then goes when the data set's retention says so, which
    where it said nothing becomes that of the exchanges.
    """
    auth.require(actor, Permission.WRITE_DATASETS, dataset.department_id)
    if dataset.kind is not DatasetKind.FEEDBACK:
        raise UploadRefused(
            f"{dataset.name} is of kind {dataset.kind}; only collected feedback can be frozen. Upload a version.",
            name=dataset.name,
        )
    items = queries.feedback_items(session, dataset)
    words = _words(session, dataset, items)
    rated = {each.completion_id for each in items}
    kept = [each for each in exchanges.of_dataset(session, dataset) if each.completion_id not in rated]
    unrated = kept if captured else []
    if not items and not unrated:
        also = f" {len(kept)} exchanges are kept; freeze them with `captured`." if kept else ""
        raise NothingToFreeze(f"Nobody has said anything in {dataset.name} yet.{also}", name=dataset.name)
    rows = {
        ALL_SPLIT: [_row(each, words) for each in items],
        TRAIN_SPLIT: _training_rows(items, words),
        CAPTURED_SPLIT: [_chat(each.messages, each.answer) for each in unrated],
    }
    rows = {split: found for split, found in rows.items() if found}
    manifest = store.put_files({split_file(split): _jsonl(found) for split, found in rows.items()}, session=session)
    new = NewDatasetVersion(
        manifest=manifest,
        splits={split: len(found) for split, found in rows.items()},
        formats={split: DatasetFormat.FEEDBACK if split == ALL_SPLIT else DatasetFormat.CHAT for split in rows},
        card=_card(dataset, items, unrated),
    )
    if dataset.retention_days is None and (unrated or words):
        days = min(each.days for each in (*unrated, *words.values()))
        reason = "It holds kept exchanges, which were to go after this time."
        service.change_terms(session, actor, dataset, Terms(retention_days=days), reason=reason)
    return service.add_version(session, actor, dataset, new)


def _words(session: Session, dataset: Dataset, items: Sequence[FeedbackItem]) -> dict[str, Exchange]:
    """The kept exchanges of the answers that were rated without the words of their questions, by answer."""
    silent = {each.completion_id for each in items if not each.messages}
    found = exchanges.of_dataset(session, dataset) if silent else []
    return {each.completion_id: each for each in found if each.completion_id in silent}


def _row(item: FeedbackItem, words: Mapping[str, Exchange]) -> dict[str, Any]:
    messages, answer = _said(item, words)
    return {
        "id": str(item.id),
        "messages": messages,
        "answer": answer,
        "rating": item.rating,
        "comment": personal.mask(item.comment),
        "correction": personal.mask(item.correction),
        "endpoint": item.endpoint,
        "version": item.version,
        "unit": item.unit,
    }


def _said(item: FeedbackItem, words: Mapping[str, Exchange]) -> tuple[list[dict[str, Any]], str]:
    """Question and answer without personal data; what was filed before that was taken out is looked at here."""
    kept = words.get(item.completion_id)
    if kept is not None:
        return kept.messages, kept.answer
    return [_masked(each) for each in item.messages], personal.mask(item.answer)


def _masked(message: Mapping[str, Any]) -> dict[str, Any]:
    return {**message, "content": personal.mask(message["content"])}


def _training_rows(items: Sequence[FeedbackItem], words: Mapping[str, Exchange]) -> list[dict[str, Any]]:
    rows = list[dict[str, Any]]()
    for each in items:
        messages, answer = _said(each, words)
        wanted = personal.mask(each.correction) or (answer if each.rating > 0 else "")
        if wanted and messages and messages[-1].get("role") == "user":
            rows.append(_chat(messages, wanted))
    return rows


def _chat(messages: Sequence[dict[str, Any]], answer: str) -> dict[str, Any]:
    return {"messages": [*messages, {"role": "assistant", "content": answer}]}


def _jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n" for row in rows)


def _card(dataset: Dataset, items: Sequence[FeedbackItem], unrated: Sequence[Exchange]) -> str:
    good = sum(each.rating > 0 for each in items)
    also = f" {len(unrated)} exchanges that nobody rated." if unrated else ""
    return f"{dataset.title}: {len(items)} opinions, {good} of them good.{also} Frozen without the names of people."
