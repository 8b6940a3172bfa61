"""Nothing that is sent to any route makes the server fail: every answer is a clear one, and soon."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import BaseModel

from aird.server.app import create_app
from aird.testing import World
from tests.server import nasty

SLOWEST = 5.0


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """Sam's client, who may do most; with the admin's rights on top."""
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {world.token('sam')}"}) as c:
        yield c


def check(client: TestClient, method: str, url: str, **sent: Any) -> list[str]:
    """What is wrong with the answer; nothing when all is well."""
    began = time.monotonic()
    answer: Response = client.request(method, url, **sent)
    took = time.monotonic() - began
    wrong = []
    if answer.status_code >= 500 and answer.status_code != 501:
        wrong.append(f"{method} {url[:160]}: {answer.status_code} {answer.text[:300]}")
    if took > SLOWEST:
        wrong.append(f"{method} {url[:160]}: {took:.1f} s")
    return wrong


@pytest.mark.parametrize("kind", list(nasty.RAW))
def test_no_body_makes_a_route_fail(client: TestClient, kind: str) -> None:
    wrong = []
    headers = {"Content-Type": "application/json"}
    for method, route in nasty.calls(client.app):  # type: ignore[arg-type]
        if method != "GET":
            wrong += check(client, method, nasty.address(route), content=nasty.RAW[kind], headers=headers)
    assert not wrong, "\n".join(wrong)


def fields(client: TestClient, route: Any) -> dict[str, Any]:
    """An example of the route's body, by its field names."""
    field = getattr(route.original_route, "body_field", None)
    model = field.field_info.annotation if field is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return dict.fromkeys(model.model_fields, "support/x")


@pytest.mark.parametrize("kind", list(nasty.TEXTS))
def test_no_value_of_a_field_makes_a_route_fail(client: TestClient, kind: str) -> None:
    wrong = []
    for method, route in nasty.calls(client.app):  # type: ignore[arg-type]
        body = fields(client, route)
        for name in body:
            sent = json.dumps({**body, name: nasty.TEXTS[kind]}).encode()
            headers = {"Content-Type": "application/json"}
            wrong += check(client, method, nasty.address(route), content=sent, headers=headers)
    assert not wrong, "\n".join(wrong)
