"""`aird sample`: what of the sample organisation is here, and its removal."""

import sys

import click

from aird.cli.approvals import yes_option
from aird.cli.context import connect, server_options
from aird.cli.failures import USAGE, Failure
from aird.cli.output import json_option, note, print_json, print_table


@click.group(short_help="The sample organisation: what of it is here, take it away.")
def sample() -> None:
    """The organisation that `aird up --sample` founds to show the product; administrators only."""


@sample.command("show")
@json_option
@server_options
def show(as_json: bool) -> None:
    """What would go with it, and what keeps it from going. Nothing is changed."""
    with connect() as aird:
        found = aird.sample.get()
    if as_json:
        return print_json(found)
    rows = [(", ".join(found.departments), found.models, found.versions, found.jobs)] if found.departments else []
    print_table(
        ("departments", "models", "versions", "jobs"),
        rows,
        empty="No sample organisation is here. Found one: aird up --sample",
    )
    if found.foreign:
        note(f"It stays while these are made from it: {', '.join(found.foreign)}.")
    if found.running:
        note(f"It stays while {found.running} of its jobs wait or run: aird jobs ls")


@sample.command("remove")
@yes_option
@json_option
@server_options
def remove(yes: bool, as_json: bool) -> None:
    """Take away its departments with their models, jobs and keys, and close its people's accounts.

    Nothing of another department goes, and the audit log keeps what happened. It cannot be undone.
    """
    with connect() as aird:
        found = aird.sample.get()
        if found.departments and not yes:
            note(
                f"This takes away {', '.join(found.departments)}: "
                f"{found.models} models, {found.versions} versions, {found.jobs} jobs."
            )
            if not sys.stdin.isatty():
                raise Failure("Nothing was taken away.", then="Say --yes when that is meant.", exit_code=USAGE)
            click.confirm("Take it away for good?", abort=True, err=True)
        gone = aird.sample.remove()
    if as_json:
        return print_json(gone)
    note(f"Gone: {gone.models} models, {gone.versions} versions and {gone.jobs} jobs of {', '.join(gone.departments)}.")
