"""`aird models access`: who outside the owning department may use a model's weights."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, note, print_json, print_table, when


@click.group(short_help="Who may use a model's weights.")
def access() -> None:
    """Who outside its department may use a model's weights: requests of people, grants to departments."""


@access.command("ls")
@click.argument("name")
@json_option
@server_options
def ls(name: str, as_json: bool) -> None:
    """List the requests for the weights of NAME, and the departments that may use them."""
    with connect() as aird:
        requests, grants = aird.access.requests(name), aird.access.grants(name)
    if as_json:
        return print_json({"requests": requests, "grants": grants})
    rows: list[tuple[object, ...]] = [
        ("request", each["id"], each["person"], each["state"], when(each["asked_at"]), each["reason"])
        for each in requests
    ]
    rows += [("grant", "", each["department"], "granted", when(each["granted_at"]), "") for each in grants]
    print_table(("what", "id", "who", "state", "since", "reason"), rows, empty=f"Nobody asked for {name}.")


@access.command("ask")
@click.argument("name")
@click.option("--answer", "answers", multiple=True, metavar="KEY=TEXT", help="An answer to a question of the card.")
@json_option
@server_options
def ask(name: str, answers: tuple[str, ...], as_json: bool) -> None:
    """Ask for the weights of NAME."""
    pairs = [each.partition("=") for each in answers]
    if any(not key or not sign for key, sign, _ in pairs):
        raise click.UsageError("Write an answer as KEY=TEXT.")
    with connect() as aird:
        asked = aird.access.ask(name, **{key: text for key, _, text in pairs})
    _say(asked, as_json, f"Asked for the weights of {name}; the request is {asked['state']}.")


@access.command("decide")
@click.argument("name")
@click.argument("request")
@click.argument("state", type=click.Choice(["accepted", "rejected", "pending"]))
@click.option("--reason", default="", help="Told to whoever asked.")
@json_option
@server_options
def decide(name: str, request: str, state: str, reason: str, as_json: bool) -> None:
    """Accept or reject a REQUEST (its id) for the weights of NAME, or put it back to pending."""
    with connect() as aird:
        decided = aird.access.decide(name, request, state=state, reason=reason)
    _say(decided, as_json, f"The request of {decided['person']} is {decided['state']}.")


@access.command("grant")
@click.argument("name")
@click.argument("department")
@json_option
@server_options
def grant(name: str, department: str, as_json: bool) -> None:
    """Let the staff of DEPARTMENT use the weights of NAME."""
    with connect() as aird:
        granted = aird.access.grant(name, department)
    _say(granted, as_json, f"{department} may use the weights of {name}.")


@access.command("revoke")
@click.argument("name")
@click.argument("department")
@server_options
def revoke(name: str, department: str) -> None:
    """Take the grant to DEPARTMENT back; what it built meanwhile stays."""
    with connect() as aird:
        aird.access.revoke(name, department)
    note(f"{department} may not use the weights of {name} any more.")


def _say(found: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        return print_json(found)
    note(text)
