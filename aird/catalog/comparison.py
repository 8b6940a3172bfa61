"""Fetch what the difference of two versions is made from: their files, texts, facts, cards and scores."""

from sqlalchemy.orm import Session

from aird.catalog import diffs, file_pages, queries
from aird.catalog.cards import EVAL_RESULTS, README
from aird.catalog.models import Version
from aird.catalog.schemas_files import DiffRead, TextChange
from aird.store.artifacts import Store
from aird.store.manifest import Entry


def of_versions(session: Session, store: Store, old: Version, new: Version, *, texts: bool = True) -> DiffRead:
    """What changed from `old` to `new`; of the files' texts only the card's unless `texts`."""
    before, after = (file_pages.entries(session, store, each) for each in (old, new))
    files = diffs.files(before, after)
    skills = queries.skills_of(session, [old.id, new.id])
    scores = [{skill.suite: skill for skill in skills.get(each.id, [])} for each in (old, new)]
    card = [{key: value for key, value in each.card.items() if key != EVAL_RESULTS} for each in (old, new)]
    return DiffRead(
        old=old.ref,
        new=new.ref,
        files=files,
        texts=[
            _text(store, path, (old, before), (new, after))
            for path in diffs.worth_reading(files)
            if texts or path == README
        ],
        facts=diffs.facts(_facts(old), _facts(new)),
        card=diffs.facts(card[0], card[1]),
        skills=diffs.skills(scores[0], scores[1]),
    )


Side = tuple[Version, dict[str, Entry]]


def _text(store: Store, path: str, old: Side, new: Side) -> TextChange:
    sizes = [entries[path].size if path in entries else 0 for _, entries in (old, new)]
    if max(sizes) > diffs.MAX_BYTES:
        return TextChange(path=path, unified_diff="", cut=True)
    before, after = (
        file_pages.read(store, version, path, diffs.MAX_BYTES) if path in entries else None
        for version, entries in (old, new)
    )
    return diffs.text(path, before, after)


def _facts(version: Version) -> dict[str, object]:
    return {
        "kind": version.kind.value,
        "state": version.state.value,
        "license": version.license,
        "restrictions": version.restrictions,
        "parameters": version.parameters,
        "bytes": version.bytes,
        **version.facts,
    }
