"""Models, their versions, and data sets."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from aird.client.errors import ApiProblem
from aird.client.refs import path_of, split_ref
from aird.client.transport import Json, Transport
from aird.client.uploads import Sent, Upload, folder_uploads

PAGE = 200


class Models:
    """Named lines of work, each owned by a department."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, search: str | None = None, limit: int | None = None
    ) -> Iterator[Json]:
        """Models by name, as ModelRead objects."""
        return self._transport.pages("/models", {"department": department, "search": search}, limit=limit, size=PAGE)

    def get(self, name: str) -> Json:
        """The model "department/name"."""
        found: Json = self._transport.get(f"/models/{path_of(name)}")
        return found

    def create(
        self,
        name: str,
        *,
        title: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> Json:
        """Open a model without versions; the title defaults to the name in words."""
        body: Json = {"name": name, "title": title or title_of(name)}
        body |= {key: value for key, value in {"description": description, "tags": tags}.items() if value is not None}
        path_of(name)
        found: Json = self._transport.post("/models", body)
        return found

    def ensure(self, name: str, *, title: str | None = None) -> Json:
        """The model, created when it is missing."""
        try:
            return self.get(name)
        except ApiProblem as problem:
            if problem.status != 404:
                raise
        return self.create(name, title=title)


class Versions:
    """Immutable sets of weights; a ref is "department/name@3", or without number the latest."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        department: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        search: str | None = None,
        every: bool = False,
        limit: int | None = None,
    ) -> Iterator[Json]:
        """The latest version of each model, or with `every` all of them, as VersionSummary objects."""
        params = {
            "department": department,
            "kind": kind,
            "state": state,
            "search": search,
            "all": every or None,
        }
        return self._transport.pages("/versions", params, limit=limit, size=PAGE)

    def of(self, name: str, *, limit: int | None = None) -> Iterator[Json]:
        """All versions of one model."""
        return self._transport.pages(f"/models/{path_of(name)}/versions", limit=limit)

    def get(self, ref: str) -> Json:
        """Everything about one version (VersionRead)."""
        found: Json = self._transport.get(self._path(ref))
        return found

    def lineage(self, ref: str) -> Json:
        """{ancestors: [...], descendants: [...], cut} of one version."""
        found: Json = self._transport.get(f"{self._path(ref)}/lineage")
        return found

    def skills(self, *, department: str | None = None) -> Json:
        """The skills matrix of every version: {suites, rows: [{ref, kind, state, cells}]}."""
        found: Json = self._transport.get("/skills", {"department": department})
        return found

    def gates(self, ref: str, *, department: str | None = None) -> Json:
        """How the version stands against the gates: {passed, lines}."""
        found: Json = self._transport.get(f"{self._path(ref)}/gates", {"department": department})
        return found

    def add(
        self,
        name: str,
        folder: Path | str | Sequence[Upload],
        *,
        base: str | None = None,
        license: str | None = None,
        notes: str | None = None,
        on_sent: Sent | None = None,
    ) -> Json:
        """Upload a folder as the next version of an existing model; an adapter names its `base`."""
        uploads = folder_uploads(Path(folder)) if isinstance(folder, (str, Path)) else folder
        fields = {"base": base, "license": license, "notes": notes}
        found: Json = self._transport.upload(f"/models/{path_of(name)}/versions", uploads, fields, on_sent)
        return found

    def retire(self, ref: str, *, reason: str) -> Json:
        """Take the version out of service for good."""
        return self._move(ref, "retire", reason)

    def suspend(self, ref: str, *, reason: str) -> Json:
        """Take the version out of service for now."""
        return self._move(ref, "suspend", reason)

    def reinstate(self, ref: str, *, reason: str) -> Json:
        """Undo a suspension."""
        return self._move(ref, "reinstate", reason)

    def _move(self, ref: str, verb: str, reason: str) -> Json:
        found: Json = self._transport.post(f"{self._path(ref)}/{verb}", {"reason": reason})
        return found

    def _path(self, ref: str) -> str:
        name, number = split_ref(ref)
        model = f"/models/{path_of(name)}"
        if number is None:
            latest = self._transport.get(model)["latest"]
            if latest is None:
                raise ApiProblem(
                    404, "version_not_found", f"{name} has no version yet. Add one: aird models add {name}"
                )
            number = latest["version"]
        return f"{model}/versions/{number}"


class Datasets:
    """Data to train on and to examine with; a version's files are called <split>.jsonl."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, department: str | None = None, kind: str | None = None, limit: int | None = None
    ) -> Iterator[Json]:
        """Data sets as DatasetRead objects."""
        return self._transport.pages("/datasets", {"department": department, "kind": kind}, limit=limit)

    def get(self, name: str) -> Json:
        """The data set "department/name"."""
        found: Json = self._transport.get(f"/datasets/{path_of(name)}")
        return found

    def version(self, name: str, number: int) -> Json:
        """One version with a preview of its splits."""
        found: Json = self._transport.get(f"/datasets/{path_of(name)}/versions/{number}")
        return found

    def create(self, name: str, *, kind: str, title: str | None = None, card: str | None = None) -> Json:
        """Open a data set without versions; kind is "training", "exam" or "text"."""
        path_of(name)
        body = {"name": name, "title": title or title_of(name), "kind": kind} | ({"card": card} if card else {})
        found: Json = self._transport.post("/datasets", body)
        return found

    def add(self, name: str, files: Sequence[Upload], *, card: str | None = None, on_sent: Sent | None = None) -> Json:
        """Upload files as the next version of an existing data set."""
        found: Json = self._transport.upload(f"/datasets/{path_of(name)}/versions", files, {"card": card}, on_sent)
        return found


def title_of(name: str) -> str:
    """A name in words: "support/refund-helper" is titled "Refund helper"."""
    words = name.partition("/")[2].replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
