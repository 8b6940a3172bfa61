"""`aird models`: look up versions, and add one from a folder."""

from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import (
    json_option,
    limit_option,
    note,
    print_fields,
    print_json,
    print_table,
    short_digest,
    size,
    skill_text,
    skills_line,
    when,
)
from aird.cli.progress import upload_meter

HEADINGS = ("version", "kind", "state", "base", "skills", "size", "digest")


@click.group(short_help="Models and their versions: list, show, add.")
def models() -> None:
    """Models and their versions. A version is named department/model@3; without @3 the latest is meant."""


def _row(version: dict[str, Any]) -> tuple[object, ...]:
    return (
        version["ref"], version["kind"], version["state"], version.get("base"),
        skills_line(version.get("skills") or []), size(version.get("bytes")), short_digest(version["digest"]),
    )  # fmt: skip


@models.command("ls")
@click.option("--department", help="Only this department's.")
@click.option("--kind", type=click.Choice(["base", "adapter", "full"]), help="Only this kind.")
@click.option("--state", type=click.Choice(["draft", "candidate", "approved", "suspended", "retired"]))
@click.option("--search", metavar="TEXT", help="Only names and titles with this text.")
@click.option("--all", "every", is_flag=True, help="Every version, not only the latest of each model.")
@limit_option
@json_option
@server_options
def ls(
    department: str | None, kind: str | None, state: str | None, search: str | None, every: bool,
    limit: int | None, as_json: bool,
) -> None:  # fmt: skip
    """List the latest version of each model."""
    with connect() as aird:
        found = list(
            aird.versions.list(department=department, kind=kind, state=state, search=search, every=every, limit=limit)
        )
    if as_json:
        return print_json(found)
    print_table(HEADINGS, map(_row, found), empty="No models. Add one: aird models add DEPARTMENT/NAME FOLDER")


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
        "size": size(version.get("bytes")),
        "created": f"{when(version.get('created_at'))} by {version.get('created_by')}",
        "notes": version.get("notes"),
        "skills": "\n".join(f"{skill_text(s)} on {s['items']} items" for s in version.get("skills") or []),
        "parents": "\n".join(_parent(each) for each in version.get("parents") or []),
        "made by": f"{training['kind']} {training['job_id'] or ''}" if training else None,
        "files": "\n".join(f"{each['path']}  {size(each['size'])}" for each in version.get("files") or []),
    }  # fmt: skip
    print_fields(fields)


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


@models.command("add")
@click.argument("name")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--base", metavar="REF", help="The version that an adapter belongs on.")
@click.option("--license", help="The licence of these weights, as an SPDX name.")
@click.option("--notes", help="What a reader should know.")
@click.option("--title", help="The model's title, when the model is new.")
@json_option
@server_options
def add(
    name: str, folder: Path, base: str | None, license: str | None, notes: str | None, title: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Upload FOLDER as the next version of NAME (department/model), which is created when it is missing."""
    from aird.client.uploads import folder_uploads

    uploads = folder_uploads(folder)
    with connect() as aird:
        aird.models.ensure(name, title=title)
        with upload_meter(uploads) as sent:
            version = aird.versions.add(name, uploads, base=base, license=license, notes=notes, on_sent=sent)
    if as_json:
        return print_json(version)
    note(f"Added {version['ref']}, {version['kind']}, {size(version.get('bytes'))}.")
    click.echo(version["ref"])
