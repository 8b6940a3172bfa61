"""A version's files, on their way into the store and out of it. Needs no database while it works.

Everything that becomes a version passes `examine`: what a stranger uploads and what our own jobs make alike.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.catalog import readmes
from aird.catalog.intake import inspection as intake
from aird.catalog.intake.differences import Read
from aird.catalog.intake.files import TEXT_FILES
from aird.catalog.intake.inspection import BaseFacts
from aird.catalog.models import Kind, Version
from aird.store.artifacts import Store
from aird.store.laying import Laid
from aird.store.manifest import Manifest


@dataclass(frozen=True)
class Examined:
    """A folder that passed the intake and lies in the store."""

    kind: Kind
    manifest: Manifest
    parameters: int
    facts: dict[str, Any]
    card: dict[str, Any]


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


def examine(
    store: Store,
    folder: Path,
    *,
    base: Version | None,
    kind: Kind | None = None,
    known: Mapping[str, Laid] | None = None,
) -> Examined:
    """Check the files in `folder` and put them into the store. Raises IntakeRefused, CardRefused, StoreFull.

    `base` is the version an adapter belongs to; `kind` says whether a whole model is a base or made from another;
    `known` is what the store laid out in the folder itself, whose bytes are not read for their digest again.
    """
    found = intake.inspect(folder, base=base_facts(store, base) if base else None)
    card = readmes.read_folder(folder)
    if found.kind != "adapter":
        write_index(folder)
    manifest = store.put_folder(folder, known=known)
    return Examined(kind or Kind(found.kind), manifest, found.parameters, found.facts(), card)


def base_facts(store: Store, base: Version) -> BaseFacts:
    """What a version built on this one must agree with: its file in the catalog, its text files in the store."""
    return BaseFacts.from_facts(base.facts, base.artifact, text_reader(store, base.artifact))


def text_reader(store: Store, artifact: str) -> Read:
    """The text files of a stored version, within the limits of the intake; read when they are asked for."""

    def read(name: str) -> bytes | None:
        entry = next((each for each in store.manifest(artifact).entries if each.path == name), None)
        if entry is None or entry.size > TEXT_FILES[name]:
            return None
        with store.open_file(artifact, name) as source:
            return source.read()

    return read


def write_index(folder: Path) -> None:
    """Write the index of a sharded model anew, from the shards' own headers: an uploaded one is never kept."""
    index = intake.weight_index(folder)
    if index is not None:
        (folder / intake.INDEX).unlink(missing_ok=True)
        (folder / intake.INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
