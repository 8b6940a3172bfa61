"""What stands on a private base says nothing of it to who may not see it."""

import pytest

from aird.catalog import queries, views
from aird.catalog.models import Kind, Relation, Version, Visibility
from aird.catalog.schemas import VersionRead
from aird.catalog.service import Parent
from aird.testing import World

BASE = "finance/foundation"


@pytest.fixture
def helper(world: World) -> Version:
    """An adapter of support, taught by finance's private base, which it also stands on."""
    base = world.version(BASE, kind=Kind.BASE)
    with world.database.write() as session:
        queries.get_model(session, BASE).visibility = Visibility.PRIVATE
    facts = {"differences": [{"what": "chat_template", "file": "chat_template.jinja", "base": None, "own": "b" * 64}]}
    parents = [Parent(base, Relation.TEACHER)]
    made = world.version("support/helper", kind=Kind.ADAPTER, base=base, facts=facts, parents=parents)
    with world.database.write() as session:
        world.reload(session, made).record = {"kind": "training.distill", "recipe": {"teachers": [base.ref]}}
    return made


def read(world: World, helper: Version, username: str) -> VersionRead:
    with world.database.read() as session:
        return views.version_read(session, world.store, world.actor(username), world.reload(session, helper))


@pytest.mark.parametrize(("username", "named"), [("lin", False), ("omar", True), ("sam", True)])
def test_lists_and_pages_name_the_base_to_who_may_see_it(
    world: World, helper: Version, username: str, named: bool
) -> None:
    actor = world.actor(username)
    with world.database.read() as session:
        [summary] = views.summaries(session, actor, [helper])
        [model] = views.model_reads(session, actor, [queries.get_model(session, "support/helper")])
    assert model.latest is not None
    assert [summary.base, model.latest.base] == [f"{BASE}@1" if named else None] * 2
    assert (BASE in read(world, helper, username).model_dump_json()) is named


def test_the_recipe_is_told_to_who_may_see_every_parent(world: World, helper: Version) -> None:
    hidden, shown = (read(world, helper, username).training for username in ("lin", "omar"))
    assert hidden is not None and shown is not None  # noqa: PT018
    assert (hidden.recipe, hidden.kind) == ({}, "training.distill")
    assert shown.recipe == {"teachers": [f"{BASE}@1"]}


def test_what_differs_is_told_without_what_it_differs_from(world: World, helper: Version) -> None:
    assert [each.against for each in read(world, helper, "lin").differences] == [None]
    assert [each.against for each in read(world, helper, "omar").differences] == [f"{BASE}@1"]
