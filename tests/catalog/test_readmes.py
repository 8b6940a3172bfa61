"""The card that is written for a version without one: the same for all who read it, so it names what all may see."""

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, readmes, service, upkeep
from aird.catalog.models import Kind, Relation, Version, Visibility
from aird.catalog.service import Parent
from aird.testing import World

BASE, TEACHER, HEIR = "finance/secret", "finance/mentor", "finance/heir"


@pytest.fixture
def child(world: World) -> Version:
    """A retired adapter with a base, a teacher and a successor."""
    base, teacher, heir = (world.version(name) for name in (BASE, TEACHER, HEIR))
    made = world.version("finance/child", kind=Kind.ADAPTER, base=base, parents=[Parent(teacher, Relation.TEACHER)])
    with world.database.write() as session:
        old, new = (queries.version_by_id(session, each.id) for each in (made, heir))
        service.retire(session, SYSTEM, old, reason="old", successor=new)
    return made


def card(world: World, version: Version) -> str:
    with world.database.read() as session:
        return (readmes.written(session, world.store, world.reload(session, version)) or b"").decode()


def hide(world: World, *names: str) -> None:
    with world.database.write() as session:
        for name in names:
            upkeep.change(session, SYSTEM, queries.get_model(session, name), visibility=Visibility.PRIVATE)


def test_a_card_names_relatives_that_everybody_sees(world: World, child: Version) -> None:
    assert all(name in card(world, child) for name in (BASE, TEACHER, HEIR))


def test_a_card_names_no_private_relative_unless_the_model_itself_is_as_private(world: World, child: Version) -> None:
    hide(world, BASE, TEACHER, HEIR)
    assert not any(name in card(world, child) for name in (BASE, TEACHER, HEIR))
    hide(world, "finance/child")
    assert all(name in card(world, child) for name in (BASE, TEACHER, HEIR))
