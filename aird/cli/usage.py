"""`aird usage`: tokens used and what they cost; every sum is the server's."""

import re

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
