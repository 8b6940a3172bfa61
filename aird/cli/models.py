"""`aird models`: look up versions, what became of them, and what stands on them."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from aird.cli import transfer
from aird.cli.access import access
from aird.cli.aliases import alias
from aird.cli.context import connect, server_options
from aird.cli.output import (
    duration,
    json_option,
    limit_option,
    note,
    plain,
    print_fields,
    print_json,
    print_table,
    short_digest,
    size,
    skill_text,
    skills_line,
    when,
)

Command = TypeVar("Command", bound=Callable[..., Any])

STATES = ("draft", "candidate", "approved", "suspended", "retired")
HEADINGS = ("version", "kind", "state", "base", "skills", "size", "digest")


@click.group(short_help="Models and their versions: list, show, add.")
def models() -> None:
    """Models and their versions. A version is named department/model@3; without @3 the latest is meant."""


def _row(version: dict[str, Any]) -> tuple[object, ...]:
    return (
        version["ref"], version["kind"], version["state"], version.get("base"),
        skills_line(version.get("skills") or []), size(version.get("bytes")), short_digest(version["digest"]),
    )  # fmt: skip


def filter_options(command: Command) -> Command:
    """What a list of models can be narrowed to."""
    options = (
        click.option("--department", help="Only this department's."),
        click.option("--kind", type=click.Choice(["base", "adapter", "full"]), help="Only this kind."),
        click.option("--state", type=click.Choice(STATES), help="Only versions in this state."),
        click.option("--tag", multiple=True, help="Only models with this tag; several must all be there."),
        click.option("--base", metavar="REF", help="Only what stands on this base."),
        click.option("--license", help="Only under this licence."),
        click.option("--language", help="Only for this language."),
        click.option("--skill", metavar="SUITE:SCORE", help="Only with at least this score, as support/exam:0.8."),
        click.option("--size-min", type=click.IntRange(min=0), metavar="BYTES", help="Only from this size on."),
        click.option("--size-max", type=click.IntRange(min=0), metavar="BYTES", help="Only up to this size."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@models.command("ls")
@filter_options
@click.option("--search", metavar="TEXT", help="Only with this text in the name, title, description, tags or card.")
@click.option("--all", "every", is_flag=True, help="Every version, not only the latest of each model.")
@limit_option
@json_option
@server_options
def ls(search: str | None, every: bool, limit: int | None, as_json: bool, **filters: Any) -> None:
    """List the latest version of each model."""
    with connect() as aird:
        found = list(aird.versions.list(search=search, every=every, limit=limit, **filters))
    if as_json:
        return print_json(found)
    print_table(HEADINGS, map(_row, found), empty="No models. Add one: aird models add DEPARTMENT/NAME FOLDER")


@models.command("search")
@click.argument("text")
@filter_options
@click.option("--sort", type=click.Choice(["name", "updated", "-updated"]), help="In which order.")
@limit_option
@json_option
@server_options
def search(text: str, limit: int | None, as_json: bool, **filters: Any) -> None:
    """Find models with TEXT in their name, title, description, tags or card."""
    with connect() as aird:
        found = list(aird.models.search(text, limit=limit, **filters))
    if as_json:
        return print_json(found)
    rows = []
    for each in found:
        latest = each.get("latest") or {}
        rows.append((each["name"], each["title"], each["versions"], latest.get("kind"), latest.get("state"),
                     skills_line(latest.get("skills") or []), ", ".join(each["tags"])))  # fmt: skip
    headings = ("model", "title", "versions", "kind", "state", "skills", "tags")
    print_table(headings, rows, empty=f"No model has {text!r} in what is said of it.")


@models.command("versions")
@click.argument("name")
@limit_option
@json_option
@server_options
def versions(name: str, limit: int | None, as_json: bool) -> None:
    """List the versions of the model NAME (department/model)."""
    with connect() as aird:
        found = list(aird.versions.of(name, limit=limit))
    if as_json:
        return print_json(found)
    print_table(HEADINGS, map(_row, found), empty=f"{name} has no version yet. Add one: aird models add {name} FOLDER")


@models.command("get")
@click.argument("ref")
@json_option
@server_options
def get(ref: str, as_json: bool) -> None:
    """Show one version, REF = department/model or department/model@3."""
    with connect() as aird:
        version = aird.versions.get(ref)
    if as_json:
        return print_json(version)
    training = version.get("training") or {}
    fields = {
        "version": version["ref"], "title": version.get("title"), "kind": version["kind"],
        "state": version["state"], "digest": version["digest"], "base": version.get("base"),
        "license": version.get("license"), "parameters": version.get("parameters"),
        "size": size(version.get("bytes")), "aliases": ", ".join(version.get("aliases") or []),
        "successor": version.get("successor"), "restrictions": ", ".join(version.get("restrictions") or []),
        "not as the base": "\n".join(f"{each['what']} ({each['file']})" for each in version.get("differences") or []),
        "twins": "\n".join(f"{each['ref']} (cosine {each['cosine']:.3f})" for each in version.get("twins") or []),
        "cost": _cost(version.get("compute")),
        "created": f"{when(version.get('created_at'))} by {version.get('created_by')}",
        "notes": version.get("notes"),
        "skills": "\n".join(f"{skill_text(s)} on {s['items']} items" for s in version.get("skills") or []),
        "parents": "\n".join(_parent(each) for each in version.get("parents") or []),
        "made by": f"{training['kind']} {training['job_id'] or ''}" if training else None,
        "files": "\n".join(f"{each['path']}  {size(each['size'])}" for each in version.get("files") or []),
    }  # fmt: skip
    print_fields(fields)


def _cost(compute: dict[str, Any] | None) -> str:
    """What the version and its whole descent took."""
    if not compute or not compute["lineage"]["chip_seconds"]:
        return ""
    own, whole = compute["own"], compute["lineage"]
    return (
        f"{duration(own['chip_seconds'])} of a chip, {duration(whole['chip_seconds'])} with its ancestors"
        f" ({whole['flop']:.3g} FLOP, {whole['watt_hours']:.3g} Wh)"
    )


def _parent(parent: dict[str, Any]) -> str:
    weight = parent.get("weight")
    return f"{parent['ref']} ({parent['relation']}{'' if weight is None else f', weight {weight:g}'})"


@models.command("lineage")
@click.argument("ref")
@json_option
@server_options
def lineage(ref: str, as_json: bool) -> None:
    """Show what REF descends from, and what descends from it."""
    with connect() as aird:
        found = aird.versions.lineage(ref)
    if as_json:
        return print_json(found)
    rows = [
        (side, each["depth"], each["ref"], each["relation"], each.get("weight"), each.get("of"))
        for side, name in (("ancestor", "ancestors"), ("descendant", "descendants"))
        for each in found[name]
    ]
    if found.get("cut"):
        note("There are more relatives than are shown.")
    print_table(("side", "depth", "version", "relation", "weight", "of"), rows, empty=f"{ref} has no known relatives.")


@models.command("affected")
@click.argument("ref", required=False)
@click.option("--dataset", metavar="REF", help="A data set (department/name@1, or all its versions) instead.")
@json_option
@server_options
def affected(ref: str | None, dataset: str | None, as_json: bool) -> None:
    """Show what has to be looked at when REF, or a data set, is withdrawn."""
    if (ref is None) == (dataset is None):
        raise click.UsageError("Name a version, or a data set with --dataset.")
    with connect() as aird:
        found = aird.versions.affected(ref) if ref else aird.models.affected_by_dataset(ref=dataset)
    if as_json:
        return print_json(found)
    rows = [
        (each["ref"], each["state"], each["relation"], each["depth"], ", ".join(each.get("aliases") or []))
        for each in found["versions"]
    ]
    print_table(("version", "state", "how", "steps", "aliases"), rows, empty=f"Nothing was made from {ref or dataset}.")
    for each in found["endpoints"]:
        note(f"The endpoint {each['endpoint']} may serve {each['ref']}.")
    if found.get("hidden"):
        note(f"{found['hidden']} more are of private models.")
    if found.get("cut"):
        note(f"There are {found['total']} in all; fewer are shown.")


@models.command("assignments")
@click.argument("name")
@json_option
@server_options
def assignments(name: str, as_json: bool) -> None:
    """Show the endpoints at which versions of the model NAME worked and work."""
    with connect() as aird:
        found = aird.models.assignments(name)
    if as_json:
        return print_json(found)
    rows = [
        (each["endpoint"], each["version"], when(each["since"]), when(each["until"]) if each["until"] else "now",
         each["reason"])
        for each in found
    ]  # fmt: skip
    print_table(("endpoint", "version", "since", "until", "why back"), rows, empty=f"{name} has worked nowhere yet.")


@models.command("diff")
@click.argument("old")
@click.argument("new")
@json_option
@server_options
def diff(old: str, new: str, as_json: bool) -> None:
    """Show what changed from the version OLD to the version NEW."""
    with connect() as aird:
        found = aird.versions.diff(new, old)
    if as_json:
        return print_json(found)
    rows = [("file", each["path"], size(each["old_size"]), size(each["new_size"]), each["change"])
            for each in found["files"] if each["change"] != "same"]  # fmt: skip
    rows += [("fact", each["key"], each["old"], each["new"], "changed") for each in found["facts"] + found["card"]]
    for each in found["skills"]:
        known = each["low"] is not None and each["high"] is not None
        interval = f"{each['low']:+.3f} to {each['high']:+.3f}" if known else ""
        rows.append(("skill", each["suite"], _score(each["old"]), _score(each["new"]), interval))
    print_table(("what", "name", "old", "new", "change"), rows, empty=f"{old} and {new} are the same.")
    for each in found["texts"]:
        click.echo()
        click.echo(plain(each["unified_diff"]).rstrip())


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"


@models.command("retire")
@click.argument("ref")
@click.option("--reason", required=True, help="Why; it stays on record.")
@click.option("--successor", metavar="REF", help="The version to use instead; whoever asks for REF is told.")
@json_option
@server_options
def retire(ref: str, reason: str, successor: str | None, as_json: bool) -> None:
    """Take the version REF out of service for good; its files and lineage stay."""
    with connect() as aird:
        found = aird.versions.retire(ref, reason=reason, successor=successor)
    if as_json:
        return print_json(found)
    note(f"{found['ref']} is {found['state']}{f'; its successor is {successor}' if successor else ''}.")


for command in (alias, access, transfer.add, transfer.pull, transfer.export, transfer.verify):
    models.add_command(command)
