"""Models found and described: the list with its filters, one model, the vocabulary of tags."""

import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from aird.auth.deps import ReadSession, public
from aird.auth.permissions import Actor
from aird.catalog import listing, queries, retirement
from aird.catalog.listing import Sort
from aird.catalog.models import Gating, Kind
from aird.catalog.selection import Filters
from aird.core.errors import BadInput
from aird.hub import infos, revisions
from aird.hub.addresses import plain
from aird.hub.deps import CurrentTrees, Endpoint, Reader
from aird.hub.infos import Subject
from aird.hub.revisions import Revision
from aird.hub.shapes import page
from aird.hub.trees import Trees

router = APIRouter()
PAGE, LARGEST_PAGE, LOOKED_AT = 100, 500, 4000
Words = Annotated[list[str] | None, Query(max_length=32)]
_count = re.compile(r"(\d+(?:\.\d+)?)([KMBT]?)", re.ASCII)
_units = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


class QueryRefused(BadInput):
    """The list cannot be narrowed or extended by this"""


@dataclass(frozen=True)
class Wanted:
    """What a client filters by: what the catalog's index finds, and tags that are looked for in each model."""

    filters: Filters
    tags: frozenset[str] = field(default_factory=frozenset)
    gated: bool | None = None
    nothing: bool = False

    def fits(self, subject: Subject) -> bool:
        """Whether the model has what the index does not know."""
        if self.gated is not None and self.gated is (subject.model.gating is Gating.OPEN):
            return False
        return self.tags <= {each.lower() for each in infos.tags(subject)}


def wanted(
    author: str | None, search: str | None, words: list[str], task: str | None, gated: bool | None, size: str | None
) -> Wanted:
    """Raises QueryRefused for a number of parameters that cannot be read."""
    lowest, highest = _sizes(size)
    tags: set[str] = {task.lower()} if task else set()
    kind = base = license = None
    for word in (part.strip() for each in words for part in each.split(",")):
        if word == "peft":
            kind = Kind.ADAPTER
        elif word.startswith("base_model:"):
            base = word.rpartition(":")[2]
            tags.add(word.lower())
        elif word.startswith("license:"):
            license = word.removeprefix("license:")
        elif word:
            tags.add(word.lower())
    filters = Filters(search=search, department=author, kind=kind, license=license, size_min=lowest, size_max=highest)
    return Wanted(filters, frozenset(tags), gated, nothing=base is not None and "/" not in base)


def _sizes(text: str | None) -> tuple[int | None, int | None]:
    """`min:6B,max:128B` as numbers."""
    found: dict[str, int] = {}
    for part in text.split(",") if text else []:
        side, _, number = part.strip().partition(":")
        read = _count.fullmatch(number.upper())
        if side not in ("min", "max") or read is None:
            raise QueryRefused(f"num_parameters={text[:80] if text else ''!r} is not read; write min:6B,max:128B.")
        found[side] = min(int(float(read[1]) * _units[read[2]]), 2**62)
    return found.get("min"), found.get("max")


@router.get("/api/models")
def list_models(
    request: Request,
    session: ReadSession,
    trees: CurrentTrees,
    at: Endpoint,
    actor: Reader,
    author: Annotated[str | None, Query(max_length=96)] = None,
    search: Annotated[str | None, Query(max_length=200)] = None,
    filter: Words = None,
    pipeline_tag: Annotated[str | None, Query(max_length=96)] = None,
    gated: bool | None = None,
    num_parameters: Annotated[str | None, Query(max_length=80)] = None,
    sort: Annotated[str | None, Query(max_length=32)] = None,
    direction: Annotated[str | None, Query(max_length=4)] = None,
    limit: Annotated[int, Query(ge=1, le=10**9)] = PAGE,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    full: bool = False,
    config: bool = False,
    cardData: bool = False,  # noqa: N803
    expand: Words = None,
) -> JSONResponse:
    """Models that the caller may see, newest first; by name with `sort=name`."""
    names = _expanded(request, expand)
    asked = wanted(author, search, filter or [], pipeline_tag, gated, num_parameters)
    order = Sort.NAME if sort in ("name", "id") else Sort.OLDEST if direction == "1" else Sort.NEWEST
    found, following = _page(session, actor, asked, order, cursor, min(limit, LARGEST_PAGE))
    shown = []
    for each in found:
        if names:
            revision = Revision(revisions.Repo(each.model), revisions.MAIN, None, each.version)
            if "siblings" in names or "usedStorage" in names:
                revision = revisions.resolve(session, revisions.Repo(each.model), revisions.MAIN)
            shown.append(infos.chosen(session, trees, revision, each, names))
        else:
            shown.append(_listed(session, trees, each, full=full, config=config, card=cardData))
    return page(shown, at, "/api/models", request.query_params.multi_items(), following)


def _page(
    session: Session, actor: Actor, asked: Wanted, order: Sort, cursor: str | None, limit: int
) -> tuple[list[Subject], str | None]:
    """A page; where the index knows less than was asked for it may be short, and a next one follows."""
    found: list[Subject] = []
    looked = 0
    while not asked.nothing and len(found) < limit and looked < LOOKED_AT:
        size = limit - len(found)
        hits, cursor = listing.models(session, actor, asked.filters, sort=order, cursor=cursor, limit=size)
        by_id = queries.models_by_id(session, [each.id for each in hits])
        models = [by_id[each.id] for each in hits]
        found += [each for each in infos.latest(session, actor, models) if asked.fits(each)]
        looked += len(models)
        if cursor is None:
            return found, None
    return found, cursor if not asked.nothing else None


def _listed(
    session: Session, trees: Trees, subject: Subject, *, full: bool, config: bool, card: bool
) -> dict[str, Any]:
    answer = infos.basics(subject)
    if full:
        revision = revisions.resolve(session, revisions.Repo(subject.model), revisions.MAIN)
        answer["siblings"] = [infos.sibling(each, blobs=False) for each in trees.files(session, revision).values()]
    if card or full:
        answer["cardData"] = subject.card
    if config:
        answer["config"] = infos.config(subject)
    return answer


def _expanded(request: Request, expand: list[str] | None) -> list[str]:
    names = [*(expand or []), *request.query_params.getlist("expand[]")]
    unknown = [each for each in names if each not in infos.EXPANDABLE]
    if unknown:
        known = ", ".join(sorted(infos.EXPANDABLE))
        raise QueryRefused(f"expand={unknown[0][:64]!r} is not known; it may be one of {known}.")
    return names


@router.get("/api/models/{department}/{name}")
@router.get("/api/models/{department}/{name}/revision/{revision:path}")
def model_info(
    department: str,
    name: str,
    request: Request,
    session: ReadSession,
    trees: CurrentTrees,
    actor: Reader,
    revision: str | None = None,
    blobs: bool = False,
    expand: Words = None,
) -> JSONResponse:
    """One model, at a revision."""
    names = _expanded(request, expand)
    repo = revisions.repo(session, actor, department, name)
    found = revisions.resolve(session, repo, plain(revision) if revision else None)
    subject = infos.of_revision(session, actor, found)
    if names:
        answer = infos.chosen(session, trees, found, subject, names)
    else:
        answer = infos.whole(session, trees, found, subject, blobs=blobs)
    headers = {"X-Repo-Commit": found.sha} if found.sha else {}
    if found.version is not None and (warning := retirement.notice(session, found.version, actor)):
        headers["X-HF-Warning"] = warning
    return JSONResponse(answer, headers=headers)


@router.get("/api/models-tags-by-type")
@public
def tags_by_type() -> dict[str, list[dict[str, str]]]:
    """The words that every list can be narrowed by; clients ask for them without a token, so nothing else is said."""
    kinds = {"pipeline_tag": [infos.TASK], "library": ["peft", "safetensors", "transformers"]}
    return {kind: [{"id": each, "label": each, "type": kind} for each in words] for kind, words in kinds.items()}
