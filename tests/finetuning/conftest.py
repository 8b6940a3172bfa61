"""Tiny models, and stock clients of the facade behind the gateway."""

from collections.abc import Callable, Iterator

import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from aird.deploy.gateway.app import Gateway
from aird.finetuning.app import create_facade
from aird.testing import World
from tests.tiny import tiny, workshop

__all__ = ["client", "tiny", "workshop"]

Clients = Callable[..., openai.OpenAI]


@pytest.fixture
def client(world: World) -> Iterator[Clients]:
    """Gives the stock client of a person by name."""
    facade = create_facade(world.settings, world.database, world.store)
    app = FastAPI()
    app.mount("/v1", Gateway(world.database, world.settings, facade=facade))
    made = list[TestClient]()

    def of(username: str, key: str = "", **options: str) -> openai.OpenAI:
        made.append(TestClient(app, raise_server_exceptions=False))
        secret = key or world.token(username)
        return openai.OpenAI(
            base_url="http://testserver/v1", api_key=secret, max_retries=0, http_client=made[-1], **options
        )

    yield of
    for each in made:
        each.close()
