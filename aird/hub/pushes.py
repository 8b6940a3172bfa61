"""A push: what a client sends becomes a commit, and a draft version when the files are a whole model.

Every file passes the intake that uploads pass. While shards or weights are still missing there is a commit without a
version; any other refusal refuses the push. A push moves its branch and nothing else: aliases point at versions.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import aliases, commits, files, queries, readmes, service, twins
from aird.catalog.cards import EVAL_RESULTS, README
from aird.catalog.errors import AliasProtected, BaseNeeded
from aird.catalog.files import Examined
from aird.catalog.intake.files import HEAD, MAX_FILES, TEXT_FILES, check_head, check_listed
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.models import Alias, Commit, Kind, Model, RefKind, Version
from aird.catalog.service import NewVersion
from aird.catalog.uploads import check_path
from aird.core.db import Database
from aird.hub import bases, revisions
from aird.hub.bases import Origin
from aird.hub.claims import claimable
from aird.hub.errors import BlobNotUploaded, CommitMalformed, EntryNotFound, ParentMoved, RevisionNotFound
from aird.hub.trees import ADAPTER_CONFIG
from aird.store import queries as ledger
from aird.store.artifacts import Store
from aird.store.manifest import Entry, Manifest

WORDS = frozenset({README, "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"})
"""Files that change nothing of what a model computes."""
IGNORED = frozenset({".gitattributes", ".gitignore"})
"""Files that belong to git and not to a model: taken, and left out."""
MOST_EVAL_RESULTS, EVAL_RESULT_BYTES = 64, 256 * 1024


@dataclass(frozen=True)
class Operation:
    """One step of a commit. `put` has the blob, `claim` a digest that was uploaded before, `copy` its source."""

    kind: Literal["put", "claim", "delete", "delete_folder", "copy"]
    path: str
    digest: str = ""
    size: int = 0
    source: str = ""
    revision: str | None = None


@dataclass
class Push:
    """What a client sent, with its files in the store already."""

    title: str = ""
    message: str = ""
    parent: str | None = None
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    """What was read before the files are examined."""

    model: Model
    branch: str
    head: Commit | None
    before: Version | None
    old: Mapping[str, Entry]
    new: Mapping[str, Entry]


def push(
    database: Database, store: Store, actor: Actor, repo: tuple[str, str], asked: str, sent: Push, scratch: Path
) -> tuple[Model, Commit]:
    """Examine, store and record a push; `scratch` is a folder on the store's disk.

    Raises IntakeRefused, ParentMoved, BlobNotUploaded, BaseNeeded, NotPermitted and what reading cards raises.
    """
    claimed = {each.digest for each in sent.operations if each.kind == "claim"}
    with database.read() as session:
        writable(session, actor, *repo)
        allowed = claimable(session, actor, claimed) if claimed else set()
    sizes = store.hold(allowed) if allowed else {}  # between the sessions: it opens one of its own
    with database.read() as session:
        plan = _plan(session, writable(session, actor, *repo), asked, sent, sizes)
    if plan.head is not None and plan.new == plan.old:
        return plan.model, plan.head
    held = store.hold([each.digest for each in plan.new.values()])
    gone = next((each for each in plan.new.values() if each.digest not in held), None)
    if gone is not None:
        raise _not_uploaded(gone.path)
    card = readmes.read_files({path: _card_file(store, each) for path, each in plan.new.items() if _is_card(path)})
    config = _adapter_config(store, plan.new)
    with database.read() as session:
        origin = bases.find(session, actor, config=config, card=card, before=plan.before)
        same_origin = plan.before is not None and _same_origin(session, plan.before, origin)
    if same_origin and plan.before is not None and _same_weights(plan):
        _check_words(store, plan)
        manifest = store.put_manifest(Manifest.of(list(plan.new.values())))
        examined = Examined(plan.before.kind, manifest, plan.before.parameters, plan.before.facts, card)
        return _record(database, actor, plan, sent, manifest, examined, origin, card)
    manifest, found = _examine(store, plan, origin, scratch)
    return _record(database, actor, plan, sent, manifest, found, origin, card)


def writable(session: Session, actor: Actor, department: str, name: str) -> Model:
    """The model that a client wants to write to. Raises ModelNotFound, NotPermitted, CommitMalformed."""
    repo = revisions.repo(session, actor, department, name)
    if repo.pinned is not None:
        raise CommitMalformed(f"{department}/{name} is one fixed version. Push to {repo.name}.")
    auth.require(actor, Permission.WRITE_MODELS, repo.model.department_id)
    return repo.model


def branch_head(session: Session, model: Model, name: str) -> Commit | None:
    """Where a push to this revision goes; None is a main branch without commits.

    Raises AliasProtected for an alias, RevisionNotFound for what is no branch.
    """
    found = commits.head(session, model, name)
    if found is not None or name == commits.MAIN:
        return found
    if name in aliases.PROTECTED or session.get(Alias, (model.id, name)) is not None:
        raise AliasProtected(
            f"{name} is an alias of {model.name}, and no push moves an alias. Push to main, then have the new version "
            "approved.",
            alias=name,
        )
    raise RevisionNotFound(f"{model.name} has no branch {name[:200]!r}. Create it first.", revision=name[:200])


def _plan(session: Session, model: Model, asked: str, sent: Push, sizes: Mapping[str, int]) -> _Plan:
    """`sizes` are those of the blobs that the commit may claim."""
    head = branch_head(session, model, asked)
    if sent.parent and (head is None or not head.sha.startswith(sent.parent.lower())):
        raise _moved(model, asked)
    before = queries.version_by_id(session, head.version_id) if head and head.version_id else None
    old = _tree(session, head)
    new = dict(old)
    for step in sent.operations:
        if step.path in IGNORED:
            continue
        if step.kind == "claim":
            if step.digest not in sizes or (step.size >= 0 and step.size != sizes[step.digest]):
                raise _not_uploaded(step.path)
            new[_checked(step.path)] = Entry(step.path, step.digest, sizes[step.digest])
        elif step.kind == "put":
            new[_checked(step.path)] = Entry(step.path, step.digest, step.size)
        else:
            _take_away_or_copy(session, model, asked, new, step)
    return _Plan(model, asked, head, before, old, new)


def _take_away_or_copy(session: Session, model: Model, asked: str, new: dict[str, Entry], step: Operation) -> None:
    if step.kind == "copy":
        source = revisions.resolve(session, revisions.Repo(model), step.revision or asked)
        found = _tree(session, source.commit).get(step.source)
        if found is None:
            raise EntryNotFound(f"There is no file {step.source[:200]!r} to copy.", commit=source.sha or "")
        new[_checked(step.path)] = Entry(step.path, found.digest, found.size)
        return
    if step.kind == "delete":
        gone = [step.path] if step.path in new else []
    else:
        prefix = step.path.strip("/")
        gone = [each for each in new if prefix in ("", ".") or each.startswith(f"{prefix}/")]
    if not gone:
        raise EntryNotFound(f"A file with this name doesn't exist: {step.path[:200]!r}.")
    for each in gone:
        del new[each]


def _tree(session: Session, commit: Commit | None) -> dict[str, Entry]:
    stored = ledger.files_of(session, commit.artifact) if commit else {}
    return {path: Entry(each.path, each.digest, each.size) for path, each in stored.items()}


def _checked(path: str) -> str:
    check_path(path)
    if "/" in path and not path.startswith(f"{EVAL_RESULTS}/"):
        raise IntakeRefused(
            "a model is one flat folder of files; only `.eval_results/` may be beside it. Leave this file out.",
            reason="folder",
            file=path,
        )
    if path.startswith(f"{EVAL_RESULTS}/") and not readmes.is_card(path):
        raise IntakeRefused(
            "this folder holds scores as `.yaml` files only. Leave this file out.", reason="not_on_the_list", file=path
        )
    return path


def _is_card(path: str) -> bool:
    return readmes.is_card(path)


def _card_file(store: Store, entry: Entry) -> bytes:
    limit = TEXT_FILES[README] if entry.path == README else EVAL_RESULT_BYTES
    if entry.size > limit:
        raise IntakeRefused(
            f"it has {entry.size} bytes; at most {limit} are read. Make it smaller.",
            reason="too_large",
            file=entry.path,
        )
    return store.read(entry.digest)


def _adapter_config(store: Store, new: Mapping[str, Entry]) -> dict[str, Any] | None:
    """An adapter's configuration as far as it can be read; the intake says what is wrong with it."""
    entry = new.get(ADAPTER_CONFIG)
    if entry is None or entry.size > TEXT_FILES[ADAPTER_CONFIG]:
        return None
    try:
        content = json.loads(store.read(entry.digest))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _same_origin(session: Session, before: Version, origin: Origin) -> bool:
    if before.kind is Kind.ADAPTER:
        return origin.base is not None and origin.base.id == before.base_id
    known = {(each.parent, each.relation) for each in queries.parents_of(session, [before.id])}
    return not origin.parents or {(each.version.id, each.relation) for each in origin.parents} == known


def _same_weights(plan: _Plan) -> bool:
    """Whether only words were changed, so that what was examined still holds."""
    changed = {path for path in {*plan.old, *plan.new} if plan.old.get(path) != plan.new.get(path)}
    sizes = {path: plan.new[path].size for path in changed if path in plan.new}
    if sum(path.startswith(f"{EVAL_RESULTS}/") for path in plan.new) > MOST_EVAL_RESULTS:
        return False
    return all(readmes.is_card(path) or (path in WORDS and sizes.get(path, 0) <= TEXT_FILES[path]) for path in changed)


def _check_words(store: Store, plan: _Plan) -> None:
    """What is not examined again is at least text and no other format under its name. Raises IntakeRefused."""
    for path in sorted(WORDS & plan.new.keys()):
        with store.open(plan.new[path].digest) as source:
            check_head(path, source.read(HEAD))


def _examine(store: Store, plan: _Plan, origin: Origin, scratch: Path) -> tuple[Manifest, Examined | None]:
    """(the files as they are kept, what they are when they are a whole model). Raises IntakeRefused, BaseNeeded."""
    beside = [each for path, each in plan.new.items() if path.startswith(f"{EVAL_RESULTS}/")]
    if len(beside) > MOST_EVAL_RESULTS:
        message = f"there are more than {MOST_EVAL_RESULTS} files in `{EVAL_RESULTS}/`."
        raise IntakeRefused(message, reason="too_many_files", file=beside[-1].path)
    model = {path: each.digest for path, each in plan.new.items() if not path.startswith(f"{EVAL_RESULTS}/")}
    as_sent = list(plan.new.values())
    if not model:
        return store.put_manifest(Manifest.of(as_sent)), None
    if len(model) > MAX_FILES:
        raise IntakeRefused(f"a model has at most {MAX_FILES} files.", reason="too_many_files", file=min(model))
    for path in sorted(model):
        check_listed(path, plan.new[path].size)  # before anything is laid out: one blob may stand under many names
    folder = scratch / uuid4().hex
    try:
        known = store.lay_out(model, folder)
        base = origin.base or origin.same_shape
        kind = Kind.FULL if origin.parents else None
        try:
            examined = files.examine(store, folder, base=base, kind=kind, known=known)
        except IntakeRefused as refusal:
            if refusal.params["reason"] != "incomplete":
                raise
            return store.put_manifest(Manifest.of(as_sent)), None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if examined.kind is Kind.ADAPTER and origin.base is None:
        raise BaseNeeded(
            "This is an adapter, and neither base_model_name_or_path in its adapter_config.json nor base_model in its "
            "README.md is a model of this catalog. Name its base there, as department/model or department/model@1."
        )
    if not beside:
        return examined.manifest, examined
    manifest = store.put_manifest(Manifest.of([*examined.manifest.entries, *beside]))
    return manifest, replace(examined, manifest=manifest)


def _record(
    database: Database,
    actor: Actor,
    plan: _Plan,
    sent: Push,
    manifest: Manifest,
    found: Examined | None,
    origin: Origin,
    card: dict[str, Any],
) -> tuple[Model, Commit]:
    with database.write() as session:
        # The model's row is the lock under which branches move.
        model = session.scalars(select(Model).where(Model.id == plan.model.id).with_for_update()).one()
        head = commits.head(session, model, plan.branch)
        if (head.id if head else None) != (plan.head.id if plan.head else None):
            raise _moved(model, plan.branch)
        version, created = None, False
        if found is not None:
            new = NewVersion(
                kind=found.kind,
                manifest=manifest,
                parameters=found.parameters,
                facts=found.facts,
                base=origin.base,
                parents=list(origin.parents) if found.kind is not Kind.ADAPTER else [],
                card=card,
                title=sent.title,
                message=sent.message,
                branch=plan.branch,
            )
            version, created = service.file_version(session, actor, model, new)
            twins.order_comparison(session, version)
        if not created:
            commits.commit(
                session, actor, model, manifest, sent.title, message=sent.message, branch=plan.branch, version=version
            )
        made = commits.head(session, model, plan.branch)
        if made is None:
            raise RuntimeError("a commit moves its branch")
        audit.record(
            session, actor, "hub.commit.pushed", model, branch=plan.branch, commit=made.sha, digest=manifest.digest,
            version=version.ref if version else None,
        )  # fmt: skip
        return model, made


def _moved(model: Model, branch: str) -> ParentMoved:
    return ParentMoved(
        f"A commit has happened on {branch} of {model.name} since. Fetch it and push again.", branch=branch
    )


def _not_uploaded(path: str) -> BlobNotUploaded:
    return BlobNotUploaded(f"The bytes of {path[:200]!r} were not uploaded. Upload the file, then commit.")


def squash(session: Session, actor: Actor, model: Model, branch: str, message: str) -> Commit:
    """Let the branch begin anew with its present files; versions and the commits of others stay."""
    commits.hold_branches(session, model)  # before the branch is read: a push may be moving it
    head = branch_head(session, model, branch)
    if head is None:
        raise RevisionNotFound(f"{model.name} has nothing to squash on {branch}.")
    made = commits.squashed(session, actor, model, head, message)
    commits.point(session, model, RefKind.BRANCH, branch, made)
    audit.record(session, actor, "hub.branch.squashed", model, branch=branch, commit=made.sha)
    return made
