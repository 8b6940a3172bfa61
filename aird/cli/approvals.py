"""`aird approvals`: signatures under exact bytes."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import Failure
from aird.cli.output import json_option, limit_option, note, print_json, print_table, short_digest, when

STATES = ("pending", "changes_requested", "approved", "rejected", "void")

reason_option = click.option("-m", "--reason", required=True, help="Why; it is kept with the decision.")
digest_option = click.option("--digest", help="The digest you looked at; refused when the approval is about another.")
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask again.")


@click.group(short_help="Signatures under versions: list, approve, reject.")
def approvals() -> None:
    """Signatures under versions: an approval is about one digest, for one endpoint or under one alias."""


@approvals.command("ls")
@click.option("--state", type=click.Choice(STATES), help="Only approvals in this state.")
@click.option("--endpoint", metavar="NAME", help="Only for this endpoint.")
@click.option("--alias", metavar="NAME", help="Only under this alias, for example production.")
@limit_option
@json_option
@server_options
def ls(state: str | None, endpoint: str | None, alias: str | None, limit: int | None, as_json: bool) -> None:
    """List approvals that were asked for, the newest first."""
    with connect() as aird:
        found = list(aird.approvals.list(state=state, endpoint=endpoint, alias=alias, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (each["id"], each["version"], short_digest(each["digest"]), _place(each), each["state"],
         _gate(each), each.get("requester"), each.get("decided_by"), when(each.get("created_at")))
        for each in found
    ]  # fmt: skip
    headings = (
        "approval",
        "version",
        "digest",
        "for",
        "state",
        "gates",
        "asked by",
        "decided by",
        "created",
    )
    print_table(headings, rows, empty="Nothing waits for an approval.")


def _place(approval: Mapping[str, Any]) -> str:
    """The endpoint, or the alias as people write it."""
    return f"@{approval['alias']}" if approval.get("alias") else str(approval["endpoint"])


def _gate(approval: dict[str, Any]) -> str:
    gate = approval.get("gate")
    return "" if not gate else "passed" if gate.get("passed") else "not passed"


@approvals.command("new")
@click.argument("version")
@click.option("--endpoint", metavar="NAME", help="Where it is to work (department/name).")
@click.option("--alias", metavar="NAME", help="What is to point at it instead, for example production.")
@click.option("--title", required=True, help="The need in a few words.")
@click.option("--need", required=True, help="Why the department needs this version.")
@click.option("--request", type=click.IntRange(min=1), help="The request that it answers [files one].")
@json_option
@server_options
def new(
    version: str,
    endpoint: str | None,
    alias: str | None,
    title: str,
    need: str,
    request: int | None,
    as_json: bool,
) -> None:
    """Ask for the approval of VERSION (department/model@3) for an endpoint, or under an alias."""
    if (endpoint is None) == (alias is None):
        raise click.UsageError("Give --endpoint or --alias.")
    with connect() as aird:
        found = aird.approvals.create(
            version=version, endpoint=endpoint, alias=alias, title=title, need=need, request=request
        )
    if as_json:
        return print_json(found)
    note(f"The approval is {found['state']}, request {found['request']}.")
    click.echo(found["id"])


@approvals.command("approve")
@click.argument("approval")
@reason_option
@digest_option
@click.option("--accept", multiple=True, metavar="NAME", help="A difference from the base that you have read; repeat.")
@yes_option
@json_option
@server_options
def approve(approval: str, reason: str, digest: str | None, accept: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Sign for a version; exit 5 when a gate is not passed or a difference from the base is not accepted."""
    with connect() as aird:
        found = aird.approvals.get(approval)
        _show(found)
        if found.get("differences"):
            _show_differences(aird.approvals.differences(approval), accept)
        if not yes:
            _ask("Approve these bytes?")
        decided = aird.approvals.approve(
            approval,
            reason=reason,
            digest=digest or found["digest"],
            seal=found.get("seal") or None,
            accept_differences=accept,
        )
    _say(decided, as_json=as_json)


@approvals.command("reject")
@click.argument("approval")
@reason_option
@json_option
@server_options
def reject(approval: str, reason: str, as_json: bool) -> None:
    """Refuse to sign; the department may ask again."""
    with connect() as aird:
        decided = aird.approvals.reject(approval, reason=reason)
    _say(decided, as_json=as_json)


@approvals.command("request-changes")
@click.argument("approval")
@reason_option
@json_option
@server_options
def request_changes(approval: str, reason: str, as_json: bool) -> None:
    """Have something put right first; it waits for whoever asked."""
    with connect() as aird:
        decided = aird.approvals.request_changes(approval, reason=reason)
    _say(decided, as_json=as_json)


@approvals.command("renew")
@click.argument("approval")
@click.option("-m", "--message", required=True, help="What was put right.")
@click.option("--version", "number", type=click.IntRange(min=1), help="Another version of the model in its place.")
@json_option
@server_options
def renew(approval: str, message: str, number: int | None, as_json: bool) -> None:
    """Ask again, with the exam report and the gates as they are now."""
    with connect() as aird:
        decided = aird.approvals.renew(approval, text=message, version=number)
    _say(decided, as_json=as_json)


@approvals.command("comment")
@click.argument("approval")
@click.argument("text")
@server_options
def comment(approval: str, text: str) -> None:
    """Say TEXT in the conversation of an approval."""
    with connect() as aird:
        aird.approvals.comment(approval, text)


@approvals.command("show")
@click.argument("approval")
@json_option
@server_options
def show(approval: str, as_json: bool) -> None:
    """Show an approval: gates, what is still in its way, and what was said."""
    with connect() as aird:
        found, said = aird.approvals.get(approval), aird.approvals.conversation(approval)
    if as_json:
        return print_json({**found, "conversation": said})
    _show(found)
    note(f"  state: {found['state']}{_because(found)}")
    rows = [(when(each["at"]), each["actor"], each["step"], each["text"]) for each in said]
    print_table(("when", "who", "step", "text"), rows, empty="Nothing was said.")


def _because(approval: Mapping[str, Any]) -> str:
    return f" ({approval['void_because']})" if approval.get("void_because") else ""


def _show_differences(found: Sequence[Mapping[str, Any]], accept: Sequence[str]) -> None:
    """What is not the base's, line by line; that is what --accept puts one's name to."""
    for each in found:
        mark = "accepted" if each["name"] in accept else f"NOT accepted; --accept {each['name']}"
        note(f"  {each['of']} has its own {each['file']}: {mark}")
        for line in str(each["unified_diff"]).splitlines():
            note(f"    {line}")
        if each.get("cut"):
            note("    ... and more; see the files of the version")


def _show(approval: Mapping[str, Any]) -> None:
    note(f"{approval['version']} ({approval['digest']}) for {_place(approval)}")
    for line in (approval.get("gate") or {}).get("lines") or []:
        mark = "passed" if line.get("passed") else "NOT passed"
        numbers = f"wanted {line.get('wanted')}, found {line.get('found')}"
        note(f"  {line.get('gate')}: {line.get('suite')} {numbers}: {mark}")
    for item in approval.get("readiness") or []:
        if not item.get("ok"):
            note(f"  not ready: {item['code']} {item.get('detail') or ''}".rstrip())


def _ask(question: str) -> None:
    """Ask on a terminal; a script has given its --reason and is not asked."""
    if sys.stdin.isatty() and not click.confirm(question, err=True):
        raise Failure("Nothing was decided.")


def _say(decided: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(decided)
    note(f"{decided['version']} for {_place(decided)}: {decided['state']}.")
