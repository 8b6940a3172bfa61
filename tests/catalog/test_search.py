"""What a model is found by follows what is true of it, in the transaction that makes it true."""

from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from aird.auth.permissions import SYSTEM
from aird.catalog import listing, queries, search, service, terms
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Model, SearchTerm
from aird.catalog.selection import Filters, Floor
from aird.server.migrate import upgrade_url
from aird.testing import World


def found(session: Session, **asked: Any) -> list[str]:
    return [each.name for each in listing.models(session, SYSTEM, Filters(**asked))[0]]


def terms_of(session: Session, name: str) -> set[str]:
    return set(session.scalars(select(SearchTerm.term).where(SearchTerm.name == name)))


def test_a_model_is_found_from_the_moment_it_is_opened(world: World) -> None:
    with world.database.write() as session:
        service.add_model(session, SYSTEM, "hr/leave", "Holidays", description="Says how many days are left")
        assert found(session, search="holi") == found(session, search="DAYS are") == ["hr/leave"]
        session.rollback()
    with world.database.read() as session:
        assert found(session, search="holi") == []


def test_terms_follow_the_latest_version_alone(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    first = world.version("support/mail", kind=Kind.ADAPTER, base=base)
    world.score(first, "support/exam", 0.5)
    with world.database.read() as session:
        asked = {"kind": Kind.ADAPTER, "base": "platform/base", "skills": (Floor("support/exam"),)}
        assert found(session, state=VersionState.CANDIDATE, **asked) == ["support/mail"]
    world.version("support/mail", kind=Kind.FULL)
    world.score(first, "support/other", 0.5)
    with world.database.read() as session:
        assert found(session, kind=Kind.ADAPTER) == found(session, base="platform/base") == []
        assert found(session, skills=(Floor("support/other"),)) == []
        assert found(session, kind=Kind.FULL, state=VersionState.DRAFT) == ["support/mail"]


def test_a_state_is_found_as_soon_as_it_is_reached(world: World) -> None:
    version = world.version("support/mail")
    for move, state in ((service.suspend, "suspended"), (service.reinstate, "draft"), (service.retire, "retired")):
        with world.database.write() as session:
            move(session, SYSTEM, world.reload(session, version), reason="because")
        with world.database.read() as session:
            assert {term for term in terms_of(session, "support/mail") if term[:7] == "@state:"} == {f"@state:{state}"}


def test_what_is_no_longer_said_is_no_longer_found(world: World) -> None:
    world.version("support/mail")
    with world.database.write() as session:
        model = queries.get_model(session, "support/mail")
        before = model.updated_at
        model.title, model.tags = "客服助手", ["邮件"]
        search.reindex(session, model)
        assert model.updated_at > before
    with world.database.read() as session:
        for word in ("客", "客服", "助手", "客服助手", "邮", "support"):
            assert found(session, search=word) == ["support/mail"], word
        assert found(session, search="服客") == []
        assert found(session, tags=("邮件",)) == ["support/mail"]


def test_a_model_with_a_new_name_is_found_by_that_alone(world: World) -> None:
    world.version("support/mail")
    with world.database.write() as session:
        model = queries.get_model(session, "support/mail")
        model.name, model.title = "support/post", "Letters"
        search.reindex(session, model)
    with world.database.read() as session:
        assert terms_of(session, "support/mail") == set()
        assert found(session, search="post") == found(session) == ["support/post"]
        assert found(session, search="mail") == []


def test_a_database_without_terms_is_filled_when_it_is_brought_up(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["hr/a", "hr/b", "support/c"]
    for name in names:
        world.version(name)
    with world.database.write() as session:
        moments = {row.name: row.updated_at for row in session.execute(select(Model.name, Model.updated_at))}
        before = {name: terms_of(session, name) for name in names}
        session.execute(delete(SearchTerm))
    with world.database.read() as session:
        assert found(session) == []
    monkeypatch.setattr(search, "BATCH", 2)
    upgrade_url(database_url)
    with world.database.read() as session:
        assert {name: terms_of(session, name) for name in names} == before
        assert {row.name: row.updated_at for row in session.execute(select(Model.name, Model.updated_at))} == moments
    assert search.fill(world.database.sessions) == 0


def test_new_rules_file_every_model_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.version("hr/a")
    monkeypatch.setattr(terms, "EVERY", "@2")
    assert search.fill(world.database.sessions) == 1
    with world.database.read() as session:
        assert {"@2"} == {term for term in terms_of(session, "hr/a") if term in ("@1", "@2")}


def test_writing_again_what_is_there_changes_no_row(world: World) -> None:
    world.version("hr/a")
    with world.database.write() as session:
        before = terms_of(session, "hr/a")
        search.reindex(session, queries.get_model(session, "hr/a"))
        assert terms_of(session, "hr/a") == before
