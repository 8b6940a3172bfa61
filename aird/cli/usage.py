"""`aird usage`, `aird budget`, `aird bill`: what was used, what may be, what is to pay; every sum is the server's."""

import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, money, note, print_json, print_table


def _month(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        raise click.BadParameter("write it as YYYY-MM, for example 2026-11")
    return value


@click.command(short_help="Tokens used and what they cost.")
@click.option("--month", callback=_month, metavar="YYYY-MM", help="Which month [this one].")
@click.option("--department", help="Only this department's.")
@json_option
@server_options
def usage(month: str | None, department: str | None, as_json: bool) -> None:
    """Show tokens and cost by department and endpoint."""
    with connect() as aird:
        found = aird.usage.get(department=department, month=month)
    if as_json:
        return print_json(found)
    currency, rows = found.get("currency") or "", []
    for line in (
        *found.get("departments", []),
        *found.get("endpoints", []),
        {**found["total"], "department": "TOTAL"},
    ):
        rows.append(
            (
                line.get("endpoint") or line.get("name") or line.get("department"), line.get("requests"),
                line.get("prompt_tokens"), line.get("completion_tokens"),
                money(line.get("cost_micro"), currency),
            )
        )  # fmt: skip
    print_table(("whose", "requests", "prompt tokens", "completion tokens", "cost"), rows, empty="Nothing was used.")
    month_shown, sums = found.get("month"), "agree" if found.get("reconciled") else "DO NOT AGREE"
    note(f"{month_shown}, UTC. The total, the departments and the keys {sums}.")


KINDS = ("department", "endpoint", "key")


def _amount(_ctx: click.Context, _parameter: click.Parameter, value: str) -> int:
    try:
        micro = Decimal(value) * 1_000_000
    except InvalidOperation:
        micro = Decimal("NaN")
    if not micro.is_finite() or micro < 0 or micro != micro.to_integral_value():
        raise click.BadParameter("write an amount of money such as 1500 or 0.25")
    return int(micro)


@click.group(short_help="What may be spent in a month: list, set, remove.")
def budget() -> None:
    """What a department, an endpoint or a key may cost in a month."""


@budget.command("list")
@click.option("--department", help="Only this department's.")
@json_option
@server_options
def list_budgets(department: str | None, as_json: bool) -> None:
    """How the budgets stand this month."""
    with connect() as aird:
        found = aird.usage.budgets(department=department)
    if as_json:
        return print_json(found)
    print_table(
        ("kind", "of", "limit", "used", "in flight", "forecast", "when spent"),
        [_budget_row(each) for each in found],
        empty="No budget is set.",
    )


def _budget_row(found: Any) -> tuple[Any, ...]:
    currency = found["currency"]
    limit, used = found["limit_micro"], found["used_micro"]
    part = f" ({used * 100 // limit} %)" if limit else ""
    return (
        found["kind"], found["name"], money(limit, currency), money(used, currency) + part,
        money(found["reserved_micro"], currency), money(found["forecast_micro"], currency), found["on_spent"],
    )  # fmt: skip


@budget.command("set")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("subject")
@click.argument("amount", callback=_amount)
@click.option("--alert", default=80, show_default=True, type=click.IntRange(1, 100), help="Tell somebody at so many %.")
@click.option("--alert-only", is_flag=True, help="Refuse nothing when it is spent.")
@json_option
@server_options
def set_budget(kind: str, subject: str, amount: int, alert: int, alert_only: bool, as_json: bool) -> None:
    """Bound what SUBJECT (a department, an endpoint, a key's id) may cost in a month: AMOUNT of the currency."""
    with connect() as aird:
        found = aird.usage.set_budget(
            kind, subject, amount, alert_percent=alert, on_spent="alert" if alert_only else "reject"
        )
    if as_json:
        return print_json(found)
    note(f"{kind} {subject}: {money(found['limit_micro'], found['currency'])} a month, "
         f"{money(found['used_micro'], found['currency'])} of it used.")  # fmt: skip


@budget.command("remove")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("subject")
@server_options
def remove_budget(kind: str, subject: str) -> None:
    """Take the bound away."""
    with connect() as aird:
        aird.usage.remove_budget(kind, subject)
    note(f"{kind} {subject} has no budget any more.")


@click.command(short_help="A month's bill with its reconciliation, or as a file.")
@click.option("--month", callback=_month, metavar="YYYY-MM", help="Which month [this one].")
@click.option("--department", help="Only this department's.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "focus"]), default="table",
              show_default=True, help="csv and focus (FinOps FOCUS 1.2) are files.")  # fmt: skip
@server_options
def bill(month: str | None, department: str | None, form: str) -> None:
    """What each department owes for a month: tokens and the time its jobs held chips."""
    with connect() as aird:
        if form in ("csv", "focus"):
            sys.stdout.write(aird.usage.export(department=department, month=month, form=form))
            return
        found = aird.usage.get(department=department, month=month)
    if form == "json":
        return print_json(found)
    currency = found["currency"]
    rows = [
        (line["department"], line["requests"], money(line["cost_micro"], currency),
         f"{line['compute_milliseconds'] / 3_600_000:.2f}", money(line["compute_micro"], currency),
         money(line["total_micro"], currency))
        for line in found["departments"]
    ]  # fmt: skip
    rows.append(
        ("TOTAL", found["total"]["requests"], money(found["total"]["cost_micro"], currency),
         f"{found['compute_milliseconds'] / 3_600_000:.2f}", money(found["compute_micro"], currency),
         money(found["total_micro"], currency))
    )  # fmt: skip
    print_table(
        ("department", "requests", "tokens", "chip hours", "time of chips", "to pay"), rows, empty="Nothing was used."
    )
    if found.get("engines"):
        kept = [
            (line["endpoint"], line["chip"], f"{line['milliseconds'] / 3_600_000:.2f}",
             f"{line['busy_milliseconds'] / 3_600_000:.2f}", money(line["worth_micro"], currency),
             money(line["idle_micro"], currency))
            for line in found["engines"]
        ]  # fmt: skip
        print_table(
            ("kept ready", "chip", "chip hours", "of them answering", "worth, paid by tokens", "of it idle"),
            kept, empty="",
        )  # fmt: skip
    sums = "agree" if found["reconciled"] else "DO NOT AGREE"
    note(f"{found['month']}, UTC. The total and the sums of departments, endpoints, keys and versions {sums}.")
