"""`aird compute` and `aird quotas`: machines and chips, who holds them, and how much a department may take."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, note, print_json, print_table, size, when


@click.command(short_help="Machines and chips: who holds what, who waits and why.")
@json_option
@server_options
def compute(as_json: bool) -> None:
    """Show machines and chips, who holds them, and who waits and why."""
    with connect() as aird:
        found = aird.compute.board()
    if as_json:
        return print_json(found)
    rows = [row for machine in found["machines"] for row in _machine(machine)]
    print_table(("machine", "place", "memory", "held by", "department", "since"), rows, empty="No worker is there.")
    waiting = [
        (each["position"], each["title"], each["department"], each["alike"], each["reason"])
        for each in found["waiting"]
    ]
    if waiting:
        print_table(("place", "waits", "department", "jobs", "reason"), waiting, empty="")
    note(f"{found['waiting_jobs']} jobs wait for room, {found['blocked_jobs']} for other jobs or a time.")


def _machine(machine: dict[str, Any]) -> list[tuple[object, ...]]:
    name = machine["name"] if machine["alive"] else f"{machine['name']} (gone)"
    rows: list[tuple[object, ...]] = [
        (name, f"{machine['slots']} slots", size(machine["memory"] or None), *_held(None))
    ]
    rows += [("", "slot", "", *_held(holder)) for holder in machine["slot_holders"]]
    chips = machine["chips"]
    return rows + [("", f"{c['flavour']} {c['index']}", size(c["memory"] or None), *_held(c["holder"])) for c in chips]


def _held(holder: dict[str, Any] | None) -> tuple[object, object, object]:
    if holder is None:
        return None, None, None
    return holder["title"] or holder["kind"], holder["department"], when(holder["since"])


@click.group(short_help="How many chips a department may count on.")
def quotas() -> None:
    """How many chips of a kind a department may count on, and take at most; `cpu` counts jobs at a time."""


@quotas.command("ls")
@json_option
@server_options
def ls(as_json: bool) -> None:
    """List the quotas and what is used of them."""
    with connect() as aird:
        found = aird.compute.board()["quotas"]
    if as_json:
        return print_json(found)
    rows = [
        (each["department"], each["flavour"], each["held"], each["guarantee"], each["deserved"], each["limit"],
         each["weight"], each["waiting"])
        for each in found
    ]  # fmt: skip
    headings = ("department", "flavour", "held", "guarantee", "deserved", "limit", "weight", "waiting")
    print_table(headings, rows, empty="No quotas: whoever comes first is served first.")


@quotas.command("set")
@click.argument("department")
@click.argument("flavour")
@click.option("--guarantee", type=click.IntRange(min=0), default=0, help="Kept free for it, never lent.")
@click.option("--deserved", type=click.IntRange(min=0), default=0, help="Lent while idle, taken back when it asks.")
@click.option("--limit", type=click.IntRange(min=0), help="Never more than this.  [default: what is free]")
@click.option("--weight", type=click.FloatRange(min=0, min_open=True), default=1.0, help="Its part of the rest.")
@json_option
@server_options
def put(
    department: str, flavour: str, guarantee: int, deserved: int, limit: int | None, weight: float, as_json: bool
) -> None:
    """Give DEPARTMENT a quota of FLAVOUR, in place of the one it has."""
    with connect() as aird:
        found = aird.compute.set_quota(
            department, flavour, guarantee=guarantee, deserved=deserved, limit=limit, weight=weight
        )
    if as_json:
        return print_json(found)
    note(f"{department} deserves {found['deserved']} {flavour} and holds {found['held']}.")


@quotas.command("rm")
@click.argument("department")
@click.argument("flavour")
@server_options
def rm(department: str, flavour: str) -> None:
    """Take the quota away: the department may have what is free."""
    with connect() as aird:
        aird.compute.remove_quota(department, flavour)
    note(f"{department} has no quota of {flavour} any more.")
