"""Models opened and moved: what the names of others say, and what their new department may store."""

import threading

import pytest

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM
from aird.catalog import queries, service, upkeep
from aird.catalog.errors import ModelExists
from aird.catalog.models import Visibility
from aird.store.errors import QuotaExceeded
from aird.testing import World


def rename(world: World, by: str, old: str, new: str) -> None:
    actor = world.actor(by)
    with world.database.write() as session:
        upkeep.rename(session, actor, queries.get_model(session, old), new)


def test_a_name_that_leads_to_a_private_model_does_not_say_which(world: World) -> None:
    world.version("platform/old")
    world.version("platform/mine", by="rui")
    rename(world, "sam", "platform/old", "finance/secret")
    with pytest.raises(ModelExists, match="finance/secret"):
        rename(world, "rui", "platform/mine", "platform/old")
    with world.database.write() as session:
        upkeep.change(session, SYSTEM, queries.get_model(session, "finance/secret"), visibility=Visibility.PRIVATE)
    with pytest.raises(ModelExists) as refused:
        rename(world, "rui", "platform/mine", "platform/old")
    assert "secret" not in refused.value.message


def test_a_model_moves_only_where_it_fits(world: World) -> None:
    world.version("support/large", files={"a": b"x" * 100})
    world.version("finance/small", files={"a": b"y" * 20})
    with world.database.write() as session:
        auth.set_quota(session, SYSTEM, auth_queries.get_department(session, "finance"), 119)
    with pytest.raises(QuotaExceeded):
        rename(world, "sam", "support/large", "finance/large")
    with world.database.write() as session:
        auth.set_quota(session, SYSTEM, auth_queries.get_department(session, "finance"), 120)
    rename(world, "sam", "support/large", "finance/large")


def test_of_two_who_open_a_model_at_once_one_is_told_that_it_is_there(world: World) -> None:
    sam, told = world.actor("sam"), []

    def second() -> None:
        try:
            with world.database.write() as session:
                service.add_model(session, sam, "support/mail", "Mail")
        except ModelExists as error:
            told.append(error)

    other = threading.Thread(target=second)
    with world.database.write() as session:
        service.add_model(session, sam, "support/mail", "Mail")
        other.start()
        other.join(0.5)
    other.join(30)
    assert len(told) == 1
