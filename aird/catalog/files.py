"""A version's files, on their way into the store and out of it. Needs no database while it works.

Everything that becomes a version passes `examine`: what a stranger uploads and what our own jobs make alike.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.catalog import intake
from aird.catalog.intake import BaseFacts
from aird.catalog.models import Kind, Version
from aird.store.artifacts import Store
from aird.store.manifest import Manifest


@dataclass(frozen=True)
class Examined:
    """A folder that passed the intake and lies in the store."""

    kind: Kind
    manifest: Manifest
    parameters: int
    facts: dict[str, Any]


@dataclass(frozen=True)
class Folders:
    """A version as plain files: the whole model, and the adapter on it when the version is one."""

    base: Path
    adapter: Path | None


def fetch(store: Store, version: Version, base: Version, folder: Path) -> Folders:
    """Write the version and the base it needs below `folder`; `base` is the version itself when it is whole."""
    base_folder = folder / base.artifact.removeprefix("sha256:")
    if not base_folder.exists():
        store.fetch(base.artifact, base_folder)
    if version.base_id is None:
        return Folders(base_folder, None)
    adapter = folder / version.artifact.removeprefix("sha256:")
    if not adapter.exists():
        store.fetch(version.artifact, adapter)
    return Folders(base_folder, adapter)


def examine(store: Store, folder: Path, *, base: Version | None, kind: Kind | None = None) -> Examined:
    """Check the files in `folder` and put them into the store. Raises IntakeRefused, StoreFull.

    `base` is the version an adapter belongs to; `kind` says whether a whole model is a base or made from another.
    """
    found = intake.inspect(folder, base=base_facts(base) if base else None)
    if found.kind != "adapter":
        _write_index(folder)
    manifest = store.put_folder(folder)
    return Examined(kind or Kind(found.kind), manifest, found.parameters, found.facts())


def base_facts(base: Version) -> BaseFacts:
    """What an adapter must agree with, out of the base's file in the catalog."""
    return BaseFacts.from_facts(base.facts, base.artifact)


def _write_index(folder: Path) -> None:
    """Write the index of a sharded model anew, from the shards' own headers: an uploaded one is never kept."""
    index = intake.weight_index(folder)
    if index is not None:
        (folder / intake.INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
