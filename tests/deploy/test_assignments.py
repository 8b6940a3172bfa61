"""Where a model worked, from when until when, as the endpoints' history and the audit log have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version, Visibility
from aird.deploy import assignments, queries, service
from aird.deploy.assignments import Assignment, Turns
from aird.testing import World
from tests.deploy.conftest import Stage, approved, deploy, make_app

NAME = "support/desk"
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_assignment_ends_with_the_next_one_or_with_a_stop() -> None:
    at = [START + timedelta(days=day) for day in range(6)]
    turns = Turns(deployed=[(1, at[0]), (3, at[1]), (4, at[4])], stopped=[at[2], at[5]])
    assert turns.end(1, at[0]) == at[1]
    assert turns.end(3, at[1]) == at[2]
    assert turns.end(4, at[4]) == at[5]
    assert Turns(turns.deployed, [at[2]]).end(4, at[4]) is None


@pytest.mark.postgres
def test_the_history_of_a_model_has_every_endpoint_and_every_turn(world: World) -> None:
    first, other = approved(world, "support/mail"), approved(world, "support/calls")
    with world.database.write() as session:
        service.create_endpoint(session, world.actor("sam"), NAME, "Help desk")
    deploy(world, NAME, first)
    deploy(world, NAME, other)
    with world.database.write() as session:
        service.rollback(session, world.actor("sam"), queries.get_endpoint(session, NAME), reason="Worse on mail")
    with world.database.write() as session:
        service.stop(session, world.actor("sam"), queries.get_endpoint(session, NAME), reason="Moved")
    back, was = told(world, first)
    assert (back.version, back.action, back.reason) == (first.ref, "rolled_back", "Worse on mail")
    assert (was.version, was.action, was.endpoint, was.department) == (first.ref, "promoted", NAME, "support")
    [between] = told(world, other)
    assert was.until == between.since
    assert between.until == back.since
    assert back.until is not None
    assert back.until >= back.since
    deploy(world, NAME, other)
    again, _ = told(world, other)
    assert again.until is None
    assert told(world, first)[0].until == back.until


def test_the_api_tells_it_to_those_who_may_see_the_model(world: World) -> None:
    version = approved(world, "support/mail")
    app = make_app(Stage(world))
    deploy(world, NAME, version)
    with world.database.write() as session:
        catalog_queries.get_model(session, "support/mail").visibility = Visibility.PRIVATE
    with TestClient(app) as client:

        def ask(username: str, model: str = "support/mail") -> Any:
            headers = {"authorization": f"Bearer {world.token(username)}"}
            answer = client.get(f"/api/v1/models/{model}/assignments", headers=headers)
            return answer.json()["items"] if answer.is_success else answer.json()["code"]

        [found] = ask("lin")
        assert (found["endpoint"], found["version"], found["until"]) == (NAME, version.ref, None)
        assert ask("lin", "support/none") == ask("omar") == "model_not_found"


def told(world: World, version: Version) -> list[Assignment]:
    """Where the version's model worked."""
    with world.database.read() as session:
        return assignments.of_model(session, catalog_queries.get_model(session, version.model.name))
