"""`aird datasets`: look up data sets, add a version from files, read its quality report, erase it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import Failure
from aird.cli.output import (
    json_option,
    limit_option,
    note,
    print_fields,
    print_json,
    print_json_line,
    print_table,
    short_digest,
    size,
    when,
)
from aird.cli.progress import follow, upload_meter
from aird.cli.recipes import wait_option

if TYPE_CHECKING:
    from aird.client import Client
    from aird.client.uploads import Upload

KINDS = ("training", "exam", "text")
CONSENTS = ("unstated", "not_needed", "given", "withdrawn")
ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
FINDINGS = ("leak", "near_leak", "straddle", "duplicate", "near_duplicate", "conflict", "personal")

Command = TypeVar("Command", bound=Callable[..., Any])


def reading_options(command: Command) -> Command:
    """How files are read and split, for `preview` and `add`."""
    for option in (
        click.option("--encoding", help="How the files are written, when not in UTF-8."),
        click.option("--drop", is_flag=True, help="Leave out columns that no layout knows, instead of refusing them."),
        click.option("--share", "shares", multiple=True, metavar="SPLIT=PART",
                     help="Deal the items out, once and for ever: --share train=0.9 --share exam=0.1."),
        click.option("--split", "splits", multiple=True, metavar="FILE=SPLIT", help="Which split a file is."),
        click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN",
                     help="Where a field stands: --column instruction=question --column output=answer."),
    ):  # fmt: skip
        command = option(command)
    return command


def _reading(said: dict[str, Any]) -> dict[str, Any]:
    """The options of `reading_options` as the client takes them."""
    shares = _pairs("share", said["shares"])
    try:
        numbers = {name: float(part) for name, part in shares.items()}
    except ValueError:
        raise click.UsageError("--share takes a part between 0 and 1: --share train=0.9.") from None
    return {
        "columns": _pairs("column", said["columns"]), "splits": _pairs("split", said["splits"]), "shares": numbers,
        "drop": said["drop"], "encoding": said["encoding"],
    }  # fmt: skip


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"--{option} {each!r} is not of the form NAME=VALUE.")
        found[name] = value
    return found


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


@datasets.command("preview")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dataset", metavar="NAME", help="The data set it is meant for.")
@reading_options
@json_option
@server_options
def preview(files: tuple[Path, ...], dataset: str | None, as_json: bool, **said: Any) -> None:
    """Show what FILES would become: their layouts, converted rows, and every row that is refused. Keeps nothing."""
    with connect() as aird:
        found = aird.datasets.preview(_files(files), dataset=dataset, **_reading(said))
    if as_json:
        return print_json(found)
    for each in found["files"]:
        layouts = ", ".join(f"{name} {count}" for name, count in each["layouts"].items())
        print_fields(
            {
                "file": each["file"], "split": each["split"], "format": each["format"], "layout": layouts,
                "items": each["items"], "refused": each["refused_rows"] or None, "dropped": ", ".join(each["dropped"]),
            }
        )  # fmt: skip
        for item in each["converted"]:
            print_json_line(item)
        for row in [*each["refused"], *([each["error"]] if each["error"] else [])]:
            note(f"{each['file']} line {row['line']}: {row['message']}")
    if not found["ready"]:
        raise Failure("These files would not be taken.", "The lines above say why.", exit_code=1)


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
@click.option("--license", "licence", help="Its licence, when the data set is new.")
@click.option(
    "--consent", type=click.Choice(CONSENTS), help="Whether the people in it agreed, when the data set is new."
)
@reading_options
@json_option
@server_options
def add(
    name: str,
    files: tuple[Path, ...],
    kind: str | None,
    card: Path | None,
    title: str | None,
    licence: str | None,
    consent: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Upload FILES, or the files of a folder, as the next version of NAME (department/dataset).

    JSON lines, JSON, CSV, TSV or Parquet. Each file is one split and is called by it: train.jsonl, exam.csv; or
    --split says which it is, or --share deals the items out.
    """
    uploads = _files(files)
    how = _reading(said)
    text = card.read_text(encoding="utf-8") if card else None
    with connect() as aird:
        _ensure(aird, name, kind, title=title, card=text, license=licence, consent=consent)
        with upload_meter(uploads) as sent:
            version = aird.datasets.add(name, uploads, card=text, on_sent=sent, **how)
    if as_json:
        return print_json(version)
    note(f"Added {version['ref']}: {version['items']} items.")
    click.echo(version["ref"])


def _files(files: tuple[Path, ...]) -> "list[Upload]":
    from aird.client.uploads import Upload

    found: dict[str, Path] = {}
    for given in files:
        inside = [each for each in sorted(given.iterdir()) if each.suffix in ENDINGS] if given.is_dir() else [given]
        if not inside:
            raise click.UsageError(f"{given} holds no file of data ({', '.join(ENDINGS)}).")
        for file in inside:
            if file.suffix not in ENDINGS:
                raise click.UsageError(f"{file} is no file of data; they end in {', '.join(ENDINGS)}.")
            if file.name in found:
                raise click.UsageError(f"{file} and {found[file.name]} have the same name. Rename one.")
            found[file.name] = file
    return [Upload(file, name) for name, file in found.items()]


def _ensure(aird: "Client", name: str, kind: str | None, **said: Any) -> None:
    from aird.client.errors import ApiProblem

    try:
        existing = aird.datasets.get(name)
    except ApiProblem as problem:
        if problem.status != 404:
            raise
        aird.datasets.create(name, kind=kind or "training", **said)
        return
    if kind and existing["kind"] != kind:
        raise Failure(
            f"{name} holds {existing['kind']} data.", f"You asked for {kind}; a data set keeps its kind.",
            then="Leave --kind out, or choose another name.", exit_code=6,
        )  # fmt: skip


@datasets.command("examine")
@click.argument("version")
@wait_option
@json_option
@server_options
def examine(version: str, wait: bool, as_json: bool) -> None:
    """Look for duplicates, personal data and overlap with every exam in VERSION (department/dataset@1)."""
    with connect() as aird:
        follow(aird, aird.datasets.examine(version), wait=wait, as_json=as_json)


@datasets.command("report")
@click.argument("version")
@json_option
@server_options
def report(version: str, as_json: bool) -> None:
    """Show what the last examination of VERSION has found."""
    with connect() as aird:
        found = aird.datasets.report(version)
    if as_json:
        return print_json(found)
    said = found["report"]
    print_fields(
        {
            "dataset": said["ref"], "verdict": said["verdict"], "blocked": ", ".join(said["blocked"]),
            "examined": when(said["examined_at"]),
            "outdated": "yes: exams were made since" if found["outdated"] else None,
            **{kind.replace("_", " "): count for kind, count in said["findings"].items()},
        }
    )  # fmt: skip
    for each in said["remarks"]:
        if each["level"] != "ok":
            note(f"{each['level']}: {each['message']}")


@datasets.command("clean")
@click.argument("version")
@click.option(
    "--without", "kinds", multiple=True, required=True, type=click.Choice(FINDINGS), help="What to leave out."
)
@wait_option
@json_option
@server_options
def clean(version: str, kinds: tuple[str, ...], wait: bool, as_json: bool) -> None:
    """Make a new version of the data set without the lines that VERSION's report names."""
    with connect() as aird:
        follow(aird, aird.datasets.clean(version, kinds), wait=wait, as_json=as_json)


@datasets.command("permit")
@click.argument("version")
@click.argument("split")
@click.option("--reason", required=True, help="Why they are no practice for the exam; it stands in the audit log.")
@json_option
@server_options
def permit(version: str, split: str, reason: str, as_json: bool) -> None:
    """Let models learn from SPLIT of VERSION although many items ask almost what an exam asks."""
    with connect() as aird:
        found = aird.datasets.permit(version, split, reason=reason)
    if as_json:
        return print_json(found)
    for each in found["permits"]:
        note(f"{each['split']}: {each['items']} items near {each['exam']}, permitted by {each['by']}: {each['reason']}")


@datasets.command("terms")
@click.argument("name")
@click.option("--license", "licence", help="Under which licence it may be used.")
@click.option("--source", help="Where it comes from.")
@click.option("--consent", type=click.Choice(CONSENTS), help="Whether the people in it agreed.")
@click.option("--keep-days", type=click.IntRange(min=0), help="How long it may be kept; 0 means for ever.")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@json_option
@server_options
def terms(
    name: str, licence: str | None, source: str | None, consent: str | None, keep_days: int | None, reason: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Say anew under which licence, with whose consent and for how long NAME is kept."""
    said = {"license": licence, "source": source, "consent": consent, "retention_days": keep_days}
    with connect() as aird:
        found = aird.datasets.change(
            name, reason=reason, **{key: each for key, each in said.items() if each is not None}
        )
    if as_json:
        return print_json(found)
    keys = ("name", "license", "source", "consent", "retention_days")
    print_fields({key.replace("_", " "): found.get(key) for key in keys})


@datasets.command("erase")
@click.argument("version")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@click.confirmation_option(prompt="The bytes are gone for ever. Erase them?")
@json_option
@server_options
def erase(version: str, reason: str, as_json: bool) -> None:
    """Erase the bytes of VERSION for ever; what learnt from it stays known."""
    with connect() as aird:
        found = aird.datasets.erase(version, reason=reason)
    if as_json:
        return print_json(found)
    print_fields(
        {
            "erased": ", ".join(found["refs"]), "size": size(found["bytes"]),
            "still shared by": ", ".join(found["shared"]),
            "versions that learnt from it": found["affected"], "of these deployed": found["deployed"],
        }
    )  # fmt: skip
