"""The README of a version: its own, or one written from what the catalog knows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from aird.catalog import card_writing, cards, kinship, queries, retirement
from aird.catalog.card_writing import Facts, ParentFact, SkillFact
from aird.catalog.cards import EVAL_RESULTS, README, Card
from aird.catalog.errors import CardRefused
from aird.catalog.models import Relation, Version, Visibility
from aird.store import queries as ledger
from aird.store.artifacts import Store

MAX_CARD = 128 * 1024


def read_files(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What is kept with a version of the card among its files: README.md and `.eval_results/*.yaml`.

    Raises CardRefused.
    """
    found = dict(cards.read(files[README]).metadata) if README in files else {}
    entries = [
        entry
        for path in sorted(files)
        if path.startswith(f"{EVAL_RESULTS}/") and path.endswith((".yaml", ".yml"))
        for entry in cards.read_eval_results(files[path], path)
    ]
    if entries:
        found[EVAL_RESULTS] = entries
    if len(json.dumps(found)) > MAX_CARD:
        raise CardRefused(f"The card has more than {MAX_CARD} characters of metadata. Shorten it.", field="")
    return found


def read_folder(folder: Path) -> dict[str, Any]:
    """The same for files on the disk. Raises CardRefused."""
    paths = [each for each in (folder / README, *sorted(folder.glob(f"{EVAL_RESULTS}/*.y*ml"))) if each.is_file()]
    return read_files({each.relative_to(folder).as_posix(): each.read_bytes() for each in paths})


def is_card(path: str) -> bool:
    """Whether the file is read into the card."""
    return path == README or (path.startswith(f"{EVAL_RESULTS}/") and path.endswith((".yaml", ".yml")))


def of_version(session: Session, store: Store, version: Version) -> tuple[Card, bool]:
    """(the version's README, True), or (one written from its facts, False) when it has none."""
    files = ledger.files_of(session, version.artifact)
    entry = files.get(README)
    own = _read(store, version, entry.size) if entry else None if files else _look(store, version)
    if own is not None:
        _, body = cards.split(own)
        metadata = {key: value for key, value in version.card.items() if key != EVAL_RESULTS}
        return Card(metadata or _metadata(own), body), True
    facts = facts_of(session, version)
    return Card(card_writing.metadata(facts), card_writing.body(facts)), False


def written(session: Session, store: Store, version: Version) -> bytes | None:
    """A README for a version that has none of its own, for whoever pulls or exports it; None when it has one."""
    card, own = of_version(session, store, version)
    return None if own else card_writing.readme(card.metadata, card.body).encode()


def facts_of(session: Session, version: Version) -> Facts:
    """What the catalog knows that belongs on a card."""
    edges = queries.parents_of(session, [version.id])
    known = queries.versions_by_id(session, {each.parent for each in edges})
    successor = retirement.successor_of(session, version)
    known = {key: each for key, each in known.items() if seen_by_all(version, each)}
    base = known.get(version.base_id) if version.base_id else None
    return Facts(
        ref=version.ref,
        digest=version.artifact,
        title=version.model.title,
        kind=version.kind,
        parameters=version.parameters,
        description=version.model.description,
        notes=version.notes,
        licence=version.license,
        restrictions=version.restrictions,
        tags=version.model.tags,
        base=base.ref if base else None,
        parents=[
            ParentFact(known[each.parent].ref, Relation(each.relation), each.weight)
            for each in edges
            if each.parent in known
        ],
        datasets=[each.ref for each in kinship.datasets_of(session, [version.id])],
        skills=[
            SkillFact(each.suite, each.metric, each.score, each.low, each.high, each.items)
            for each in queries.skills_of(session, [version.id]).get(version.id, [])
        ],
        successor=successor.ref if successor and seen_by_all(version, successor) else None,
    )


def seen_by_all(version: Version, other: Version) -> bool:
    """Whether everybody who sees `version` sees `other`: a card says the same to all who read it."""
    if other.model.visibility is Visibility.INTERNAL:
        return True
    return version.model.visibility is Visibility.PRIVATE and version.model.department_id == other.model.department_id


def _metadata(text: str) -> dict[str, Any]:
    """The YAML of a README that was filed before cards were read; nothing when it cannot be read."""
    try:
        return cards.read(text).metadata
    except CardRefused:
        return {}


def _look(store: Store, version: Version) -> str | None:
    """The README of an artifact whose files are not on record yet."""
    sizes = {each.path: each.size for each in store.manifest(version.artifact).entries}
    return _read(store, version, sizes[README]) if README in sizes else None


def _read(store: Store, version: Version, size: int) -> str | None:
    if size > cards.MAX_README:
        return None
    with store.open_file(version.artifact, README) as source:
        return source.read(cards.MAX_README).decode("utf-8-sig", "replace")
