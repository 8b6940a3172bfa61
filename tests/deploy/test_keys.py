"""The table of keys: one look for many requests, and a revoked key is forgotten."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.auth import service as auth
from aird.auth.errors import TokenNotValid
from aird.auth.models import Person, Token
from aird.auth.permissions import SYSTEM
from aird.auth.service import Caller
from aird.core.errors import AirdError
from aird.deploy.gateway import keys
from aird.deploy.gateway.keys import Keys
from aird.deploy.gateway.relay import failure
from aird.testing import World
from tests.deploy.conftest import make_key


class Table:
    """A table that is asked on one loop, and what it had to look up."""

    def __init__(self, world: World, secret: str) -> None:
        self.world, self.secret, self.looks = world, secret, 0

    def identify(self) -> Caller | AirdError:
        self.looks += 1
        try:
            with self.world.database.read() as session:
                return auth.caller_by_token(session, self.secret)
        except AirdError as error:
            return error

    async def ask(self, table: Keys) -> Caller:
        return await table.caller(f"Bearer {self.secret}".encode(), self.identify)


def test_many_requests_at_once_are_one_look_and_later_ones_none(world: World):
    own = Table(world, make_key(world, "support"))

    async def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            table = Keys(world.database, pool)
            found = await asyncio.gather(*(own.ask(table) for _ in range(100)))
            await own.ask(table)
            assert len({each.actor.label for each in found}) == 1

    with start_blocking_portal() as portal:
        portal.call(work)
    assert own.looks == 1


def test_an_unknown_key_is_looked_up_once_and_a_key_that_is_made_then_is_found(world: World):
    own = Table(world, "aird_key_nobody")

    async def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            table = Keys(world.database, pool)
            for _ in range(20):
                with pytest.raises(TokenNotValid):
                    await own.ask(table)
            assert own.looks == 1
            make_key(world, "support")  # the fence has moved
            table._read_at = float("-inf")  # a second is over
            with pytest.raises(TokenNotValid):
                await own.ask(table)

    with start_blocking_portal() as portal:
        portal.call(work)
    assert own.looks == 2


@pytest.mark.parametrize("how", ["revoked", "closed"])
def test_a_revoked_key_and_one_whose_owner_has_left_open_nothing(world: World, how: str):
    own = Table(world, make_key(world, "support"))

    def end() -> None:
        with world.database.write() as session:
            token = session.scalars(select(Token).order_by(Token.created_at.desc()).limit(1)).one()
            if how == "revoked":
                auth.revoke_token(session, SYSTEM, token)
            else:
                session.get_one(Person, token.person_id).active = False

    async def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            table = Keys(world.database, pool)
            assert await own.ask(table)
            end()
            table._read_at -= keys.FRESH_SECONDS  # a second is over
            with pytest.raises(AirdError):
                await own.ask(table)

    with start_blocking_portal() as portal:
        portal.call(work)


def test_a_key_that_the_database_cannot_look_up_is_no_bug():
    away = OperationalError("SELECT", {}, OSError("connection refused"))
    assert [failure(each).status for each in (away, PoolTimeout("none is free"), KeyError("x"))] == [503, 503, 500]
