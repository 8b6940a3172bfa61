"""`aird extract`, `bake`, `quantize`, `export` and `reproduce`: one version made from another, or made again."""

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import FAILED, Failure
from aird.cli.output import json_option
from aird.cli.progress import follow
from aird.cli.recipes import wait_option
from aird.runtimes.edge.knows import WeightType

model_option = click.option(
    "--model",
    metavar="NAME",
    help="Where the child is filed (department/name); by default a name is made of its parent's.",
)


@click.command(short_help="Make a plain LoRA of a fine-tune or of another adapter.")
@click.argument("version")
@click.option("--base", metavar="REF", help="What a whole model was tuned from, if the catalog does not say.")
@click.option("--rank", type=click.IntRange(1, 1024), help="The rank; without it the smallest that keeps --energy.")
@click.option("--energy", type=click.FloatRange(0, 1, min_open=True), default=0.99, show_default=True)
@model_option
@wait_option
@json_option
@server_options
def extract(
    version: str, base: str | None, rank: int | None, energy: float, model: str | None, wait: bool, as_json: bool
) -> None:
    """Make a plain LoRA of VERSION on its base: of a fine-tune, or of an adapter that is more than plain LoRA."""
    with connect() as aird:
        job = aird.merges.extract(version, base=base, rank=rank, energy=energy, model=model)
        follow(aird, job, wait=wait, as_json=as_json)


@click.command(short_help="Put an adapter into its base: a whole model.")
@click.argument("version")
@model_option
@wait_option
@json_option
@server_options
def bake(version: str, model: str | None, wait: bool, as_json: bool) -> None:
    """Put the adapter VERSION into its base; a whole model comes out."""
    with connect() as aird:
        follow(aird, aird.merges.bake(version, model=model), wait=wait, as_json=as_json)


@click.command(short_help="Make a child of a whole model in fewer bits.")
@click.argument("version")
@click.option("--format", "form", type=click.Choice(["int8"]), default="int8", show_default=True)
@model_option
@wait_option
@json_option
@server_options
def quantize(version: str, form: str, model: str | None, wait: bool, as_json: bool) -> None:
    """Make a child of the whole model VERSION whose weights have fewer bits; it is examined by itself."""
    with connect() as aird:
        follow(aird, aird.merges.quantize(version, format=form, model=model), wait=wait, as_json=as_json)


@click.command(short_help="Write a version as one file for an edge runtime.")
@click.argument("version")
@click.option(
    "--weights",
    type=click.Choice([each.value for each in WeightType]),
    default=WeightType.Q8_0.value,
    show_default=True,
    help="How weights are kept: float32, float16, eight bits, or four to six.",
)
@model_option
@wait_option
@json_option
@server_options
def export(version: str, weights: str, model: str | None, wait: bool, as_json: bool) -> None:
    """Write VERSION as a GGUF file for llama.cpp, adapter and base in one.

    The file is compared with VERSION before it is filed, and is examined by llama.cpp as a version of its own. Fetch it
    with `aird models pull`.
    """
    with connect() as aird:
        follow(aird, aird.merges.export(version, weights=weights, model=model), wait=wait, as_json=as_json)


@click.command(short_help="Make a version again and compare its digest.")
@click.argument("version")
@wait_option
@json_option
@server_options
def reproduce(version: str, wait: bool, as_json: bool) -> None:
    """Make VERSION again from its job's recipe; files nothing, and fails (exit code 1) when the bytes differ."""
    with connect() as aird:
        job = aird.merges.reproduce(version)
        follow(aird, job, wait=wait, as_json=as_json)
        result = (aird.jobs.get(job["id"]).get("result") or {}) if wait else {}
        if result.get("same") is False:
            raise Failure(
                f"{version} could not be made again: other bytes came out.",
                f"Expected {result.get('expected')}, found {result.get('found')}.",
                then=f"aird jobs logs {job['id']}",
                exit_code=FAILED,
            )
