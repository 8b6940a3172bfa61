"""Our half of `benchmarks.catalog`: fill an empty database, ask it the questions, time the answers.

Asked is what the routes ask: the query functions and the shapes that the API shows, each call in a session of its own,
by somebody who does not see every private model.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.auth.permissions import Actor, Grant, Role
from aird.catalog import access, facets, impact, listing, search, views
from aird.catalog.lifecycle import VersionState
from aird.catalog.listing import Sort
from aird.catalog.models import Alias, Kind, Model, Parentage, Relation, Skill, Version
from aird.catalog.selection import Filters
from aird.catalog.views_lineage import impact_read, lineage_read
from aird.core.db import Database
from aird.server.migrate import upgrade_url
from benchmarks.catalog_data import (
    DEPARTMENTS,
    FAMILY,
    LANGUAGES,
    LICENSES,
    PAGE,
    TITLES,
    Line,
    Spec,
    lines,
    member,
    parent_of,
    places,
    private,
    searches,
)
from benchmarks.catalog_timing import timed

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
SUITES = ("general/exam", "house/exam")
STATES = ("draft", "candidate", "approved", "retired")
CHUNK = 5000


def name_of(line: Line) -> str:
    """department/model."""
    return f"{line.department}/{line.slug}"


def fill(url: str, spec: Spec) -> None:
    """Tables by the migrations, rows by bulk, terms by the function that files the models of an older database."""
    upgrade_url(url)
    database = Database.open(url)
    departments = {key: uuid4() for key in DEPARTMENTS}
    keys = {(line.place, number): uuid4() for line in lines(spec) for number in range(1, spec.versions + 1)}
    models = {line.place: uuid4() for line in lines(spec)}
    _insert(database, Department, _departments(departments))
    _insert(database, Model, _models(spec, models, departments))
    _insert(database, Version, _versions(spec, models, keys))
    _insert(database, Parentage, _parentages(spec, keys))
    _insert(database, Skill, _skills(spec, keys))
    _insert(database, Alias, _aliases(spec, models, keys))
    search.fill(database.sessions)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    database.engine.dispose()


def _insert(database: Database, of: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    table: Table = of.__table__
    with database.write() as session:
        while chunk := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
            session.execute(insert(table), chunk)


def _departments(departments: dict[str, UUID]) -> Iterator[dict[str, Any]]:
    for key, its_id in departments.items():
        yield {"id": its_id, "created_at": MOMENT, "key": key, "title": key.title()}


def _models(spec: Spec, models: dict[int, UUID], departments: dict[str, UUID]) -> Iterator[dict[str, Any]]:
    for line in lines(spec):
        yield {
            "id": models[line.place],
            "created_at": MOMENT,
            "updated_at": MOMENT.replace(microsecond=line.place * 7919 % 1_000_000),
            "name": name_of(line),
            "department_id": departments[line.department],
            "title": line.title,
            "description": line.description,
            "tags": list(line.tags),
            "latest_number": spec.versions,
            "visibility": "private" if private(line.place) else "internal",
            "gating": "manual",
        }


def _versions(spec: Spec, models: dict[int, UUID], keys: dict[tuple[int, int], UUID]) -> Iterator[dict[str, Any]]:
    root = keys[member(0, spec)]
    for (place, number), its_id in keys.items():
        adapter = its_id != root and place % 10 != 0
        yield {
            "id": its_id,
            "created_at": MOMENT,
            "model_id": models[place],
            "number": number,
            "kind": Kind.ADAPTER if adapter else Kind.FULL,
            "artifact": f"sha256:{place:032x}{number:032x}",
            "bytes": 1000,
            "parameters": 1000 * (place % 5000 + 1),
            "facts": {"rank": 8, "target_modules": ["q_proj", "v_proj"]},
            "base_id": root if adapter else None,
            "license": LICENSES[place % len(LICENSES)],
            "notes": "",
            "state": STATES[(place + number) % len(STATES)],
            "record": {},
            "card": {"language": LANGUAGES[place % len(LANGUAGES)]},
            "restrictions": [],
            "chip_milliseconds": 0,
            "flop": 0.0,
            "watt_hours": 0.0,
        }


def _parentages(spec: Spec, keys: dict[tuple[int, int], UUID]) -> Iterator[dict[str, Any]]:
    for node in range(1, FAMILY):
        above = parent_of(node)
        assert above is not None
        pair = {"child_id": keys[member(node, spec)], "parent_id": keys[member(above, spec)]}
        yield {**pair, "relation": Relation.CONTINUED, "weight": None}


def _skills(spec: Spec, keys: dict[tuple[int, int], UUID]) -> Iterator[dict[str, Any]]:
    for (place, number), its_id in keys.items():
        for suite in SUITES:
            if number >= spec.versions - 1:
                score = (place * 37 + number) % 100 / 100
                yield {
                    "version_id": its_id, "suite": suite, "metric": "accuracy", "score": score, "low": score,
                    "high": score, "items": 100, "measured_at": MOMENT, "run_id": UUID(int=0),
                }  # fmt: skip


def _aliases(spec: Spec, models: dict[int, UUID], keys: dict[tuple[int, int], UUID]) -> Iterator[dict[str, Any]]:
    for place, model_id in models.items():
        for alias, back in (("production", 1), ("staging", 0)):
            version_id = keys[place, spec.versions - back]
            yield {
                "model_id": model_id, "name": alias, "version_id": version_id, "moved_at": MOMENT, "protected": True,
            }  # fmt: skip


def ask(url: str, spec: Spec, calls: int, seconds: float) -> dict[str, Any]:
    """The questions that MLflow is asked too, then some that it has no answer to."""
    database = Database.open(url)
    names = [name_of(line) for line in lines(spec)]
    with database.read() as session:
        department = session.query(Department).filter_by(key=DEPARTMENTS[0]).one().id
    actor = Actor(uuid4(), "somebody", (Grant(Role.STAFF, department),))
    following: list[str | None] = []

    def pages() -> Iterator[str | None]:
        cursor = None
        for _ in range(calls):
            yield cursor
            cursor = following[-1]

    def models(session: Session, **asked: Any) -> int:
        sort = asked.pop("sort", Sort.NAME)
        found, _ = listing.models(session, actor, Filters(**asked), sort=sort, limit=PAGE)
        return len(views.model_reads(session, actor, found))

    def latest(session: Session, cursor: str | None) -> int:
        found, following_page = listing.versions(session, actor, cursor=cursor, limit=PAGE)
        following.append(following_page)
        return len(views.summaries(session, actor, found))

    def alias(session: Session, place: int) -> int:
        return access.get_ref(session, actor, f"{names[place]}@production").number and 1

    def family(session: Session, ref: str) -> int:
        found = impact.of_version(session, actor, access.get_ref(session, actor, ref), limit=2000)
        return impact_read(ref, found).total

    def graph(session: Session, ref: str) -> int:
        version = access.get_ref(session, actor, ref)
        return len(lineage_read(session, actor, version, hops=50, limit=200).nodes)

    def time(call: Callable[[Session, Any], int], questions: Any, **how: Any) -> dict[str, Any]:
        def alone(question: Any) -> int:
            with database.read() as session:
                return call(session, question)

        return timed(alone, questions, seconds=seconds, **how)

    root = f"{names[0]}@1"
    words = searches(calls)
    found = {
        "search": time(lambda session, pair: models(session, tags=(pair[0],), search=pair[1]), words),
        "latest": time(latest, pages()),
        "alias": time(alias, places(spec, calls)),
        "family": time(family, [root] * min(calls, 40)),
        "graph": time(graph, [root] * min(calls, 40)),
        "chinese": time(lambda session, title: models(session, search=title[:2]), _turns(TITLES, calls)),
        "character": time(lambda session, title: models(session, search=title[0]), _turns(TITLES, calls)),
        "beginning": time(lambda session, pair: models(session, search=pair[1][:4]), words),
        "two beginnings": time(lambda session, pair: models(session, search=f"{pair[1][:4]} aud"), words),
        "newest of a tag": time(lambda session, pair: models(session, tags=(pair[0],), sort=Sort.NEWEST), words),
        "facets": time(lambda session, _: facets.facets(session, actor).models, words),
        "facets of a tag": time(
            lambda session, pair: facets.facets(session, actor, Filters(tags=(pair[0],))).models, words
        ),
        "all versions approved": time(
            lambda session, _: len(
                listing.versions(session, actor, Filters(state=VersionState.APPROVED), every=True, limit=PAGE)[0]
            ),
            words,
        ),
    }
    database.engine.dispose()
    return found


def _turns(texts: tuple[str, ...], calls: int) -> list[str]:
    return [texts[n % len(texts)] for n in range(calls)]
