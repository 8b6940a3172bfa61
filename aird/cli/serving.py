"""`aird deploy capacity | engines | capture | exchanges`: what endpoints run on, and what they keep of what is said."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import USAGE, Failure
from aird.cli.output import (
    json_option,
    limit_option,
    note,
    print_fields,
    print_json,
    print_table,
    short_digest,
    size,
    when,
)

DEFAULT = "default"


@click.command("capacity")
@click.argument("name")
@click.option("--runtime", type=click.Choice(["hf", "vllm", DEFAULT]), help="What serves it.")
@click.option("--replicas", type=click.IntRange(min=1), metavar="N", help="Engines that hold each of its versions.")
@click.option("--chip", metavar="FLAVOUR", help="The kind of chip of its engines; `cpu`: none.")
@json_option
@server_options
def capacity(name: str, runtime: str | None, replicas: int | None, chip: str | None, as_json: bool) -> None:
    """Show what the endpoint NAME runs on, or choose it. What answers now does so until the new engines are ready."""
    asked: dict[str, Any] = {"runtime": runtime, "replicas": replicas, "chip": chip}
    wanted = {what: value for what, value in asked.items() if value is not None}
    if runtime == DEFAULT:
        wanted["runtime"] = None
    with connect() as aird:
        found = aird.endpoints.configure(name, **wanted) if wanted else aird.endpoints.get(name)
    if as_json:
        return print_json(found)
    print_fields(
        {
            "endpoint": found["name"], "runtime": found["runtime"] or "the house's default",
            "engines": found["wanted_replicas"], "chip": found["chip"] or "cpu", "state": found["state"],
            "reason": found["reason"],
        }
    )  # fmt: skip
    if found["replicas"]:
        print_table(
            ("engine", "runtime", "chip", "machine", "state", "reason", "took"),
            [(each["number"] + 1, each["runtime"], each["chip"], each["host"], each["state"], each["reason"],
              size(each["took"])) for each in found["replicas"]],
            empty="",
        )  # fmt: skip


@click.command("engines")
@json_option
@server_options
def engines(as_json: bool) -> None:
    """List the engines: where each stands, what it holds, and what it takes against what was expected."""
    with connect() as aird:
        found = list(aird.endpoints.engines())
    if as_json:
        return print_json(found)
    rows = [
        (short_digest(each["base"]), each["runtime"], each["version"], each["chip"], each["number"] + 1,
         each["department"], each["state"], each["reason"], len(each["units"]),
         size(each["estimate"].get("total")), size(each["took"]), when(each["since"]))
        for each in found
    ]  # fmt: skip
    print_table(
        ("base", "runtime", "version", "chip", "number", "department", "state", "reason", "versions", "expected",
         "took", "since"),
        rows, empty="No engine runs. One starts when something is deployed: aird deploy promote DEPARTMENT/NAME",
    )  # fmt: skip


@click.command("capture")
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 365), help="Keep exchanges from now on, each for so many days.")
@click.option("--agreed", default="", metavar="TEXT", help="How those who ask were told; needed with --days.")
@click.option("--off", is_flag=True, help="Keep none from now on.")
@click.option("--erase", is_flag=True, help="Take away at once what is kept.")
@json_option
@server_options
def capture(name: str, days: int | None, agreed: str, off: bool, erase: bool, as_json: bool) -> None:
    """Show, switch on or switch off what the endpoint NAME keeps of questions and answers."""
    if days is not None and off:
        raise Failure("--days and --off do not go together.", "Give one of them.", exit_code=USAGE)
    with connect() as aird:
        found = aird.endpoints.capture(name)
        if days is not None or off or erase:
            kept_days = None if off else found["days"] if days is None else days
            said = "" if kept_days is None else agreed or found["agreed"]
            found = aird.endpoints.set_capture(name, kept_days, agreed=said, erase=erase)
    if as_json:
        return print_json(found)
    print_fields(
        {
            "endpoint": name, "keeps": "nothing" if found["days"] is None else f"exchanges for {found['days']} days",
            "agreed": found["agreed"], "kept now": found["kept"], "data set": found["dataset"],
        }
    )  # fmt: skip
    if found["kept"]:
        note(f"Read them: aird deploy exchanges {name}")


@click.command("exchanges")
@click.argument("name")
@limit_option
@json_option
@server_options
def exchanges(name: str, limit: int | None, as_json: bool) -> None:
    """List what is kept of the endpoint NAME, without personal data, newest first."""
    with connect() as aird:
        found = list(aird.endpoints.exchanges(name, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (when(each["created_at"]), each["version"], each["messages"][-1]["content"], each["answer"],
         ", ".join(f"{count} {kind}" for kind, count in each["masked"].items()), when(each["expires_at"]))
        for each in found
    ]  # fmt: skip
    print_table(
        ("asked", "version", "question", "answer", "taken out", "goes"), rows,
        empty=f"Nothing is kept. Switch it on: aird deploy capture {name} --days 30 --agreed TEXT",
    )  # fmt: skip
