"""`aird deploy canary | shadow | advance | status`: try a version beside what answers."""

import json
from typing import TYPE_CHECKING, Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import NOT_FOUND, USAGE, Failure
from aird.cli.output import json_option, note, print_fields, print_json, print_table, short_digest, when

if TYPE_CHECKING:
    from aird.client import Client

OPEN = ("running", "inconclusive")
WHOLE = 1000
TEXTS = ("pattern", "extract")

approval_option = click.option(
    "--approval", metavar="ID", help="The approval to act on [the newest for this endpoint]."
)


def open_rollout(aird: "Client", name: str) -> dict[str, Any] | None:
    """The trial that goes on at the endpoint."""
    found = next(iter(aird.endpoints.rollouts(name, limit=1)), None)
    return found if found is not None and found["state"] in OPEN else None


def newest_approval(aird: "Client", name: str) -> dict[str, Any]:
    """The newest approval for the endpoint."""
    signed = next(aird.approvals.list(state="approved", endpoint=name, limit=1), None)
    if signed is None:
        raise Failure(
            f"Nothing is approved for {name}.", "Only approved bytes are put to work.",
            then=f"aird approvals new DEPARTMENT/MODEL@N --endpoint {name}", exit_code=NOT_FOUND,
        )  # fmt: skip
    return signed


def _needed(aird: "Client", name: str) -> dict[str, Any]:
    found = open_rollout(aird, name)
    if found is None:
        raise Failure(
            f"Nothing is tried at {name}.", "There is no canary and no shadow there.",
            then=f"aird deploy canary {name}", exit_code=NOT_FOUND,
        )  # fmt: skip
    return found


def _try(name: str, approval: str | None, as_json: bool, how: dict[str, Any]) -> None:
    with connect() as aird:
        signed: dict[str, Any] = aird.approvals.get(approval) if approval else newest_approval(aird, name)
        note(f"{signed['version']} ({short_digest(signed['digest'])}) is tried at {name}")
        found = aird.endpoints.try_version(name, approval=signed["id"], digest=signed["digest"], **how)
    say_rollout(found, as_json=as_json)


@click.command("canary")
@click.argument("name")
@approval_option
@click.option("--steps", default="1,10,50", show_default=True, metavar="PERCENTS", help="Shares of the callers.")
@click.option("--window", type=click.FloatRange(min=0), default=15.0, show_default=True, metavar="MINUTES",
              help="How long each step lasts at least.")  # fmt: skip
@click.option("--least", type=click.IntRange(min=1), default=30, show_default=True, help="Answers each step needs.")
@click.option("--by-hand", is_flag=True, help="Take steps only when told to; harm is taken back in any case.")
@click.option("--by-request", is_flag=True, help="Draw every request for itself instead of its caller.")
@json_option
@server_options
def canary(
    name: str, approval: str | None, steps: str, window: float, least: int, by_hand: bool, by_request: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Let an approved version take the callers of the endpoint NAME over, step by step."""
    how = {
        "kind": "canary", "steps": _thousandths(steps), "window_seconds": window * 60, "least": least,
        "automatic": not by_hand, "by_request": by_request,
    }  # fmt: skip
    _try(name, approval, as_json, how)


@click.command("shadow")
@click.argument("name")
@approval_option
@click.option("--share", default="10", show_default=True, metavar="PERCENT", help="Requests that are copied.")
@click.option("--agreed", required=True, metavar="TEXT", help="How those who ask agreed to be copied; it is kept.")
@click.option("--judge", metavar="ENDPOINT", help="An endpoint that compares the answers [people do].")
@click.option("--scorer", type=click.Choice(["exact", "f1", "regex", "json"]),
              help="An exam's scorer that compares them: with what people corrected (exact, f1), by a pattern, or "
              "whether they are the JSON that was asked for.")  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="A setting of the scorer: extract, last, apart, pattern, ignore_case, whole, form.")  # fmt: skip
@json_option
@server_options
def shadow(
    name: str, approval: str | None, share: str, agreed: str, judge: str | None, scorer: str | None,
    settings: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Have an approved version answer copies of what the endpoint NAME is asked; nobody sees its answers."""
    [part] = _thousandths(share)
    how: dict[str, Any] = {"kind": "shadow", "share": part, "agreed": agreed}
    if judge:
        how["judge"] = judge
    if scorer:
        how["scoring"] = {"scorer": scorer, **dict(_setting(each) for each in settings)}
    elif settings:
        raise Failure("--set goes with --scorer.", "Say which scorer the settings are for.", exit_code=USAGE)
    _try(name, approval, as_json, how)


@click.command("advance")
@click.argument("name")
@click.option("--share", metavar="PERCENT", help="To this share of the callers [the next step].")
@click.option("-m", "--reason", default="", help="Why; it is kept in the audit log.")
@json_option
@server_options
def advance(name: str, share: str | None, reason: str, as_json: bool) -> None:
    """Take the trial at the endpoint NAME to its next step."""
    weight = _thousandths(share)[0] if share else None
    with connect() as aird:
        number = _needed(aird, name)["number"]
        found = aird.endpoints.advance(name, number, weight=weight, reason=reason)
    say_rollout(found, as_json=as_json)


@click.command("status")
@click.argument("name")
@json_option
@server_options
def status(name: str, as_json: bool) -> None:
    """Where the callers of the endpoint NAME go, its processes, and how the trial there does."""
    with connect() as aird:
        endpoint, route = aird.endpoints.get(name), aird.endpoints.route(name)
        trial = open_rollout(aird, name)
        detail = aird.endpoints.rollout(name, trial["number"]) if trial else None
    if as_json:
        return print_json({"endpoint": endpoint, "route": route, "rollout": detail})
    fields = {"endpoint": endpoint["name"], "state": endpoint["state"], "reason": endpoint.get("reason")}
    print_fields({**fields, "since": when(endpoint.get("since"))})
    print_table(
        ("role", "version", "share", "digest", "processes"),
        [
            (arm["role"], arm["version"], _percent(arm["weight"]), short_digest(arm["digest"]), arm["replicas"])
            for arm in route["arms"]
        ],
        empty=route["reason"] or "Nobody answers.",
    )
    print_table(
        ("process", "unit", "state", "reason", "since"),
        [
            (f"{each['runtime']} #{each['number']}", short_digest(each["unit"]), each["state"], each["reason"],
             when(each["since"]))
            for each in endpoint["replicas"]
        ],
        empty="No process has noted anything yet.",
    )  # fmt: skip
    if detail is not None:
        say_rollout(detail, as_json=False)


def say_rollout(found: dict[str, Any], *, as_json: bool) -> None:
    """One trial with its health."""
    if as_json:
        return print_json(found)
    following = found.get("next")
    print_fields(
        {
            "trial": f"{found['number']} ({found['kind']})", "state": found["state"],
            "verdict": found.get("verdict") or found.get("reason"),
            "candidate": found["candidate"]["version"], "baseline": found["baseline"]["version"],
            "share": _percent(found["weight"]),
            "next": ("promotion" if following == WHOLE else _percent(following)) if following else None,
        }
    )  # fmt: skip
    if found.get("readings"):
        print_table(
            ("signal", "baseline", "candidate", "figures say"),
            [
                (each["signal"], _count(each["baseline"]), _count(each["candidate"]), _says(each))
                for each in found["readings"]
            ],
            empty="",
        )


def _setting(given: str) -> tuple[str, Any]:
    """ "whole=true" as a name and a value; what is no JSON is a text."""
    name, given_one, value = given.partition("=")
    if not given_one:
        raise Failure(f"{given!r} is no setting.", "Write NAME=VALUE, for example whole=true.", exit_code=USAGE)
    if name in TEXTS:
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _says(reading: dict[str, Any]) -> str:
    if not reading["candidate"]["total"]:
        return "no answers yet"
    return "worse" if reading["worse"] else "may be worse" if reading["hint"] else "no sign of harm"


def _count(count: dict[str, Any]) -> str:
    return f"{count['bad']:.0f} of {count['total']:.0f}"


def _percent(weight: int) -> str:
    return f"{weight / 10:g} %"


def _thousandths(percents: str) -> list[int]:
    """ "1,10,50" as thousandths."""
    try:
        found = [round(float(each.strip().rstrip("%")) * 10) for each in percents.split(",")]
    except ValueError:
        found = []
    if not found or not all(1 <= each <= WHOLE for each in found):
        raise Failure(
            f"{percents!r} are no shares.", "Write percents from 0.1 to 100, for example 1,10,50.", exit_code=USAGE
        )
    return found
