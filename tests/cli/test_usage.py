"""`aird usage`, `aird budget`, `aird bill`: the server's sums as a table, as JSON, as files."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tests.client.stand_in import StandIn

BUDGET: dict[str, Any] = {
    "kind": "department", "subject": "support", "name": "support", "department": "support", "currency": "CNY",
    "month": "2026-11", "limit_micro": 1_500_000_000, "used_micro": 375_000_000, "reserved_micro": 15_000_000,
    "forecast_micro": 450_000_000, "on_spent": "reject", "alert_percent": 80, "alerted_at": None,
}  # fmt: skip
SUM = {"requests": 3, "prompt_tokens": 700, "completion_tokens": 90, "cost_micro": 1_060_000}
BILL: dict[str, Any] = {
    "month": "2026-11", "currency": "CNY", "reconciled": True, "total": SUM, "total_micro": 1_410_000,
    "compute_milliseconds": 3_600_000, "compute_micro": 350_000, "endpoints": [{"endpoint": "support/desk", **SUM}],
    "departments": [
        {"department": "support", **SUM, "compute_milliseconds": 3_600_000, "compute_micro": 350_000,
         "total_micro": 1_410_000},
    ],
    "engines": [
        {"endpoint": "support/desk", "chip": "cpu", "milliseconds": 7_200_000, "busy_milliseconds": 1_800_000,
         "worth_micro": 720_000, "idle_micro": 540_000},
    ],
}  # fmt: skip


def cells(line: str) -> list[str]:
    return [each.strip() for each in line.split("  ") if each.strip()]


def test_budgets_are_listed_with_the_part_that_is_used(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/usage/budgets", {"items": [BUDGET]})
    [_, line] = aird("budget", "list", "--department", "support").stdout.splitlines()
    assert cells(line) == [
        "department", "support", "1,500.000000 CNY", "375.000000 CNY (25 %)", "15.000000 CNY", "450.000000 CNY",
        "reject",
    ]  # fmt: skip
    assert server.calls[-1].query == {"department": "support"}
    assert json.loads(aird("budget", "list", "--json").stdout) == [BUDGET]
    server.on("GET", "/api/v1/usage/budgets", {"items": []})
    assert "No budget is set." in aird("budget", "list").stderr


def test_a_budget_is_set_in_money_and_sent_in_micro_units(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("PUT", "/api/v1/budgets/endpoint/support/desk", {**BUDGET, "limit_micro": 250_000, "used_micro": 1})
    said = aird("budget", "set", "endpoint", "support/desk", "0.25", "--alert", "50", "--alert-only").stderr
    assert "endpoint support/desk: 0.250000 CNY a month, 0.000001 CNY of it used." in said
    assert server.calls[-1].json() == {"limit_micro": 250_000, "alert_percent": 50, "on_spent": "alert"}
    assert aird("budget", "set", "endpoint", "support/desk", "0.25").exit_code == 0
    assert server.calls[-1].json() == {"limit_micro": 250_000, "alert_percent": 80, "on_spent": "reject"}


@pytest.mark.parametrize("amount", ["much", "-1", "0.0000001", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_not_sent(aird: Callable[..., Result], server: StandIn, amount: str) -> None:
    refused = aird("budget", "set", "department", "support", "--", amount)
    assert refused.exit_code == 2
    assert "write an amount of money" in refused.stderr
    assert server.calls == []


def test_a_budget_is_removed(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("DELETE", "/api/v1/budgets/key/7", server.raw(b"", 204))
    assert "key 7 has no budget any more." in aird("budget", "remove", "key", "7").stderr
    assert aird("budget", "remove", "key", "8").exit_code != 0


def test_a_bill_shows_what_is_to_pay_and_that_its_sums_agree(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/usage", BILL)
    shown = aird("bill", "--month", "2026-11")
    lines = [cells(each) for each in shown.stdout.splitlines()]
    owed = ["3", "1.060000 CNY", "1.00", "0.350000 CNY", "1.410000 CNY"]
    assert ["support", *owed] in lines
    assert ["TOTAL", *owed] in lines
    assert ["support/desk", "cpu", "2.00", "0.50", "0.720000 CNY", "0.540000 CNY"] in lines
    assert "keys and versions agree" in shown.stderr
    server.on("GET", "/api/v1/usage", {**BILL, "reconciled": False})
    assert "DO NOT AGREE" in aird("bill").stderr
    assert json.loads(aird("bill", "--format", "json").stdout)["total_micro"] == 1_410_000
    assert aird("bill", "--month", "2026-13").exit_code == 2


def test_a_bill_as_a_file_is_the_servers_bytes(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/usage/export", server.raw(b"department,cost\nsupport,1.41\n", type="text/csv"))
    assert aird("bill", "--format", "focus", "--department", "support").stdout == "department,cost\nsupport,1.41\n"
    assert server.calls[-1].query == {"department": "support", "format": "focus"}


def test_usage_is_a_line_for_each_department_and_endpoint(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/usage", BILL)
    lines = [cells(each) for each in aird("usage").stdout.splitlines()]
    figures = ["3", "700", "90", "1.060000 CNY"]
    assert [["support", *figures], ["support/desk", *figures], ["TOTAL", *figures]] == lines[1:]
