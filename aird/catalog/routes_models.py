"""A model itself over HTTP: its settings, its name, its commits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession
from aird.auth.errors import DepartmentNotFound
from aird.catalog import commits, upkeep, views
from aird.catalog.cursors import CursorUnknown
from aird.catalog.errors import ModelExists, ModelNotEmpty, ModelNotFound
from aird.catalog.names import ALIAS_LENGTH, NAME_LENGTH, NameRefused
from aird.catalog.routes_params import MODEL, Limit, Reader, Writer, model_at
from aird.catalog.schemas import CommitRead, ModelChange, ModelMove, ModelRead
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.store.errors import QuotaExceeded

router = APIRouter(tags=["catalog"])


@router.patch(MODEL, responses=problems(NotPermitted, ModelNotFound))
def change_model(department: str, model: str, body: ModelChange, session: WriteSession, actor: Writer) -> ModelRead:
    """Change what is said of a model, who sees it and who gets at its weights; what is left out stays."""
    found = model_at(session, actor, department, model)
    upkeep.change(session, actor, found, **body.model_dump(exclude_unset=True))
    return views.model_reads(session, actor, [found])[0]


@router.post(
    f"{MODEL}/move",
    responses=problems(NotPermitted, ModelNotFound, ModelExists, NameRefused, DepartmentNotFound, QuotaExceeded),
)
def move_model(department: str, model: str, body: ModelMove, session: WriteSession, actor: Writer) -> ModelRead:
    """Give a model another name or department; the old name goes on leading to it."""
    found = model_at(session, actor, department, model)
    return views.model_reads(session, actor, [upkeep.rename(session, actor, found, body.name)])[0]


@router.delete(MODEL, status_code=204, responses=problems(NotPermitted, ModelNotFound, ModelNotEmpty))
def delete_model(department: str, model: str, session: WriteSession, actor: Writer) -> None:
    """Delete a model that never had a version; others are retired."""
    upkeep.remove(session, actor, model_at(session, actor, department, model))


@router.get(f"{MODEL}/commits", responses=problems(ModelNotFound, CursorUnknown))
def list_commits(
    department: str,
    model: str,
    session: ReadSession,
    actor: Reader,
    branch: Annotated[str, Query(max_length=NAME_LENGTH)] = commits.MAIN,
    cursor: Annotated[str | None, Query(max_length=ALIAS_LENGTH)] = None,
    limit: Limit = 50,
) -> Page[CommitRead]:
    """The history of a branch, the newest first."""
    found = model_at(session, actor, department, model)
    history = commits.history(session, found, branch, start=_commit_id(cursor), limit=limit + 1)
    names = auth_queries.usernames(session)
    items = [
        CommitRead(
            sha=each.sha,
            title=each.title,
            message=each.message,
            author=names.get(each.author_id) if each.author_id else None,
            at=each.created_at,
            digest=each.artifact,
            ref=f"{found.name}@{number}" if number else None,
        )
        for each, number in history[:limit]
    ]
    return Page(items=items, next=str(history[limit][0].id) if len(history) > limit else None)


def _commit_id(cursor: str | None) -> UUID | None:
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise CursorUnknown("Take the cursor from `next` of the page before.") from None
