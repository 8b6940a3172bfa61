"""`aird audit`: verify the log where its database lies, and export it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, data_dir_option, server_options, settings
from aird.cli.failures import FAILED, Failure
from aird.cli.output import json_option, note, print_fields, print_json, print_json_line


@click.group(short_help="Who did what: verify and export the log.")
def audit() -> None:
    """Who did what to what, and why."""


@audit.command("verify")
@click.option(
    "--anchors", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads of the chain that were kept elsewhere [the anchor file of the settings].",
)  # fmt: skip
@data_dir_option
@json_option
def verify(anchors: Path | None, as_json: bool) -> None:
    """Recompute the whole chain from the database; exit 1 when an entry was changed, removed or swapped."""
    from aird.audit import chain, queries, service
    from aird.core.db import Database

    chosen = settings()
    if chosen.embedded and not (chosen.home / "aird.db").exists():
        raise Failure(
            f"There is no database in {chosen.home}.",
            then="Name its folder with --data-dir, or set AIRD_DATABASE_URL.",
        )
    database = Database.open(chosen.db_url())
    try:
        with database.read() as session:
            verdict = chain.verify(queries.links(session), service.read_anchors(anchors or chosen.anchors()))
    finally:
        database.engine.dispose()
    found = {"sound": verdict.sound, **asdict(verdict)}
    if as_json:
        print_json(found)
    else:
        print_fields({**found, "sound": "yes" if verdict.sound else "NO"})
    if not verdict.sound:
        raise Failure(
            "The audit log is not what was written.", str(verdict.fault),
            then="Compare it with a backup or an export.",
            exit_code=FAILED,
        )  # fmt: skip


@audit.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="A file instead of stdout.",
)
@server_options
def export(output: Path | None) -> None:
    """Write every entry as JSON lines, in order."""
    with connect() as aird:
        entries = aird.audit.export()
        if output is None:
            for entry in entries:
                print_json_line(entry)
            return
        count = _write(entries, output)
    note(f"Wrote {count} entries to {output}.")


def _write(entries: Iterator[dict[str, Any]], output: Path) -> int:
    """Write beside the target first, so that a broken connection leaves no half export behind."""
    part, count = output.with_name(output.name + ".part"), 0
    try:
        with part.open("w", encoding="utf-8") as out:
            for entry in entries:
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")
                count += 1
        part.replace(output)
    finally:
        if sys.exc_info()[0] is not None:
            part.unlink(missing_ok=True)
    return count
