"""The addresses that machines ask, and the doctor's report over the API."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.app import create_app
from aird.store.artifacts import open_store
from aird.testing import World


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.settings, world.database, world.store, reconcile=False)) as opened:
        yield opened


def test_a_server_is_alive_and_ready_for_anybody(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_a_server_without_its_database_is_alive_but_not_ready(settings: Settings) -> None:
    database = Database.open(f"sqlite:///{settings.home / 'nowhere' / 'aird.db'}")
    app = create_app(settings, database, open_store(settings, database), reconcile=False)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    database.engine.dispose()


@pytest.mark.parametrize(("who", "status"), [("noor", 200), ("ada", 200), ("sam", 200), ("lin", 403)])
def test_the_doctors_report_is_for_those_who_run_the_house(
    client: TestClient, world: World, who: str, status: int
) -> None:
    answer = client.get("/api/v1/health", headers={"Authorization": f"Bearer {world.token(who)}"})
    assert answer.status_code == status
    if status == 200:
        found = {each["check"]: each["state"] for each in answer.json()["items"]}
        assert (found["database"], found["audit"]) == ("ok", "ok")
