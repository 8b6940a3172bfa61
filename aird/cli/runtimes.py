"""`aird runtimes`: what runs where, what was verified, and trying it."""

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, note, print_json, print_table

GIB = 2**30
RUNTIMES = ("hf", "vllm")


@click.group(short_help="What runs where: fits of a version, evidence, trying a runtime.")
def runtimes() -> None:
    """Runtimes and chips: only what the conformance suite has tried is called verified."""


@runtimes.command("fits")
@click.argument("version")
@click.option("--all", "everywhere", is_flag=True, help="Also kinds of chips that this house does not have.")
@json_option
@server_options
def fits(version: str, everywhere: bool, as_json: bool) -> None:
    """Where VERSION (department/model@3) can run, the best place first, and why it cannot elsewhere."""
    with connect() as aird:
        found = aird.endpoints.fits(version)
    shown = [each for each in found["fits"] if everywhere or each["here"]]
    if as_json:
        return print_json(shown)
    rows = [
        (each["chip"], each["runtime"], each["verdict"], f"{each['bytes'] / GIB:.1f} GiB",
         " ".join(f"{why['message']} {why['fix']}" for why in each["reasons"]) or each["through"])
        for each in shown
    ]  # fmt: skip
    print_table(("chip", "runtime", "verdict", "memory", "why"), rows, empty="Nowhere.")


@runtimes.command("evidence")
@json_option
@server_options
def evidence(as_json: bool) -> None:
    """What was verified on which kinds of chips."""
    with connect() as aird:
        found = aird.endpoints.evidence()
    if as_json:
        return print_json(found)
    rows = []
    for each in found["runtimes"]:
        run = each["evidence"]
        said = "unverified" if run is None else "verified" if run["passed"] else "failed"
        rows.append((each["title"], each["runtime"], said, run and run["runtime_version"], each["through"]))
    print_table(("chip", "runtime", "evidence", "version", "through"), rows, empty="No runtimes.")


@runtimes.command("try")
@click.argument("base")
@click.option("--adapter", help="An adapter on it, to be loaded and unloaded.")
@click.option("--runtime", type=click.Choice(RUNTIMES), default="hf", show_default=True)
@click.option("--chip", help="A flavour of chip of this house; left out: the CPU.")
@json_option
@server_options
def try_runtime(base: str, adapter: str | None, runtime: str, chip: str | None, as_json: bool) -> None:
    """Run the conformance suite with BASE in an engine of its own; the job tells what it finds."""
    with connect() as aird:
        job = aird.endpoints.try_runtime(base, runtime=runtime, adapter=adapter, chip=chip)
    if as_json:
        return print_json(job)
    note(f"Follow it: aird jobs logs {job['id']}")
    click.echo(job["id"])
