"""`aird tokens`: keys for programs."""

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, note, print_json, print_table, when


@click.group(short_help="Keys for programs.")
def tokens() -> None:
    """Keys for programs: `user` tokens act as a person, `key` tokens open one department's endpoints."""


@tokens.command("create")
@click.option("--name", required=True, help="What it is for.")
@click.option("--kind", type=click.Choice(["user", "key"]), default="user", show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is valid [the server's setting].")
@click.option("--department", help="Whose endpoints a key opens.")
@click.option("--person", metavar="USERNAME", help="For somebody else; administrators only.")
@json_option
@server_options
def create(name: str, kind: str, days: int | None, department: str | None, person: str | None, as_json: bool) -> None:
    """Make a token; it is shown this once."""
    if kind == "key" and not department:
        raise click.UsageError("A key belongs to a department. Add --department.")
    with connect() as aird:
        made = aird.tokens.create(name, kind=kind, days=days, department=department, person=person)
    if as_json:
        return print_json(made)
    note(f"Valid until {when(made.get('expires_at'))}. It is not shown again:")
    click.echo(made["token"])


@tokens.command("ls")
@json_option
@server_options
def ls(as_json: bool) -> None:
    """List the tokens that you may see, without their secrets."""
    with connect() as aird:
        found = list(aird.tokens.list())
    if as_json:
        return print_json(found)
    rows = [
        (each["id"], each["name"], each["kind"], each.get("prefix"), each.get("person"),
         each.get("department"), when(each.get("expires_at")),
         when(each.get("last_used_at")), when(each.get("revoked_at")))
        for each in found
    ]  # fmt: skip
    headings = ("token", "name", "kind", "begins", "person", "department", "expires", "last used", "revoked")
    print_table(headings, rows, empty="No tokens. Make one: aird tokens create --name NAME")


@tokens.command("revoke")
@click.argument("token_id")
@server_options
def revoke(token_id: str) -> None:
    """End a token now; TOKEN_ID is the first column of `aird tokens ls`."""
    with connect() as aird:
        aird.tokens.revoke(token_id)
    note("Revoked.")
