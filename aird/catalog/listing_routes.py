"""Lists over HTTP: models and versions a page at a time, and what they could be narrowed by."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from aird.auth.deps import ReadSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import facets, listing, organisation, views
from aird.catalog.cursors import CursorUnknown
from aird.catalog.lifecycle import VersionState
from aird.catalog.listing import Sort
from aird.catalog.models import Kind
from aird.catalog.names import NameRefused
from aird.catalog.schemas import ModelRead, VersionSummary
from aird.catalog.schemas_listing import Facets
from aird.catalog.schemas_organisation import OrganisationRead
from aird.catalog.selection import Filters, FilterUnknown, Floor
from aird.core.http import problems
from aird.core.schemas import LARGEST, Page

router = APIRouter(tags=["catalog"])

Reader = Annotated[Actor, permit(Permission.READ_MODELS)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1000)]
Word = Annotated[str | None, Query(max_length=128)]
Words = Annotated[list[Annotated[str, Query(max_length=128)]], Query(max_length=16)]
Parameters = Annotated[int | None, Query(ge=0, le=LARGEST)]


def filters(
    search: Annotated[
        str | None, Query(max_length=200, description="Words, or their beginnings; all must occur")
    ] = None,
    department: Word = None,
    kind: Kind | None = None,
    state: VersionState | None = None,
    base: Annotated[str | None, Query(max_length=200, description="department/model, or one version of it")] = None,
    license: Word = None,
    language: Word = None,
    size: Annotated[str | None, Query(max_length=16, description="A class of size as the facets name them")] = None,
    size_min: Annotated[Parameters, Query(description="Parameters")] = None,
    size_max: Annotated[Parameters, Query(description="Parameters")] = None,
    tag: Annotated[Words, Query(description="All of them must be there")] = [],  # noqa: B006
    skill: Annotated[Words, Query(description="suite:score, or a suite alone; all must be reached")] = [],  # noqa: B006
) -> Filters:
    """What a list is narrowed by, from the query of its address."""
    return Filters(
        search=search,
        department=department,
        tags=tuple(tag),
        language=language,
        kind=kind,
        state=state,
        base=base,
        license=license,
        size=size,
        size_min=size_min,
        size_max=size_max,
        skills=tuple(Floor.parse(each) for each in skill),
    )


Narrowed = Annotated[Filters, Depends(filters)]


@router.get("/models", responses=problems(CursorUnknown, FilterUnknown, NameRefused))
def list_models(
    session: ReadSession,
    actor: Reader,
    narrowed: Narrowed,
    sort: Sort = Sort.NAME,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ModelRead]:
    """Models whose latest version has these facts, by name or by the time of their last change."""
    found, following = listing.models(session, actor, narrowed, sort=sort, cursor=cursor, limit=limit)
    return Page(items=views.model_reads(session, actor, found), next=following)


@router.get("/models/facets", responses=problems(FilterUnknown, NameRefused))
def count_facets(session: ReadSession, actor: Reader, narrowed: Narrowed) -> Facets:
    """What the list of models could be narrowed by further, and how many models each choice would leave."""
    return facets.facets(session, actor, narrowed)


@router.get("/versions", responses=problems(CursorUnknown, FilterUnknown, NameRefused))
def list_versions(
    session: ReadSession,
    actor: Reader,
    narrowed: Narrowed,
    all: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[VersionSummary]:
    """The latest version of every model; with `all`, every version with these facts."""
    found, following = listing.versions(session, actor, narrowed, every=all, cursor=cursor, limit=limit)
    return Page(items=views.summaries(session, actor, found), next=following)


@router.get("/organisation")
def read_organisation(
    session: ReadSession, actor: Annotated[Actor, permit(Permission.READ_ORGANISATION)]
) -> OrganisationRead:
    """Departments, their people and models, and what nobody answers for."""
    return organisation.organisation(session, actor)
