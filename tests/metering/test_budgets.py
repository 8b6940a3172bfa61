"""Budgets: who sets them, what they say, and that their counters are the ledger's sums."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from aird.audit.models import AuditEntry
from aird.auth.permissions import SYSTEM
from aird.core.clock import now
from aird.core.http import install_error_handlers
from aird.metering import budgets, funds, queries, service
from aird.metering.models import Budget, BudgetKind, BudgetMonth, Lease, OnSpent
from aird.metering.routes import router
from aird.testing import DEPARTMENTS, World
from tests.metering.test_bill import make_token, note

BODY = {"limit_micro": 1_000_000, "alert_percent": 50, "on_spent": "reject"}


@pytest.fixture
def client(world: World) -> TestClient:
    app = FastAPI()
    app.state.settings, app.state.database = world.settings, world.database
    install_error_handlers(app)
    app.include_router(router)
    return TestClient(app)


def bound(
    world: World, limit: int = 1000, kind: BudgetKind = BudgetKind.DEPARTMENT, subject: str = "support"
) -> Budget:
    with world.database.write() as session:
        return budgets.set_budget(
            session, SYSTEM, kind, subject, limit_micro=limit, alert_percent=80, on_spent=OnSpent.REJECT
        )


def test_an_admin_bounds_departments_and_a_lead_what_is_inside_their_own(world: World, client: TestClient):
    def put(who: str, path: str) -> int:
        headers = {"authorization": f"Bearer {world.token(who)}"}
        return client.put(f"/budgets/{path}", json=BODY, headers=headers).status_code

    key = make_token(world, "support")
    assert put("ada", "department/support") == 200
    assert put("lin", "department/support") == 403
    assert put("lin", "endpoint/support/desk") == 200
    assert put("lin", "endpoint/finance/desk") == 403
    assert put("lin", f"key/{key}") == 200
    assert put("omar", f"key/{key}") == 403
    assert put("noor", "endpoint/support/desk") == 403
    assert put("ada", "department/nobody") == 404
    assert put("ada", f"key/{uuid4()}") == 404
    assert put("ada", "key/x") == 404


def test_a_budget_shows_what_was_used_and_is_seen_by_those_who_may(world: World, client: TestClient):
    note(world, "support", 1000, 100, at=now())
    lin, omar = ({"authorization": f"Bearer {world.token(who)}"} for who in ("lin", "omar"))
    made = client.put("/budgets/endpoint/support/desk", json=BODY, headers=lin).json()
    assert (made["used_micro"], made["reserved_micro"], made["department"]) == (1400, 0, "support")
    assert client.get("/budgets/endpoint/support/desk", headers=lin).json() == made
    assert client.get("/usage/budgets", headers=lin).json() == {"items": [made]}
    assert client.get("/usage/budgets", headers=omar).json() == {"items": []}
    assert client.get("/budgets/endpoint/support/desk", headers=omar).status_code == 403
    assert client.delete("/budgets/endpoint/support/desk", headers=lin).status_code == 204
    assert client.get("/budgets/endpoint/support/desk", headers=lin).status_code == 404
    assert client.delete("/budgets/endpoint/support/desk", headers=lin).status_code == 404


def test_a_budget_is_called_by_the_title_of_its_department_and_the_name_of_its_key(world: World):
    key = make_token(world, "support")
    bound(world)
    bound(world, kind=BudgetKind.KEY, subject=str(key))
    with world.database.read() as session:
        named = {each.kind: each.name for each in budgets.read(session, None)}
    assert named[BudgetKind.DEPARTMENT] == DEPARTMENTS["support"]
    assert named[BudgetKind.KEY].startswith("support app (")


def test_what_a_budget_has_used_is_the_ledgers_sum_however_often_entries_come(world: World):
    budget = bound(world, 10**9)
    for number in range(5):
        note(world, "support", 700 + number, 90, at=now(), request=f"chatcmpl-{number % 3}")
    note(world, "finance", 999, 999, at=now())
    with world.database.write() as session:
        service.record_job(session, uuid4(), 1, "merge.run", world.department_id("support"), 12_345)
        month = funds.month_of(now())
        expected = queries.used_micro(session, month, budget.kind, budget.subject, budget.department_id)
        found = session.scalar(select(BudgetMonth.used_micro).where(BudgetMonth.budget_id == budget.id))
    assert found == expected > 0


def test_an_alert_is_put_on_record_once(world: World):
    bound(world, 1000)
    for _ in range(3):
        note(world, "support", 400, 0, at=now())
    with world.database.read() as session:
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.event == "metering.budget.alerted")).all()
    assert len(events) == 1


def test_what_is_lent_and_used_is_never_more_than_the_limit(world: World):
    budget, month, mine, theirs = bound(world, 100), funds.month_of(now()), uuid4(), uuid4()

    def lend(holder, need: int, wish: int = 0) -> int:  # type: ignore[no-untyped-def]
        with world.database.write() as session:
            return funds.lend(session, budget.id, month, holder, need=need, wish=wish)[0]

    assert lend(mine, 40, 60) == 60
    assert lend(theirs, 50) == 0
    assert lend(theirs, 40) == 40
    assert lend(mine, 1) == 0
    with world.database.write() as session:
        funds.give_back(session, budget.id, month, mine, 60)
    assert lend(theirs, 50, 90) == 60
    with world.database.write() as session:
        funds.end_leases(session, theirs)
    assert lend(mine, 100) == 100


def test_a_lease_whose_gateway_was_silent_for_an_hour_is_taken_back(world: World):
    budget, month = bound(world, 100), funds.month_of(now())
    lost, alive = uuid4(), uuid4()
    with world.database.write() as session:
        for holder in (lost, alive):
            assert funds.lend(session, budget.id, month, holder, need=50, wish=50)[0] == 50
        session.execute(update(Lease).values(renewed_at=now() - 2 * funds.LOST_AFTER))
        funds.renew(session, alive)
        assert funds.end_lost_leases(session) == 1
        assert session.scalars(select(Lease.holder)).all() == [alive]


def test_a_forecast_goes_on_at_the_pace_of_the_last_days():
    tenth = datetime(2026, 11, 11, tzinfo=UTC)  # ten of thirty days are over
    assert budgets.forecast_micro(1000, 700, 7.0, tenth) == 1000 + 100 * 20
    assert budgets.forecast_micro(0, 0, 7.0, tenth) == 0
    assert budgets.forecast_micro(500, 0, 0.0, tenth) == 500


def test_the_price_book_shows_its_history_and_what_counts_now(world: World, client: TestClient):
    headers = {"authorization": f"Bearer {world.token('ada')}"}
    for micro in (7, 8):
        assert client.post(
            "/usage/prices", json={"sku": "time.chip.A100", "per_million_micro": micro}, headers=headers
        ).status_code == 201  # fmt: skip
    bad = client.post("/usage/prices", json={"sku": "time.chip.", "per_million_micro": 1}, headers=headers)
    assert bad.status_code == 422
    items = client.get("/usage/prices", headers=headers).json()["items"]
    flavoured = [(each["per_million_micro"], each["present"]) for each in items if each["sku"] == "time.chip.A100"]
    assert flavoured == [(8, True), (7, False)]
    defaults = {each["sku"]: each["present"] for each in items if each["valid_from"] is None}
    assert defaults["tokens.prompt"] is True
