"""What the gateway remembers of routes: a refusal is never older than what was deployed a moment ago."""

import asyncio

import pytest

from aird.deploy import service
from aird.deploy.errors import EndpointNotReady, ModelNotServed
from aird.deploy.gateway.access import FRESHER_SECONDS, Access
from aird.testing import World
from tests.deploy.conftest import make_key


def test_an_endpoint_that_has_just_been_made_is_no_longer_refused_as_unknown(world: World):
    access = Access(world.database, world.settings)
    scope = {
        "type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {make_key(world, 'support')}".encode())],
    }  # fmt: skip

    async def work() -> None:
        caller = await access.caller(scope)
        with pytest.raises(ModelNotServed, match="no endpoint 'support/second'"):
            await access.route(caller, "support/second")
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), "support/second", "Second")
        await asyncio.sleep(1.5 * FRESHER_SECONDS)
        with pytest.raises(EndpointNotReady):
            await access.route(caller, "support/second")

    try:
        asyncio.run(work())
    finally:
        access.close()
