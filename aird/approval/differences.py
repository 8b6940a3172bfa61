"""What a signature has to accept by name: where a version's words are not its base's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from aird.approval.errors import DifferencesNotAccepted
from aird.approval.schemas import DifferenceNoted, DifferenceShown
from aird.catalog import files, word_diffs
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.store.artifacts import Store

Sides = list[tuple[DifferenceNoted, str, str | None]]


def noted(session: Session, version: Version) -> list[DifferenceNoted]:
    """The version's own differences, then those of the whole model below it, whose words the version speaks with."""
    return [each for each, _, _ in _sides(session, version)]


def shown(session: Session, store: Store, version: Version) -> list[DifferenceShown]:
    """The same with their diffs."""
    found = []
    for each, artifact, against in _sides(session, version):
        own = files.text_reader(store, artifact)
        base = files.text_reader(store, against) if against else lambda _: None
        change = word_diffs.change(each.what, own, base)
        found.append(DifferenceShown(**each.model_dump(), unified_diff=change.unified_diff, cut=change.cut))
    return found


def require_accepted(session: Session, version: Version, accepted: Sequence[str]) -> list[str]:
    """The names to keep with the signature.

    Raises DifferencesNotAccepted when one is left out, and when one is named that is not there: then something else
    was looked at.
    """
    names = [each.name for each in noted(session, version)]
    missing = [name for name in names if name not in accepted]
    unknown = sorted(set(accepted) - set(names))
    if missing:
        raise DifferencesNotAccepted(
            f"{version.ref} does not speak as its base does: {', '.join(missing)}. Read the diff of each, and"
            " name those that you accept in `accept_differences`; to accept none of them, reject the approval.",
            differences=missing,
        )
    if unknown:
        raise DifferencesNotAccepted(
            f"{version.ref} has no difference {unknown[0][:64]!r}; it has {', '.join(names) or 'none'}. Read the"
            " approval again before you sign.",
            unknown=[name[:64] for name in unknown],
        )
    return names


def _sides(session: Session, version: Version) -> Sides:
    """(difference, the artifact that has it, the artifact it was held against)."""
    found = _own(version, "")
    if version.base_id is not None:
        found += _own(catalog_queries.base_of(session, version), "base.")
    return found


def _own(version: Version, prefix: str) -> Sides:
    listed: list[dict[str, Any]] = version.facts.get("differences") or []
    return [
        (
            DifferenceNoted.model_validate({**each, "name": f"{prefix}{each['what']}", "of": version.ref}),
            version.artifact,
            version.facts.get("differs_from"),
        )
        for each in listed
    ]
