"""`aird requests match|offer|choose|...`: what is done with a request after it was written."""

from collections.abc import Mapping
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import duration, json_option, money, note, print_json, print_table
from aird.cli.requests import requests


@requests.command("match")
@click.argument("number", type=int)
@json_option
@server_options
def match(number: int, as_json: bool) -> None:
    """Have existing versions answer the request's examples; a job does it."""
    with connect() as aird:
        found = aird.requests.match(number)
    if as_json:
        return print_json(found)
    note(f"Versions are tried. Follow it: aird jobs logs -f {found['job']}; then: aird requests matches {number}")
    click.echo(found["job"])


@requests.command("matches")
@click.argument("number", type=int)
@json_option
@server_options
def matches(number: int, as_json: bool) -> None:
    """Show what versions answered to the examples, the best first."""
    with connect() as aird:
        found = aird.requests.matches(number)
    if as_json:
        return print_json(found)
    rows = [
        (each["ref"], f"{each['score']:.0%}", f"{each['low']:.0%}-{each['high']:.0%}", each["items"],
         " ".join(why["message"] for why in each["reasons"]))
        for each in found["items"]
    ]  # fmt: skip
    headings = ("version", "score", "interval", "examples", "why")
    print_table(headings, rows, empty=f"None. Try some: aird requests match {number}")
    if found["stale"]:
        note(f"The examples were changed since. Try again: aird requests match {number}")


@requests.command("offer")
@click.argument("number", type=int)
@json_option
@server_options
def offer(number: int, as_json: bool) -> None:
    """Show the offer: reuse, merge, distil or train, with the sums."""
    with connect() as aird:
        found = aird.requests.offer(number)
    if as_json:
        return print_json(found)
    headings = ("option", "way", "from", "expected", "floor", "once", "per month", "work takes", "pays back in")
    print_table(headings, [_option(each, found["currency"]) for each in found["options"]], empty="Nothing to offer.")
    if found["recommended"]:
        best = next(each for each in found["options"] if each["key"] == found["recommended"])
        said = best.get("why") or [found["reason"]]
        note(f"Recommended: {found['recommended']}. {' '.join(each['message'] for each in said)}")
    else:
        note(found["reason"]["message"])
    for each in found["options"]:
        if each.get("cheaper"):
            note(f"Cheaper: {each['key']}. {' '.join(why['message'] for why in each['why'])}")
    for each in found["unknown"]:
        note(f"Not known: {each['message']}")


def _option(option: Mapping[str, Any], currency: str) -> tuple[object, ...]:
    span, work, running = option["expected"]["span"], option["work"], option["running"]
    months = option["payback_months"]
    return (
        option["key"], option["way"], " + ".join(option["versions"]) or option["base"],
        f"{span['low']:.0%}-{span['high']:.0%}", option["reach"],
        money(work["micro"], currency) if work["micro"] is not None else "?",
        money(running["micro"], currency) if running else "?",
        duration(work["seconds"]["mid"]) if work["seconds"] else "?",
        f"{months:.1f} months" if months is not None else "?",
    )  # fmt: skip


@requests.command("choose")
@click.argument("number", type=int)
@click.argument("option")
@json_option
@server_options
def choose(number: int, option: str, as_json: bool) -> None:
    """Take an OPTION of the offer; the offer is kept as it stands."""
    with connect() as aird:
        _said(aird.requests.choose(number, option), as_json=as_json)


@requests.command("send")
@click.argument("number", type=int)
@json_option
@server_options
def send(number: int, as_json: bool) -> None:
    """Send a draft to the ML staff."""
    with connect() as aird:
        _said(aird.requests.send(number), as_json=as_json)


@requests.command("order")
@click.argument("number", type=int)
@click.option("--endpoint", metavar="DEPARTMENT/ENDPOINT", help="Where a version that is there is to answer.")
@json_option
@server_options
def order(number: int, endpoint: str | None, as_json: bool) -> None:
    """Have the chosen option made, or put its version before a signature."""
    with connect() as aird:
        found = aird.requests.order(number, endpoint=endpoint)
    if as_json:
        return print_json(found)
    note("It waits for a signature." if found["approval"] else "The work is ordered.")
    click.echo(found["job"] or found["approval"])


@requests.command("say")
@click.argument("number", type=int)
@click.argument("text")
@json_option
@server_options
def say(number: int, text: str, as_json: bool) -> None:
    """Add TEXT to the request's conversation."""
    with connect() as aird:
        _said(aird.requests.say(number, text), as_json=as_json)


@requests.command("votes")
@click.argument("number", type=int)
@json_option
@server_options
def votes(number: int, as_json: bool) -> None:
    """Show what people preferred when they tried what was delivered."""
    with connect() as aird:
        found = aird.requests.votes(number)
    if as_json:
        return print_json(found)
    rows = [
        (each["version"], each["against"], each["won"], each["lost"], each["same"],
         f"{each['low']:.0%}-{each['high']:.0%}")
        for each in found["against"]
    ]  # fmt: skip
    headings = ("version", "beside", "better", "worse", "alike", "share")
    print_table(headings, rows, empty="Nobody has compared its answers yet. The playground does that.")
    if rows:
        note(f"{found['people']} people; so far: {found['verdict']}.")


@requests.command("accept")
@click.argument("number", type=int)
@click.option("-m", "--note", "remark", default="", help="A remark.")
@json_option
@server_options
def accept(number: int, remark: str, as_json: bool) -> None:
    """What was delivered is what was asked for. Where the votes say otherwise, the remark has to say why."""
    with connect() as aird:
        _said(aird.requests.accept(number, note=remark), as_json=as_json)


@requests.command("give-back")
@click.argument("number", type=int)
@click.option("-m", "--reason", required=True, help="What is missing.")
@json_option
@server_options
def give_back(number: int, reason: str, as_json: bool) -> None:
    """What was delivered is not what was asked for: back to the ML staff."""
    with connect() as aird:
        _said(aird.requests.give_back(number, reason=reason), as_json=as_json)


@requests.command("withdraw")
@click.argument("number", type=int)
@click.option("-m", "--reason", required=True, help="Why.")
@json_option
@server_options
def withdraw(number: int, reason: str, as_json: bool) -> None:
    """Take a request back."""
    with connect() as aird:
        _said(aird.requests.withdraw(number, reason=reason), as_json=as_json)


def _said(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    note(f"Request {found['number']} is {found['state']}.")
