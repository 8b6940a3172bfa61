"""`aird datasets`: look up data sets, and add a version from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import Failure
from aird.cli.output import (
    json_option,
    limit_option,
    note,
    print_json,
    print_table,
    short_digest,
    size,
    when,
)
from aird.cli.progress import upload_meter

if TYPE_CHECKING:
    from aird.client import Client
    from aird.client.uploads import Upload

KINDS = ("training", "exam", "text")


@click.group(short_help="Data to train on and to examine with.")
def datasets() -> None:
    """Data to train on and to examine with."""


@datasets.command("ls")
@click.option("--department", help="Only this department's.")
@click.option("--kind", type=click.Choice([*KINDS, "feedback"]), help="Only this kind.")
@limit_option
@json_option
@server_options
def ls(department: str | None, kind: str | None, limit: int | None, as_json: bool) -> None:
    """List the data sets."""
    with connect() as aird:
        found = list(aird.datasets.list(department=department, kind=kind, limit=limit))
    if as_json:
        return print_json(found)
    print_table(
        ("dataset", "kind", "title", "version", "splits", "size", "digest", "created"),
        map(_row, found),
        empty="No data sets. Add one: aird datasets add DEPARTMENT/NAME train.jsonl",
    )


def _row(dataset: dict[str, Any]) -> tuple[object, ...]:
    latest = dataset.get("latest") or {}
    splits = " ".join(f"{name}={count}" for name, count in (latest.get("splits") or {}).items())
    return (
        dataset["name"], dataset["kind"], dataset["title"], latest.get("number"), splits,
        size(latest.get("bytes")), short_digest(latest.get("digest")), when(latest.get("created_at")),
    )  # fmt: skip


@datasets.command("add")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), help="What it is for, when the data set is new [training].")
@click.option(
    "--card",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Markdown file: where the data comes from.",
)
@click.option("--title", help="Its title, when the data set is new.")
@json_option
@server_options
def add(
    name: str, files: tuple[Path, ...], kind: str | None, card: Path | None, title: str | None, as_json: bool
) -> None:
    """Upload FILES, or the files of a folder, as the next version of NAME (department/dataset).

    Each file is one split and is called <split>.jsonl: train.jsonl, dev.jsonl, exam.jsonl.
    """
    uploads = _splits(files)
    text = card.read_text(encoding="utf-8") if card else None
    with connect() as aird:
        _ensure(aird, name, kind, title, text)
        with upload_meter(uploads) as sent:
            version = aird.datasets.add(name, uploads, card=text, on_sent=sent)
    if as_json:
        return print_json(version)
    note(f"Added {version['ref']}: {version['items']} items.")
    click.echo(version["ref"])


def _splits(files: tuple[Path, ...]) -> "list[Upload]":
    from aird.client.uploads import Upload

    found: dict[str, Path] = {}
    for given in files:
        inside = sorted(given.glob("*.jsonl")) if given.is_dir() else [given]
        if not inside:
            raise click.UsageError(f"{given} holds no .jsonl file. Name each split's file <split>.jsonl.")
        for file in inside:
            if file.suffix != ".jsonl":
                raise click.UsageError(f"{file} is not called <split>.jsonl. Rename it, for example to train.jsonl.")
            if file.name in found:
                raise click.UsageError(f"{file} and {found[file.name]} are both the split {file.stem}. Give one.")
            found[file.name] = file
    return [Upload(file, name) for name, file in found.items()]


def _ensure(aird: "Client", name: str, kind: str | None, title: str | None, card: str | None) -> None:
    from aird.client.errors import ApiProblem

    try:
        existing = aird.datasets.get(name)
    except ApiProblem as problem:
        if problem.status != 404:
            raise
        aird.datasets.create(name, kind=kind or "training", title=title, card=card)
        return
    if kind and existing["kind"] != kind:
        raise Failure(
            f"{name} holds {existing['kind']} data.", f"You asked for {kind}; a data set keeps its kind.",
            then="Leave --kind out, or choose another name.", exit_code=6,
        )  # fmt: skip
