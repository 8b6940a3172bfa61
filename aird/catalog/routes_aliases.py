"""Aliases over HTTP: where they point, where they pointed, moving those that are not protected."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession
from aird.catalog import aliases, queries
from aird.catalog.aliases import Standing
from aird.catalog.cursors import CursorUnknown
from aird.catalog.errors import AliasNotFound, AliasProtected, AliasRefused, ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.catalog.routes_params import MODEL, Limit, Reader, Writer, model_at
from aird.catalog.schemas import Reason
from aird.catalog.schemas_aliases import AliasAt, AliasMoveRead, AliasRead, AliasSet
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Moment, Page

router = APIRouter(tags=["catalog"])

ALIASES = f"{MODEL}/aliases"
ALIAS = f"{ALIASES}/{{alias}}"


@router.get(ALIASES, responses=problems(ModelNotFound))
def list_aliases(department: str, model: str, session: ReadSession, actor: Reader) -> list[AliasRead]:
    """The aliases of a model by name."""
    found = aliases.of_model(session, model_at(session, actor, department, model))
    return _reads(session, found)


@router.get(ALIAS, responses=problems(ModelNotFound, AliasNotFound))
def get_alias(department: str, model: str, alias: str, session: ReadSession, actor: Reader) -> AliasRead:
    """One alias and where it points."""
    found = aliases.standing(session, model_at(session, actor, department, model), alias)
    return _reads(session, [found])[0]


@router.put(
    ALIAS, responses=problems(NotPermitted, ModelNotFound, VersionNotFound, NameRefused, AliasProtected, AliasRefused)
)
def set_alias(
    department: str, model: str, alias: str, body: AliasSet, session: WriteSession, actor: Writer
) -> AliasRead:
    """Let an alias point at a version; made when it is new. A protected one moves through an approval only."""
    found = model_at(session, actor, department, model)
    version = queries.get_version(session, found.name, body.version)
    aliases.move(session, actor, found, alias, version, reason=body.reason, protect=body.protected)
    return _reads(session, [aliases.standing(session, found, alias)])[0]


@router.delete(ALIAS, status_code=204, responses=problems(NotPermitted, ModelNotFound, AliasNotFound, AliasProtected))
def remove_alias(
    department: str,
    model: str,
    alias: str,
    reason: Annotated[Reason, Query(description="Why it is taken away.")],
    session: WriteSession,
    actor: Writer,
) -> None:
    """Take an alias away; its history stays."""
    aliases.remove(session, actor, model_at(session, actor, department, model), alias, reason=reason)


@router.get(f"{ALIAS}/history", responses=problems(ModelNotFound, CursorUnknown))
def alias_history(
    department: str,
    model: str,
    alias: str,
    session: ReadSession,
    actor: Reader,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Page[AliasMoveRead]:
    """Every move of an alias, the newest first; what was taken away is on record too."""
    found = model_at(session, actor, department, model)
    moves = aliases.history(session, found, alias, before=_moment(cursor), limit=limit + 1)
    more = moves[limit - 1].line.at.isoformat() if len(moves) > limit else None
    names = auth_queries.usernames(session)
    items = [
        AliasMoveRead(
            at=each.line.at,
            version=each.version.number if each.version else None,
            ref=_ref(found.name, each.version.number if each.version else None),
            previous=_ref(found.name, each.previous.number if each.previous else None),
            moved_by=names.get(each.line.actor_id) if each.line.actor_id else None,
            reason=each.line.reason,
            approval_id=each.line.approval_id,
        )
        for each in moves[:limit]
    ]
    return Page(items=items, next=more)


@router.get(f"{ALIAS}/at", responses=problems(ModelNotFound, AliasNotFound))
def alias_at(
    department: str,
    model: str,
    alias: str,
    moment: Annotated[Moment, Query(description="A time with its zone, such as 2026-11-26T12:00:00Z.")],
    session: ReadSession,
    actor: Reader,
) -> AliasAt:
    """Which version an alias pointed at in a moment."""
    found = model_at(session, actor, department, model)
    move = aliases.at(session, found, alias, moment)
    version = move.version if move else None
    if move is None or version is None:
        raise AliasNotFound(
            f"{alias[:64]!r} of {found.name} pointed at nothing on {moment:%Y-%m-%d %H:%M:%S} UTC.",
            name=found.name,
            alias=alias[:64],
        )
    names = auth_queries.usernames(session)
    return AliasAt(
        name=alias,
        moment=moment,
        version=version.number,
        ref=version.ref,
        digest=version.artifact,
        since=move.line.at,
        moved_by=names.get(move.line.actor_id) if move.line.actor_id else None,
        reason=move.line.reason,
        approval_id=move.line.approval_id,
    )


def _reads(session: Session, found: list[Standing]) -> list[AliasRead]:
    names = auth_queries.usernames(session)
    return [
        AliasRead(
            name=each.alias.name,
            protected=each.alias.protected,
            version=each.version.number,
            ref=each.version.ref,
            digest=each.version.artifact,
            moved_at=each.alias.moved_at,
            moved_by=names.get(each.last.actor_id) if each.last.actor_id else None,
            reason=each.last.reason,
        )
        for each in found
    ]


def _ref(name: str, number: int | None) -> str | None:
    return None if number is None else f"{name}@{number}"


def _moment(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        found = datetime.fromisoformat(cursor)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise CursorUnknown("Take the cursor from `next` of the page before.")
