"""Trials under real requests: through the gateway, to runtime processes with a fake model."""

from collections.abc import Iterator

import openai
import pytest
from sqlalchemy import select

from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Version
from aird.deploy import queries, service
from aird.deploy.delivery import queries as delivery_queries
from aird.deploy.delivery import service as delivery
from aird.deploy.delivery.conductor import Conductor
from aird.deploy.delivery.models import Better, Pair, Rollout, RolloutState
from aird.deploy.delivery.schemas import RolloutStart
from aird.metering.models import UsageEntry
from aird.testing import World
from tests.deploy.conftest import Stage, approved, deploy, move, serving, until

NAME = "support/desk"
ASK = [{"role": "user", "content": "short"}]


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    made = Stage(world)
    made.base = world.version("platform/base", kind=Kind.BASE)
    yield from serving(made)


def start(stage: Stage, version: Version, **body: object) -> Rollout:
    """Try the version, and wait until the route has it."""
    asked = RolloutStart(**{"version": version.ref, "window_seconds": 0, "least": 5, "by_request": True, **body})  # type: ignore[arg-type]
    actor = stage.world.actor("sam")
    with stage.world.database.write() as session:
        found = catalog_queries.version_by_id(session, version.id)
        rollout = delivery.start(session, actor, queries.get_endpoint(session, NAME), found, asked)
    stage.reconciler.wake()
    until(lambda: has_share(stage), "the candidate is ready")
    return rollout


def has_share(stage: Stage) -> bool:
    with stage.world.database.read() as session:
        route = next(each for each in queries.routes(session) if each.name == NAME)
        return len(route.arms) == 2 or route.shadow is not None


def units(client: openai.OpenAI, number: int) -> list[str]:
    """Which version gave each of so many answers."""
    return [client.chat.completions.create(model=NAME, messages=ASK).model.partition("@")[2] for _ in range(number)]  # type: ignore[arg-type]


def rollout(stage: Stage) -> Rollout:
    with stage.world.database.read() as session:
        return delivery_queries.rollouts(session, queries.get_endpoint(session, NAME))[0]


def test_a_canary_answers_its_share_is_promoted_and_leaves_when_it_is_suspended(stage: Stage) -> None:
    old, tried = stage.adapter("support/old"), stage.adapter("support/tried")
    stage.put(old)
    client = stage.client(stage.key())
    start(stage, tried, steps=[500], tolerance=1)
    until(lambda: len(set(units(client, 4))) == 2, "both answer")
    until(lambda: units(client, 3) and stage.ledger() and judged(stage), "it is promoted")
    assert rollout(stage).state is RolloutState.PASSED
    until(lambda: alone(client, tried), "all callers meet the new one")

    with stage.world.database.write() as session:
        move(session, tried, VersionState.SUSPENDED)
    until(lambda: not meets(client, tried), "the suspended version is out of the route", seconds=5)
    with stage.world.database.write() as session:
        service.rollback(session, stage.world.actor("sam"), queries.get_endpoint(session, NAME), reason="Suspended")
    stage.reconciler.wake()
    until(lambda: meets(client, old), "the one before answers again")
    assert alone(client, old)


def judged(stage: Stage) -> bool:
    Conductor(stage.world.database, stage.world.settings).conduct()
    return not rollout(stage).is_open


def alone(client: openai.OpenAI, version: Version) -> bool:
    """Whether the version gives every answer: a route that draws by request would hardly give it so many in a row."""
    return set(units(client, 12)) == {version.artifact[7:19]}


def meets(client: openai.OpenAI, version: Version) -> bool:
    """Whether the version answers the next question."""
    try:
        return units(client, 1) == [version.artifact[7:19]]
    except openai.InternalServerError:
        return False


def test_a_shadow_is_asked_the_same_and_its_answers_reach_nobody(stage: Stage) -> None:
    old, tried = stage.adapter("support/old"), stage.adapter("support/tried")
    with stage.world.database.write() as session:
        service.create_endpoint(session, stage.world.actor("sam"), "support/judge", "Judge")
    judge = approved(stage.world, "support/arbiter", "support/judge", kind=Kind.ADAPTER, base=stage.base)
    deploy(stage.world, "support/judge", judge)
    stage.put(old)
    client = stage.client(stage.key())
    start(stage, tried, kind="shadow", share=1000, agreed="They were told", judge="support/judge")
    until(lambda: set(units(client, 1)) == {old.artifact[7:19]} and bool(pairs(stage)), "there are pairs")

    pair = pairs(stage)[0]
    assert pair.question == "user: short"
    assert (pair.baseline, pair.candidate) == (f"{old.artifact[7:19]} 2 3 4 5 ", f"{tried.artifact[7:19]} 2 3 4 5 ")
    until(lambda: len(experiments(stage)) >= 3, "the copy is charged, and the judge's two looks")
    assert {(each.endpoint, each.unit) for each in experiments(stage)[:3]} == {
        (NAME, tried.artifact), ("support/judge", judge.artifact),
    }  # fmt: skip
    with stage.world.database.write() as session:
        found = session.get_one(Pair, pair.id)
        assert found.better is None  # this judge's words mean nothing, so people decide
        delivery.vote(session, stage.world.actor("lin"), queries.get_endpoint(session, NAME), found, "first")
        assert found.better is (Better.CANDIDATE if pair.swapped else Better.BASELINE)


def pairs(stage: Stage) -> list[Pair]:
    with stage.world.database.read() as session:
        return list(session.scalars(select(Pair).order_by(Pair.created_at)))


def experiments(stage: Stage) -> list[UsageEntry]:
    return [each for each in stage.ledger() if each.experiment]
