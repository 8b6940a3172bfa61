"""Open, change, move and delete repositories; their branches, tags and commits."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import select

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession, database_of, public
from aird.catalog import access, commits, service, upkeep
from aird.catalog.errors import ModelExists
from aird.catalog.models import Alias, Commit, Gating, Model, Ref, RefKind, Version, Visibility
from aird.catalog.names import check_name
from aird.core.errors import BadInput, NotOffered
from aird.hub import pushes, refs, revisions
from aird.hub.addresses import plain
from aird.hub.deps import ROOT, Endpoint, Reader, Writer
from aird.hub.shapes import moment, page
from aird.store.deps import CurrentStore
from aird.store.manifest import Manifest

router = APIRouter()
PAGE = 100
MODEL = "/api/models/{department}/{name}"


class RepoBody(BaseModel):
    """A repository by its name; `organization` is the department."""

    name: str = Field(max_length=200)
    organization: str | None = Field(None, max_length=200)
    type: str | None = Field(None, max_length=32)
    private: bool | None = None
    visibility: str | None = Field(None, max_length=32)

    @property
    def full_name(self) -> str:
        """department/name. Raises BadInput without a department, NotOffered for other kinds of repositories."""
        require_model(self.type)
        if self.organization:
            return f"{self.organization}/{self.name}"
        if "/" in self.name:
            return self.name
        raise BadInput(f"A model belongs to a department: write department/{self.name[:64]}.")


class MoveBody(BaseModel):
    """From where to where."""

    fromRepo: str = Field(max_length=200)  # noqa: N815
    toRepo: str = Field(max_length=200)  # noqa: N815
    type: str | None = Field(None, max_length=32)


class SettingsBody(BaseModel):
    """What may be changed of a repository."""

    private: bool | None = None
    visibility: str | None = Field(None, max_length=32)
    gated: Literal["auto", "manual", False] | None = None


class BranchBody(BaseModel):
    """Where a new branch begins."""

    startingPoint: str | None = Field(None, max_length=200)  # noqa: N815


class TagBody(BaseModel):
    """A tag's name and what it says."""

    tag: str = Field(max_length=200)
    message: str | None = Field(None, max_length=4000)


class SquashBody(BaseModel):
    """The message of the one commit that is left."""

    message: str = Field("Super-squash", max_length=4000)


def page_of(at: str, name: str) -> str:
    """A model's address as clients take it apart; 0.36 takes what stands before department/name for a kind of thing."""
    return f"{at}/models/{name}"


@router.get("/models/{department}/{name}")
@router.get("/models/{department}/{name}/{rest:path}")
@public
def model_page(department: str, name: str, at: Endpoint, rest: str = "") -> RedirectResponse:
    """The model's page in the web UI."""
    return RedirectResponse(f"{at.removesuffix(ROOT)}/models/{quote(department)}/{quote(name)}")


def require_model(kind: str | None) -> None:
    """Raise NotOffered for what is no model."""
    if kind not in (None, "model"):
        raise NotOffered(f"aird keeps models only; {kind[:32]} repositories are not offered.", feature=kind[:32])


def _visibility(private: bool | None, visibility: str | None) -> Visibility | None:
    if visibility not in (None, "public", "private"):
        raise NotOffered("A model is public (seen by everybody who is signed in) or private; nothing else is offered.")
    hidden = private if visibility is None else visibility == "private"
    return None if hidden is None else Visibility.PRIVATE if hidden else Visibility.INTERNAL


@router.post("/api/repos/create")
def create_repo(body: RepoBody, request: Request, store: CurrentStore, at: Endpoint, actor: Writer) -> JSONResponse:
    """Open a model with an empty main branch; 409 with its address when there is one."""
    name, wanted = check_name(body.full_name), _visibility(body.private, body.visibility)
    empty = store.put_manifest(Manifest.of([]))
    answer = {"url": page_of(at, name), "name": name, "id": name}
    try:
        with database_of(request).write() as session:
            model = service.add_model(session, actor, name, name.partition("/")[2])
            if wanted is Visibility.PRIVATE:
                upkeep.change(session, actor, model, visibility=wanted)
            commits.commit(session, actor, model, empty, "initial commit")
    except ModelExists as error:
        return JSONResponse({"error": error.message, **answer}, 409, {"X-Error-Message": "You already created it"})
    return JSONResponse(answer)


@router.delete("/api/repos/delete")
def delete_repo(body: RepoBody, session: WriteSession, actor: Writer) -> dict[str, bool]:
    """Delete a model that has no version."""
    department, _, name = body.full_name.partition("/")
    upkeep.remove(session, actor, revisions.repo(session, actor, department, name).model)
    return {"success": True}


@router.post("/api/repos/move")
def move_repo(body: MoveBody, session: WriteSession, actor: Writer) -> dict[str, bool]:
    """Give a model another name; the old one goes on leading to it."""
    require_model(body.type)
    department, _, name = body.fromRepo.partition("/")
    upkeep.rename(session, actor, revisions.repo(session, actor, department, name).model, body.toRepo)
    return {"success": True}


@router.put(f"{MODEL}/settings")
def change_settings(
    department: str, name: str, body: SettingsBody, session: WriteSession, actor: Writer
) -> dict[str, Any]:
    """Who sees the model, and how others come to its weights."""
    model = pushes.writable(session, actor, department, name)
    gating = None if body.gated is None else Gating(body.gated) if body.gated else Gating.OPEN
    upkeep.change(session, actor, model, visibility=_visibility(body.private, body.visibility), gating=gating)
    return {"private": model.visibility is Visibility.PRIVATE, "gated": gated(model)}


def gated(model: Model) -> str | bool:
    """The model's gating in the Hub's words."""
    return False if model.gating is Gating.OPEN else model.gating.value


@router.get(f"{MODEL}/auth-check")
def auth_check(department: str, name: str, session: ReadSession, actor: Reader) -> dict[str, bool]:
    """200 for who may use the weights."""
    access.require_weights(session, actor, revisions.repo(session, actor, department, name).model)
    return {"success": True}


@router.get(f"{MODEL}/auth-check/write")
def auth_check_write(department: str, name: str, session: ReadSession, actor: Reader) -> dict[str, bool]:
    """200 for who may push."""
    pushes.writable(session, actor, department, name)
    return {"success": True}


@router.get(f"{MODEL}/refs")
def list_refs(
    department: str, name: str, session: ReadSession, actor: Reader, include_prs: bool = False
) -> dict[str, Any]:
    """Branches, aliases among them as the names that clients can ask for, and tags, versions among them."""
    model = revisions.repo(session, actor, department, name).model
    found = session.execute(
        select(Ref.kind, Ref.name, Commit.sha).join(Commit, Commit.id == Ref.commit_id).where(Ref.model_id == model.id)
    ).all()
    named: dict[RefKind, dict[str, str]] = {RefKind.BRANCH: {}, RefKind.TAG: {}}
    for kind, ref, sha in found:
        named[kind][ref] = sha
    by_version = refs.version_shas(session, model)
    for alias in session.scalars(select(Alias).where(Alias.model_id == model.id)):
        if alias.version_id in by_version:
            named[RefKind.BRANCH].setdefault(alias.name, by_version[alias.version_id])
    numbers = select(Version.id, Version.number).where(Version.model_id == model.id)
    for version_id, number in session.execute(numbers):
        if version_id in by_version:
            named[RefKind.TAG].setdefault(f"v{number}", by_version[version_id])

    def shown(kind: RefKind, folder: str) -> list[dict[str, str]]:
        items = sorted(named[kind].items())
        return [{"name": each, "ref": f"refs/{folder}/{each}", "targetCommit": sha} for each, sha in items]

    answer = {"branches": shown(RefKind.BRANCH, "heads"), "tags": shown(RefKind.TAG, "tags"), "converts": []}
    return {**answer, "pullRequests": []} if include_prs else answer


@router.post(f"{MODEL}/branch/{{branch:path}}")
def create_branch(
    department: str, name: str, branch: str, session: WriteSession, actor: Writer, body: BranchBody | None = None
) -> dict[str, bool]:
    """A branch at a revision, `main` unless said otherwise."""
    model = pushes.writable(session, actor, department, name)
    start = revisions.resolve(session, revisions.Repo(model), body.startingPoint if body else None)
    refs.create(session, actor, model, RefKind.BRANCH, plain(branch), start)
    return {"success": True}


@router.delete(f"{MODEL}/branch/{{branch:path}}")
def delete_branch(department: str, name: str, branch: str, session: WriteSession, actor: Writer) -> dict[str, bool]:
    """Delete a branch; its commits and versions stay."""
    refs.delete(session, actor, pushes.writable(session, actor, department, name), RefKind.BRANCH, plain(branch))
    return {"success": True}


@router.post(f"{MODEL}/tag/{{revision:path}}")
def create_tag(
    department: str, name: str, revision: str, body: TagBody, session: WriteSession, actor: Writer
) -> dict[str, bool]:
    """A tag at a revision."""
    model = pushes.writable(session, actor, department, name)
    start = revisions.resolve(session, revisions.Repo(model), plain(revision))
    refs.create(session, actor, model, RefKind.TAG, body.tag, start, message=body.message or "")
    return {"success": True}


@router.delete(f"{MODEL}/tag/{{tag:path}}")
def delete_tag(department: str, name: str, tag: str, session: WriteSession, actor: Writer) -> dict[str, bool]:
    """Delete a tag."""
    refs.delete(session, actor, pushes.writable(session, actor, department, name), RefKind.TAG, plain(tag))
    return {"success": True}


@router.get(f"{MODEL}/commits/{{revision:path}}")
def list_commits(
    department: str,
    name: str,
    revision: str,
    request: Request,
    session: ReadSession,
    at: Endpoint,
    actor: Reader,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
) -> JSONResponse:
    """The history of a revision, newest first."""
    repo = revisions.repo(session, actor, department, name)
    start = revisions.resolve(session, repo, plain(revision)).commit
    if cursor is not None:
        start = revisions.resolve(session, repo, cursor).commit
    found = refs.history(session, start, limit + 1)
    names = auth_queries.usernames(session)
    shown = [
        {
            "id": each.sha,
            "title": each.title,
            "message": each.message,
            "date": moment(each.created_at),
            "authors": [{"user": names.get(each.author_id, "aird") if each.author_id else "aird"}],
        }
        for each in found[:limit]
    ]
    following = found[limit].sha if len(found) > limit else None
    path = f"/api/models/{department}/{name}/commits/{quote(plain(revision), safe='')}"
    return page(shown, at, path, request.query_params.multi_items(), following)


@router.post(f"{MODEL}/super-squash/{{branch:path}}")
def super_squash(
    department: str, name: str, branch: str, session: WriteSession, actor: Writer, body: SquashBody | None = None
) -> dict[str, bool]:
    """Let a branch begin anew with its present files."""
    model = pushes.writable(session, actor, department, name)
    pushes.squash(session, actor, model, plain(branch), (body or SquashBody()).message)
    return {"success": True}
