"""Bills as files, time of chips on the bill, and what keeping a version ready costs."""

import csv
import random
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from sqlalchemy import select

from aird.core.clock import now
from aird.metering import bills, exports, prices, service, upkeep
from aird.metering.models import ComputeEntry, EngineEntry, PriceRow
from aird.metering.prices import Rates, Sku
from aird.metering.upkeep import Held
from aird.testing import World
from tests.metering.test_bill import MONTH, START, make_token, note

UNIT = f"sha256:{'0' * 64}"


def a_month(world: World) -> None:
    """Some answers and a job, at prices at which every entry has to be rounded, one of which changes."""
    chance = random.Random(7)
    middle = START + timedelta(days=12)
    with world.database.write() as session:
        for sku, micro, since in (
            (Sku.PROMPT, 333_333, START), (Sku.COMPLETION, 777_777, START), (Sku.CACHED, 111_111, START),
            (Sku.PROMPT, 555_555, middle), ("time.chip.A100", 7_777_777, START),
        ):  # fmt: skip
            session.add(PriceRow(sku=sku, per_million_micro=micro, valid_from=since))
    token = make_token(world, "support")
    for number in range(40):
        note(
            world, chance.choice(["support", "finance"]), chance.randrange(5000), chance.randrange(900),
            at=START + timedelta(hours=chance.randrange(600)), token=token if number % 3 else None,
            endpoint=f"desk{number % 2}",
        )  # fmt: skip
    with world.database.write() as session:
        for department, chip, milliseconds in (("support", "A100", 1_234_567), ("finance", "cpu", 999)):
            session.add(
                ComputeEntry(
                    job_id=uuid4(), attempt=1, at=START + timedelta(days=2), kind="training.sft", chip=chip,
                    department_id=world.department_id(department), milliseconds=milliseconds,
                )
            )  # fmt: skip


def test_a_bill_counts_the_time_of_chips_at_the_price_of_their_flavour(world: World):
    a_month(world)
    with world.database.read() as session:
        made = bills.bill(session, MONTH, None)
    assert made.reconciled
    assert made.compute_micro == prices.held_micro(7_777_777, 1_234_567) + prices.held_micro(100_000, 999)
    assert made.total_micro == made.total.cost_micro + made.compute_micro
    assert made.total_micro == sum(each.total_micro for each in made.departments)
    assert made.total.cost_micro == sum(each.cost_micro for each in made.versions)
    assert {(each.department, each.chip, each.jobs) for each in made.compute} == {
        ("support", "A100", 1), ("finance", "cpu", 1)
    }  # fmt: skip


def test_a_department_that_only_trained_has_a_line(world: World):
    with world.database.write() as session:
        service.record_job(session, uuid4(), 1, "merge.run", world.department_id("hr"), 50_000)
    with world.database.read() as session:
        made = bills.bill(session, None, None)
    assert [(each.department, each.requests, each.total_micro) for each in made.departments] == [("hr", 0, 5_000)]
    assert made.reconciled


def test_the_files_of_a_bill_add_up_to_it(world: World):
    a_month(world)
    with world.database.read() as session:
        made = bills.bill(session, MONTH, None)
        plain, focus = exports.bill_csv(session, MONTH, None), exports.focus_csv(session, MONTH, None)
        other = bills.bill(session, "2026-09", None)
    assert exports.reconciles(made, plain)
    assert not exports.reconciles(other, plain)
    rows = list(csv.DictReader(StringIO(focus)))
    assert sum(Decimal(row["EffectiveCost"]) for row in rows) * 10**6 == made.total_micro
    tokens = sum(int(row["ConsumedQuantity"]) for row in rows if row["ConsumedUnit"] == "Tokens")
    assert tokens == made.total.prompt_tokens + made.total.completion_tokens
    assert {row["SubAccountId"] for row in rows} == {"support", "finance"}
    assert {row["ChargePeriodStart"] for row in rows} == {"2026-10-01T00:00:00Z", "2026-10-13T00:00:00Z"}
    one = next(row for row in rows if row["PricingUnit"] == "1000000 Tokens")
    cost = Decimal(one["PricingQuantity"]) * Decimal(one["ListUnitPrice"])
    assert abs(cost - Decimal(one["ListCost"])) < Decimal("0.0001")


def test_a_name_is_no_formula_in_a_spreadsheet(world: World):
    note(world, "support", 5, 5, endpoint="=cmd()")
    with world.database.read() as session:
        text = exports.bill_csv(session, MONTH, None)
    [row, _total] = csv.DictReader(StringIO(text))
    assert row["endpoint"] == "support/=cmd()"
    assert exports._plain("=cmd()") == "'=cmd()"


def test_cached_tokens_have_a_price_of_their_own_where_the_book_has_one():
    assert prices.cost_micro(Rates(1_000_000, 0), 1000, 0, 400) == 1000
    assert prices.cost_micro(Rates(1_000_000, 0, 100_000), 1000, 0, 400) == 600 + 40
    assert prices.most_micro(Rates(1_000_000, 0, 100_000), 1000, 0) == 1000
    assert prices.most_micro(Rates(1_000_000, 0, 3_000_000), 1000, 0) == 3000


def test_the_time_that_a_version_is_kept_ready_is_counted_once_by_however_many_servers(world: World):
    held = [Held(world.department_id("support"), "support/desk", UNIT, "cpu", 0.5)]
    with world.database.write() as session:
        upkeep.note(session, held)
        entry = session.scalars(select(EngineEntry)).one()
        assert (entry.milliseconds, entry.busy_milliseconds) == (0, 0)
        entry.noted_until -= timedelta(seconds=100)
        entry.hour = entry.noted_until.replace(minute=0, second=0, microsecond=0)
    with world.database.write() as session:
        upkeep.note(session, held)
        upkeep.note(session, held)
        total = sum(each.milliseconds for each in session.scalars(select(EngineEntry)))
    assert 50_000 <= total < 60_000  # half of a hundred seconds, and of what passed since


def test_the_time_in_which_the_server_was_off_is_not_counted(world: World):
    held = [Held(world.department_id("support"), "support/desk", UNIT, "cpu", 1.0)]
    with world.database.write() as session:
        upkeep.note(session, held)
        entry = session.scalars(select(EngineEntry)).one()
        entry.noted_until -= timedelta(hours=2)
        entry.hour -= timedelta(hours=2)
    with world.database.write() as session:
        upkeep.note(session, held)
        assert sum(each.milliseconds for each in session.scalars(select(EngineEntry))) == 0
    with world.database.write() as session:
        newest = session.scalars(select(EngineEntry).order_by(EngineEntry.noted_until.desc())).first()
        assert newest is not None
        newest.noted_until -= timedelta(seconds=100)  # from here on it counts again
    with world.database.write() as session:
        upkeep.note(session, held)
        assert sum(each.milliseconds for each in session.scalars(select(EngineEntry))) >= 100_000


def test_a_million_tokens_cost_what_was_held_and_idle_time_stands_apart(world: World):
    note(world, "support", 600, 400, at=now())
    hour = now().replace(minute=0, second=0, microsecond=0)
    with world.database.write() as session:
        session.add(
            EngineEntry(
                hour=hour, department_id=world.department_id("support"), endpoint="support/desk", unit=UNIT,
                chip="cpu", milliseconds=1_000_000, busy_milliseconds=250_000, noted_until=hour,
            )
        )  # fmt: skip
    with world.database.read() as session:
        [line] = upkeep.unit_costs(session, None, None).items
        made, text = bills.bill(session, None, None), exports.bill_csv(session, None, None)
        elsewhere = bills.bill(session, None, frozenset({world.department_id("hr")}))
    [kept] = made.engines
    assert (kept.endpoint, kept.chip, kept.milliseconds) == ("support/desk", "cpu", 1_000_000)
    assert (kept.worth_micro, kept.idle_micro, made.engine_micro) == (100_000, 75_000, 100_000)
    assert made.total_micro == made.total.cost_micro  # the price of tokens covers it
    assert exports.reconciles(made, text)
    assert "support,kept ready on cpu (worth 0.100000),support/desk" in text
    assert not elsewhere.engines
    assert (line.busy_micro, line.idle_micro, line.tokens) == (25_000, 75_000, 1000)
    assert (line.per_million_busy_micro, line.per_million_micro) == (25_000_000, 100_000_000)
    assert upkeep.per_million(5, 0) is None


@pytest.mark.parametrize(("chip", "micro"), [("cpu", 100_000), ("A100", 9), ("H100", 5_000_000)])
def test_a_chip_costs_what_its_flavour_does_or_else_what_any_chip_does(chip: str, micro: int):
    assert prices.of_chip({**prices.DEFAULT_PRICES, "time.chip.A100": 9}, chip) == micro
