"""Many models at once: bases before the adapters that stand on them, each under its name, none sent twice."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aird.cli.progress import FilesMeter, files_meter

if TYPE_CHECKING:
    from aird.client import Client, Version
    from aird.client.folders import ModelFolder
    from aird.client.uploads import Upload


@dataclass(frozen=True)
class Entry:
    """A folder, its files, and the name it gets."""

    folder: "ModelFolder"
    name: str
    uploads: "tuple[Upload, ...]"

    @classmethod
    def of(cls, folder: "ModelFolder", name: str) -> "Entry":
        """Raises NothingToUpload."""
        from aird.client.uploads import folder_uploads

        return cls(folder, name, tuple(folder_uploads(folder.path)))

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(each.size for each in self.uploads)


class Import:
    """One run; `strict` raises what goes wrong instead of going on with the next model."""

    def __init__(
        self, aird: "Client", entries: list[Entry], *, base: str | None, license: str | None, notes: str | None,
        title: str | None, strict: bool,
    ) -> None:  # fmt: skip
        self.aird, self.entries, self.base, self.strict = aird, entries, base, strict
        self.license, self.notes = license, notes
        self.title = title if strict else None
        self.refs: dict[ModelFolder, str] = {}

    def run(self) -> list[dict[str, Any]]:
        """What became of each folder: {name, folder, state: added, there or failed, ref, error, version}."""
        from aird.client.errors import ApiProblem, LocalFile, NotSignedIn

        sizes = {f"{entry.name}/{each.path}": each.size for entry in self.entries for each in entry.uploads}
        results = []
        with files_meter("uploading", sizes) as progress:
            for entry in self.entries:
                try:
                    state, version = self._add(entry, progress)
                except (ApiProblem, LocalFile) as problem:
                    if self.strict or isinstance(problem, NotSignedIn):
                        raise
                    results.append(_line(entry, "failed", error=f"{problem.message} ({problem.code})"))
                    progress.passed_over({f"{entry.name}/{each.path}" for each in entry.uploads})
                    continue
                self.refs[entry.folder] = version["ref"]
                results.append(_line(entry, state, version=version))
        return results

    def _add(self, entry: Entry, progress: FilesMeter) -> "tuple[str, Version]":
        from aird.client.errors import Conflict

        model = self.aird.models.ensure(entry.name, title=self.title)
        base = self.base or self._base(entry)
        there = self.aird.models.find_same(entry.uploads, entry.name) if model.get("versions") else None
        if there is None:
            try:
                added = self.aird.versions.add(
                    entry.name, entry.uploads, base=base, license=self.license, notes=self.notes,
                    on_progress=lambda path, count: progress(f"{entry.name}/{path}", count),
                )  # fmt: skip
                return "added", added
            except Conflict as problem:  # filed meanwhile, or among versions too old to have been compared
                if problem.code != "version_exists" or "ref" not in problem.params or self.strict:
                    raise
                there = self.aird.versions.get(str(problem.params["ref"]))
        progress.passed_over({f"{entry.name}/{each.path}" for each in entry.uploads})
        return "there", there

    def _base(self, entry: Entry) -> str | None:
        """The version an adapter stands on: filed in this run, or of that name in the catalog."""
        from aird.client.errors import ApiProblem, BadReference
        from aird.client.folders import base_among

        if not entry.folder.adapter:
            return None
        beside = base_among(entry.folder, [each.folder for each in self.entries])
        if beside is not None and beside in self.refs:
            return self.refs[beside]
        try:
            return str(self.aird.versions.get(entry.folder.stands_on or "")["ref"])
        except (ApiProblem, BadReference):
            return None  # the server says that a base is needed, and how to name it


def _line(entry: Entry, state: str, *, version: "Version | None" = None, error: str | None = None) -> dict[str, Any]:
    ref = None if version is None else version["ref"]
    return {
        "name": entry.name, "folder": str(entry.folder.path), "state": state, "ref": ref, "error": error,
        "version": version,
    }  # fmt: skip
