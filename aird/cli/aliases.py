"""`aird models alias`: names such as production that point at one version of a model."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, limit_option, note, print_fields, print_json, print_table, short_digest, when


@click.group(short_help="Names such as production for one version.")
def alias() -> None:
    """Names such as production that point at one version. A protected alias moves through an approval only."""


@alias.command("ls")
@click.argument("name")
@json_option
@server_options
def ls(name: str, as_json: bool) -> None:
    """List the aliases of the model NAME (department/model)."""
    with connect() as aird:
        found = aird.aliases.list(name)
    if as_json:
        return print_json(found)
    print_table(("alias", "version", "protected", "since", "by", "digest", "reason"), map(_row, found),
                empty=f"{name} has no alias. Set one: aird models alias set {name} staging 1 --reason WHY")  # fmt: skip


def _row(found: dict[str, Any]) -> tuple[object, ...]:
    return (
        found["name"], found["ref"], "yes" if found["protected"] else "no", when(found["moved_at"]),
        found.get("moved_by"), short_digest(found.get("digest")), found["reason"],
    )  # fmt: skip


@alias.command("set")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why it moves; it stays on record.")
@click.option("--protect", is_flag=True, help="From now on it moves through an approval only.")
@json_option
@server_options
def set_alias(name: str, alias_name: str, version: int, reason: str, protect: bool, as_json: bool) -> None:
    """Have ALIAS of the model NAME point at VERSION (its number)."""
    with connect() as aird:
        found = aird.aliases.set(name, alias_name, version, reason=reason, protected=protect or None)
    if as_json:
        return print_json(found)
    note(f"{name}@{found['name']} is {found['ref']} now.")


@alias.command("history")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@limit_option
@json_option
@server_options
def history(name: str, alias_name: str, limit: int | None, as_json: bool) -> None:
    """List every move of ALIAS, the newest first."""
    with connect() as aird:
        found = list(aird.aliases.history(name, alias_name, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (when(each["at"]), each["ref"] or "(taken away)", each["previous"], each["moved_by"], each["reason"])
        for each in found
    ]
    print_table(("at", "to", "from", "by", "reason"), rows, empty=f"{name} never had an alias {alias_name}.")


@alias.command("at")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@click.argument("moment")
@json_option
@server_options
def at(name: str, alias_name: str, moment: str, as_json: bool) -> None:
    """Show what ALIAS pointed at in a MOMENT, a time such as 2026-11-26T12:00:00Z."""
    with connect() as aird:
        found = aird.aliases.at(name, alias_name, moment)
    if as_json:
        return print_json(found)
    print_fields(
        {
            "version": found["ref"], "digest": found["digest"], "since": when(found["since"]),
            "moved by": found["moved_by"], "reason": found["reason"], "approval": found["approval_id"],
        }
    )  # fmt: skip


@alias.command("rm")
@click.argument("name")
@click.argument("alias_name", metavar="ALIAS")
@click.option("--reason", required=True, help="Why it is taken away.")
@server_options
def remove(name: str, alias_name: str, reason: str) -> None:
    """Take ALIAS of the model NAME away; its history stays."""
    with connect() as aird:
        aird.aliases.remove(name, alias_name, reason=reason)
    note(f"{name} has no alias {alias_name} any more.")
