"""What clients are told of a model: the Hub's JSON, put together from the catalog."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, cards, commits, queries, readmes
from aird.catalog.models import Commit, Gating, Kind, Model, Parentage, Ref, RefKind, Relation, Version, Visibility
from aird.hub.revisions import Revision
from aird.hub.shapes import moment
from aird.hub.trees import HubFile, Trees

TASK = "text-generation"
RELATIONS = {
    Relation.BASE: "adapter",
    Relation.MERGE: "merge",
    Relation.QUANTIZED: "quantized",
    Relation.EXPORTED: "quantized",
}


@dataclass(frozen=True)
class Subject:
    """A model as it is shown: the version behind the revision, its parents by (relation, name), the commit's sha."""

    model: Model
    version: Version | None
    sha: str | None
    parents: tuple[tuple[str, str], ...]

    @property
    def card(self) -> dict[str, Any]:
        """The card as its author wrote it, without the files of scores beside it."""
        found = self.version.card if self.version else {}
        return {key: value for key, value in found.items() if key != cards.EVAL_RESULTS}

    @property
    def library(self) -> str:
        """What loads the files."""
        kind = self.version.kind if self.version else None
        return "peft" if kind is Kind.ADAPTER else "transformers"

    @property
    def task(self) -> str | None:
        """What the model does; every model that the intake takes writes text."""
        return str(self.card.get("pipeline_tag") or TASK) if self.version else None


def latest(session: Session, actor: Actor, models: Sequence[Model]) -> list[Subject]:
    """Models of a list, each with its newest version and the head of its main branch."""
    versions = queries.latest_of(session, models)
    by_model = {each.model_id: each for each in versions}
    heads = (
        select(Ref.model_id, Commit.sha)
        .join(Commit, Commit.id == Ref.commit_id)
        .where(Ref.kind == RefKind.BRANCH, Ref.name == commits.MAIN, Ref.model_id.in_([each.id for each in models]))
    )
    shas: dict[UUID, str] = {row[0]: row[1] for row in session.execute(heads)}
    parents = _parents(session, actor, versions)
    return [
        Subject(
            each,
            by_model.get(each.id),
            shas.get(each.id),
            parents.get(by_model[each.id].id, ()) if each.id in by_model else (),
        )
        for each in models
    ]


def of_revision(session: Session, actor: Actor, revision: Revision) -> Subject:
    """The model as it is in this revision."""
    version = revision.version
    parents = _parents(session, actor, [version]).get(version.id, ()) if version else ()
    return Subject(revision.repo.model, version, revision.sha, parents)


def _parents(session: Session, actor: Actor, versions: Iterable[Version]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    edges = queries.parents_of(session, [each.id for each in versions])
    known = queries.versions_by_id(session, {each.parent for each in edges})
    found: dict[UUID, tuple[tuple[str, str], ...]] = {}
    for each in edges:
        above = known[each.parent].model
        if access.may_see(actor, above):
            pair = (RELATIONS.get(Relation(each.relation), "finetune"), above.name)
            found[each.child] = tuple(dict.fromkeys((*found.get(each.child, ()), pair)))
    return found


def tags(subject: Subject) -> list[str]:
    """Everything a client may filter by."""
    card, version = subject.card, subject.version
    found = [subject.library, "safetensors", subject.task or ""] if version else []
    found += [*subject.model.tags, *_words(card.get("tags")), *_words(card.get("language"))]
    found += [f"dataset:{each}" for each in _words(card.get("datasets"))]
    for relation, name in subject.parents:
        found += [f"base_model:{name}", f"base_model:{relation}:{name}"]
    if version is not None:
        found += [f"license:{version.license}"] if version.license else []
        found += [config(subject).get("model_type", "")]
    return [each for each in dict.fromkeys(found) if each]


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def config(subject: Subject) -> dict[str, Any]:
    """The few lines of a model's configuration that clients show."""
    architecture = (subject.version.facts.get("architecture") if subject.version else None) or ""
    found: dict[str, Any] = {}
    if architecture:
        found = {"architectures": [architecture], "model_type": architecture.split("For")[0].lower()}
    base = next((name for relation, name in subject.parents if relation == "adapter"), None)
    if base is not None:
        found["peft"] = {"base_model_name_or_path": base, "task_type": "CAUSAL_LM"}
    return found


def sibling(file: HubFile, *, blobs: bool) -> dict[str, Any]:
    """A file beside a model."""
    if not blobs:
        return {"rfilename": file.path}
    found: dict[str, Any] = {"rfilename": file.path, "size": file.size, "blobId": file.oid}
    if file.is_lfs:
        found["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return found


def basics(subject: Subject) -> dict[str, Any]:
    """What every answer about a model has."""
    model = subject.model
    return {
        "_id": model.id.hex[:24],
        "id": model.name,
        "modelId": model.name,
        "author": model.name.partition("/")[0],
        "sha": subject.sha,
        "lastModified": moment(model.updated_at),
        "createdAt": moment(model.created_at),
        "private": model.visibility is Visibility.PRIVATE,
        "gated": False if model.gating is Gating.OPEN else model.gating.value,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": tags(subject),
        "pipeline_tag": subject.task,
        "library_name": subject.library if subject.version else None,
    }


def whole(session: Session, trees: Trees, revision: Revision, subject: Subject, *, blobs: bool) -> dict[str, Any]:
    """All that is known of a model in a revision."""
    files = trees.files(session, revision)
    answer = basics(subject) | {"siblings": [sibling(each, blobs=blobs) for each in files.values()]}
    answer |= {name: make(session, trees, revision, subject) for name, make in PROPERTIES.items()}
    return {key: value for key, value in answer.items() if value is not None or key == "sha"}


def chosen(
    session: Session, trees: Trees, revision: Revision, subject: Subject, names: Iterable[str]
) -> dict[str, Any]:
    """Only what was asked for, and the name."""
    known = basics(subject)
    answer = {"_id": known["_id"], "id": known["id"]}
    for name in names:
        if name in known:
            answer[name] = known[name]
        elif name == "siblings":
            answer[name] = [sibling(each, blobs=False) for each in trees.files(session, revision).values()]
        elif name in PROPERTIES:
            answer[name] = PROPERTIES[name](session, trees, revision, subject)
    return answer


def _safetensors(subject: Subject) -> dict[str, Any] | None:
    version = subject.version
    if version is None or not version.facts.get("dtype"):
        return None
    return {"parameters": {str(version.facts["dtype"]): version.parameters}, "total": version.parameters}


def _children(session: Session, subject: Subject) -> int:
    version = subject.version
    if version is None:
        return 0
    count = select(func.count(func.distinct(Parentage.child_id))).where(Parentage.parent_id == version.id)
    return session.scalar(count) or 0


def _card(session: Session, trees: Trees, subject: Subject) -> dict[str, Any] | None:
    if subject.version is None:
        return None
    return subject.card or readmes.of_version(session, trees.store, subject.version)[0].metadata


def _claims(subject: Subject) -> list[Any] | None:
    return subject.version.card.get(cards.EVAL_RESULTS) if subject.version else None


def _base_models(subject: Subject) -> dict[str, Any] | None:
    if not subject.parents:
        return None
    names = dict.fromkeys(name for _, name in subject.parents)
    return {"relation": subject.parents[0][0], "models": [{"_id": name, "id": name} for name in names]}


def _used(session: Session, trees: Trees, revision: Revision, subject: Subject) -> int:
    return sum({each.sha256: each.size for each in trees.files(session, revision).values()}.values())


PROPERTIES: dict[str, Callable[[Session, Trees, Revision, Subject], Any]] = {
    "cardData": lambda session, trees, _revision, subject: _card(session, trees, subject),
    "config": lambda _session, _trees, _revision, subject: config(subject) or None,
    "safetensors": lambda _session, _trees, _revision, subject: _safetensors(subject),
    "baseModels": lambda _session, _trees, _revision, subject: _base_models(subject),
    "childrenModelCount": lambda session, _trees, _revision, subject: _children(session, subject),
    "evalResults": lambda _session, _trees, _revision, subject: _claims(subject),
    "model-index": lambda session, trees, _revision, subject: (_card(session, trees, subject) or {}).get("model-index"),
    "usedStorage": _used,
    "spaces": lambda *_: [],
    "resourceGroup": lambda *_: None,
}
"""What a client may ask for by `expand` beside the basics."""
ABSENT = frozenset(
    {
        *("downloadsAllTime", "gguf", "inference", "inferenceProviderMapping", "mask_token", "transformersInfo"),
        *("trendingScore", "widgetData", "xetEnabled", "emissions", "securityRepoStatus"),
    }
)
"""What the Hub has and aird has not; asked for, it is left out."""
EXPANDABLE = frozenset({*PROPERTIES, *ABSENT, "siblings", "author", "sha", "lastModified", "createdAt", "private",
                        "gated", "disabled", "downloads", "likes", "tags", "pipeline_tag", "library_name"})  # fmt: skip
