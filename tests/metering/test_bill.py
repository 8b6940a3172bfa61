"""The ledger and the bill on a real database."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import TokenKind
from aird.auth.permissions import SYSTEM
from aird.core.clock import now
from aird.core.errors import NotPermitted
from aird.core.http import install_error_handlers
from aird.metering import bills, prices, queries, service
from aird.metering.errors import PriceInThePast
from aird.metering.models import PriceRow, Status, UsageEntry
from aird.metering.prices import Rates, Sku
from aird.metering.routes import router
from aird.metering.service import Answer
from aird.testing import World

MONTH = "2026-10"
START = datetime(2026, 10, 1, tzinfo=UTC)


def note(
    world: World,
    department: str,
    prompt: int,
    completion: int,
    *,
    at: datetime = START,
    token: UUID | None = None,
    request: str = "",
    endpoint: str = "desk",
) -> None:
    """One entry of the ledger."""
    answer = Answer(
        request_id=request or f"chatcmpl-{uuid4().hex}",
        department_id=world.department_id(department),
        endpoint=f"{department}/{endpoint}",
        unit=f"sha256:{'0' * 64}",
        version=f"{department}/bot@1",
        token_id=token,
        person_id=None,
        prompt_tokens=prompt,
        completion_tokens=completion,
        status=Status.OK,
        milliseconds=12,
        ttft_milliseconds=3,
        at=at,
    )
    with world.database.write() as session:
        service.record_answers(session, [answer])


def make_token(world: World, department: str) -> UUID:
    with world.database.write() as session:
        person = auth_queries.get_person(session, "ada")
        owner = auth_queries.get_department(session, department)
        return auth.create_token(
            session, SYSTEM, person, f"{department} app", kind=TokenKind.KEY, department=owner, days=1
        )[0].id


def bill(world: World, month: str = MONTH, departments: frozenset[UUID] | None = None):  # type: ignore[no-untyped-def]
    with world.database.read() as session:
        return bills.bill(session, month, departments)


def test_the_same_request_is_noted_once(world: World):
    note(world, "support", 10, 5, request="chatcmpl-1")
    note(world, "support", 99, 99, request="chatcmpl-1")
    note(world, "support", 1, 1, request="chatcmpl-2")
    with world.database.read() as session:
        assert session.scalar(select(func.sum(UsageEntry.prompt_tokens))) == 11


def test_a_bill_adds_up_however_it_is_grouped(world: World):
    chance = random.Random(5)
    tokens = {key: make_token(world, key) for key in ("support", "finance")}
    entries = [
        (chance.choice(["support", "finance"]), chance.randrange(5000), chance.randrange(900)) for _ in range(60)
    ]
    with world.database.write() as session:  # a price at which every entry has to be rounded
        session.add(PriceRow(sku=Sku.PROMPT, per_million_micro=333_333, valid_from=START))
        session.add(PriceRow(sku=Sku.COMPLETION, per_million_micro=777_777, valid_from=START))
    for department, prompt, completion in entries:
        token = tokens[department] if prompt % 2 else None
        note(world, department, prompt, completion, token=token, endpoint=f"desk{prompt % 3}")
    made = bill(world)
    expected = sum(prices.cost_micro(Rates(333_333, 777_777), p, c) for _, p, c in entries)
    assert made.reconciled
    assert made.total.cost_micro == expected == sum(line.cost_micro for line in made.departments)
    assert expected == sum(line.cost_micro for line in made.keys)
    assert expected == sum(line.cost_micro for line in made.endpoints)
    assert made.total.requests == 60
    assert {line.name for line in made.keys} == {"browser", "support app", "finance app"}


def test_an_entry_keeps_the_price_of_its_moment(world: World):
    middle = START + timedelta(days=10)
    with world.database.write() as session:
        session.add(PriceRow(sku=Sku.PROMPT, per_million_micro=2_000_000, valid_from=START))
        session.add(PriceRow(sku=Sku.PROMPT, per_million_micro=3_000_000, valid_from=middle))
    note(world, "support", 1000, 0, at=middle - timedelta(microseconds=1))
    note(world, "support", 1000, 0, at=middle)
    assert bill(world).total.cost_micro == 2000 + 3000


def test_a_month_has_only_its_own_entries(world: World):
    note(world, "support", 1, 0, at=START - timedelta(microseconds=1))
    note(world, "support", 10, 0, at=START)
    note(world, "support", 100, 0, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert [bill(world, month).total.prompt_tokens for month in ("2026-09", MONTH, "2026-11")] == [1, 10, 100]


def test_an_empty_month_is_a_bill_over_nothing(world: World):
    made = bill(world)
    assert (made.total.requests, made.total.cost_micro, made.departments, made.keys) == (0, 0, [], [])
    assert made.reconciled


def test_a_price_begins_now_or_later_and_is_set_by_an_admin(world: World):
    with world.database.write() as session:
        with pytest.raises(PriceInThePast):
            service.set_price(session, world.actor("ada"), Sku.PROMPT, 5, valid_from=START - timedelta(days=900))
        with pytest.raises(NotPermitted):
            service.set_price(session, world.actor("lin"), Sku.PROMPT, 5)
        service.set_price(session, world.actor("ada"), Sku.PROMPT, 5)
    later = f"{now() + timedelta(days=40):%Y-%m}"
    assert {price.sku: price.per_million_micro for price in bill(world, later).prices}[Sku.PROMPT] == 5


def test_job_time_is_noted_once_per_attempt_and_added_up(world: World):
    job, other = uuid4(), uuid4()
    support, finance = world.department_id("support"), world.department_id("finance")
    with world.database.write() as session:
        for attempt, milliseconds in ((1, 1500), (1, 9999), (2, 500)):
            service.record_job(session, job, attempt, "training.sft", support, milliseconds)
        service.record_job(session, other, 1, "merge.run", finance, 70)
        used = queries.jobs_usage(session, None, None)
        own = queries.jobs_usage(session, None, frozenset({finance}))
    assert {(each.job_id, each.attempts, each.milliseconds) for each in used.jobs} == {
        (job, 2, 2000), (other, 1, 70),
    }  # fmt: skip
    assert [(each.department, each.milliseconds) for each in used.departments] == [
        ("finance", 70), ("support", 2000),
    ]  # fmt: skip
    assert used.total_milliseconds == 2070
    assert [each.job_id for each in own.jobs] == [other]


def test_a_lead_sees_their_own_department_and_an_auditor_sees_all(world: World):
    note(world, "support", 10, 0)
    note(world, "finance", 5, 0)
    app = FastAPI()
    app.state.settings, app.state.database = world.settings, world.database
    install_error_handlers(app)
    app.include_router(router)
    with TestClient(app) as client:

        def get(username: str, path: str = f"/usage?month={MONTH}"):  # type: ignore[no-untyped-def]
            return client.get(path, headers={"authorization": f"Bearer {world.token(username)}"})

        assert get("lin").json()["total"]["prompt_tokens"] == 10
        assert get("noor").json()["total"]["prompt_tokens"] == 15
        assert get("noor", f"/usage?month={MONTH}&department=finance").json()["total"]["prompt_tokens"] == 5
        assert get("lin", f"/usage?month={MONTH}&department=finance").status_code == 403
        assert get("lin", "/usage?month=2026-13").json()["code"] == "month_unreadable"
        assert get("lin", "/usage/jobs").status_code == 200
