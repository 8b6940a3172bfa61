# Written by scripts/make-client.py from aird/client/_async/models.py; change that one.
"""Models: what the directory knows of them, their aliases, and who may use their weights."""

import builtins
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from aird.client._sync import backend
from aird.client._sync.access import Aliases
from aird.client._sync.transport import Transport
from aird.client._sync.versions import PAGE, Version, Versions
from aird.client.errors import ApiProblem
from aird.client.folders import HUB_ID, in_hub_cache, same_files
from aird.client.http import Json
from aird.client.refs import path_of, title_of
from aird.client.schema_gen import AliasRead, AssignmentRead, CommitRead, Facets, ImpactRead, ModelRead
from aird.client.uploads import OnFile, Upload, folder_uploads

TWINS_LOOKED_AT = 20
"""The newest versions that a folder is compared with before it is sent."""


class Model(ModelRead):
    """A model as the server told it."""

    def __init__(self, found: Json, transport: Transport) -> None:
        super().__init__(found)
        self._transport = transport

    def refresh(self) -> Self:
        """Read it again."""
        found = self._transport.get(f"/models/{path_of(self['name'])}")
        self.clear()
        self.update(found)
        return self

    def history(self, *, limit: int | None = None) -> Iterator[Version]:
        """Its versions, the newest first."""
        return Versions(self._transport).of(self["name"], limit=limit)

    def version(self, revision: int | str | None = None) -> Version:
        """One version: by number, by alias, or the latest."""
        ref = self["name"] if revision is None else f"{self['name']}@{revision}"
        return Versions(self._transport).get(ref)

    def pull(
        self, path: Path | str, *, on_progress: OnFile | None = None, parallel: int = 4, replace: bool = False
    ) -> Path:
        """Fetch the latest version's files; see the version's `pull`."""
        latest = self.version()
        return latest.pull(path, on_progress=on_progress, parallel=parallel, replace=replace)

    def push(
        self,
        folder: Path | str,
        *,
        base: str | None = None,
        license: str | None = None,
        notes: str | None = None,
        on_progress: OnFile | None = None,
    ) -> Version:
        """Upload a folder as its next version."""
        return Versions(self._transport).add(
            self["name"], folder, base=base, license=license, notes=notes, on_progress=on_progress
        )

    def set_alias(self, alias: str, version: int, *, reason: str) -> AliasRead:
        """Have an alias point at a version; a protected one moves through an approval only."""
        return Aliases(self._transport).set(self["name"], alias, version, reason=reason)


class Models:
    """Named lines of work, each owned by a department."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._versions = Versions(transport)

    def list(
        self,
        *,
        search: str | None = None,
        department: str | None = None,
        tag: str | Sequence[str] | None = None,
        kind: str | None = None,
        state: str | None = None,
        base: str | None = None,
        license: str | None = None,
        skill: str | None = None,
        language: str | None = None,
        size: str | None = None,
        size_min: int | None = None,
        size_max: int | None = None,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Model]:
        """Models by name, all of them page by page; `skill` is "suite:0.8", a floor, and sizes are bytes."""
        params = {
            "search": search, "department": department, "tag": tag, "kind": kind, "state": state, "base": base,
            "license": license, "skill": skill, "language": language, "size": size,
            "size_min": size_min, "size_max": size_max,
            "sort": sort,
        }  # fmt: skip
        return self._transport.pages(self._shape, "/models", params, limit=limit, size=PAGE)

    def search(self, text: str, *, limit: int | None = None, **filters: Any) -> Iterator[Model]:
        """Models with this text in name, title, description, tags or card; `filters` as in `list`."""
        return self.list(search=text, limit=limit, **filters)

    def facets(self, **filters: Any) -> Facets:
        """How many models there are by department, kind, state, licence, ...; `filters` as in `list`."""
        return Facets(self._transport.get("/models/facets", filters))

    def get(self, name: str) -> Model | Version:
        """The model "department/name"; with a number or an alias behind an @, that version of it."""
        if "@" in name:
            return self._versions.get(name)
        return self._shape(self._transport.get(f"/models/{path_of(name)}"))

    def create(
        self,
        name: str,
        *,
        title: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Model:
        """Open a model without versions; the title defaults to the name in words."""
        body: Json = {"name": name, "title": title or title_of(name)}
        body |= {key: value for key, value in {"description": description, "tags": tags}.items() if value is not None}
        path_of(name)
        return self._shape(self._transport.post("/models", body))

    def ensure(self, name: str, *, title: str | None = None) -> Model:
        """The model, created when it is missing."""
        try:
            return self._shape(self._transport.get(f"/models/{path_of(name)}"))
        except ApiProblem as problem:
            if problem.status != 404:
                raise
        return self.create(name, title=title)

    def add(
        self,
        folder: Path | str,
        name: str,
        *,
        title: str | None = None,
        base: str | None = None,
        license: str | None = None,
        notes: str | None = None,
        on_progress: OnFile | None = None,
    ) -> Version:
        """Have a folder as a version of the model `name`, which is created when it is missing.

        A hub id such as "org/name" stands for its folder in the Hugging Face cache of this machine.
        A version that has these very files already is given back, and nothing is sent.
        """
        found = (
            in_hub_cache(str(folder)).path if HUB_ID.fullmatch(str(folder)) and not Path(folder).exists() else folder
        )
        uploads = folder_uploads(Path(found))
        self.ensure(name, title=title)
        there = self.find_same(uploads, name)
        if there is not None:
            return there
        return self._versions.add(name, uploads, base=base, license=license, notes=notes, on_progress=on_progress)

    def find_same(self, folder: Path | str | Sequence[Upload], name: str) -> Version | None:
        """The version of the model that has these very files, among its newest; None when there is none."""
        uploads = folder_uploads(Path(folder)) if isinstance(folder, str | Path) else folder
        for each in self._versions.of(name, limit=TWINS_LOOKED_AT):
            whole = self._versions.get(each["ref"])
            if backend.run(partial(same_files, uploads, whole["files"])):
                return whole
        return None

    def update(self, name: str, **changes: Any) -> Model:
        """Change title, description, tags, visibility or gating."""
        return self._shape(self._transport.call("PATCH", f"/models/{path_of(name)}", json=changes))

    def move(self, name: str, new: str) -> Model:
        """Give the model another name."""
        path_of(new)
        return self._shape(self._transport.post(f"/models/{path_of(name)}/move", {"name": new}))

    def delete(self, name: str) -> None:
        """Take away a model that has no versions; one that has is retired version by version."""
        self._transport.call("DELETE", f"/models/{path_of(name)}")

    def assignments(self, name: str) -> builtins.list[AssignmentRead]:
        """Where its versions worked and work, the newest assignment first."""
        found = self._transport.get(f"/models/{path_of(name)}/assignments")
        return [AssignmentRead(each) for each in found["items"]]

    def affected_by_dataset(self, *, ref: str | None = None, digest: str | None = None) -> ImpactRead:
        """What has to be looked at when a data set is withdrawn."""
        return ImpactRead(self._transport.get("/datasets-affected", {"ref": ref, "digest": digest}))

    def commits(self, name: str, *, branch: str | None = None, limit: int | None = None) -> Iterator[CommitRead]:
        """What was pushed, the newest first."""
        return self._transport.pages(CommitRead, f"/models/{path_of(name)}/commits", {"branch": branch}, limit=limit)

    def aliases(self, name: str) -> builtins.list[AliasRead]:
        """The model's aliases."""
        return Aliases(self._transport).list(name)

    def _shape(self, found: Json) -> Model:
        return Model(found, self._transport)
