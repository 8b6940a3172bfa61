"""`aird store`: what it holds, whether it is sound, and the removal of what nothing needs; where the database lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from aird.cli.context import data_dir_option, settings
from aird.cli.failures import FAILED, Failure
from aird.cli.output import json_option, note, print_fields, print_json, print_table, short_digest, size

if TYPE_CHECKING:
    from aird.core.db import Database
    from aird.store.artifacts import Store


@click.group(short_help="The store: usage, garbage collection, scrubbing.")
def store() -> None:
    """The bytes of every model, data set and exam. Runs on the server's machine."""


@contextmanager
def _opened() -> "Iterator[tuple[Database, Store, timedelta]]":
    """The database and the store of the settings, and how long the store keeps what nothing needs."""
    from aird.core.db import Database
    from aird.store.artifacts import open_store

    chosen = settings()
    if chosen.embedded and not (chosen.home / "aird.db").exists():
        raise Failure(
            f"There is no database in {chosen.home}.",
            then="Name its folder with --data-dir, or set AIRD_DATABASE_URL.",
        )
    database = Database.open(chosen.db_url())
    try:
        yield database, open_store(chosen, database), timedelta(hours=chosen.store_grace_hours)
    finally:
        database.engine.dispose()


@store.command("usage")
@data_dir_option
@json_option
def usage(as_json: bool) -> None:
    """How much is stored, and by which department; a file that two departments have counts for both."""
    from aird.server import scrub

    with _opened() as (database, _, _):
        found = scrub.usage(database)
    if as_json:
        print_json(found)
        return
    loose = found["unneeded"]
    print_fields(
        {
            "stored": f"{size(found['bytes'])} in {found['blobs']} files",
            "unneeded": f"{size(loose['bytes'])} in {loose['blobs']} files",
            "damaged": found["damaged"],
        }
    )
    rows = [
        [each["department"], size(each["bytes"]), "none" if each["quota"] is None else size(each["quota"])]
        for each in found["departments"]
    ]
    print_table(["DEPARTMENT", "MODELS", "QUOTA"], rows, empty="No departments.")


@store.command("gc")
@click.option("--dry-run", is_flag=True, help="Say what would be removed and remove nothing.")
@click.option(
    "--grace", type=click.FloatRange(min=0), metavar="HOURS",
    help="Keep what was stored or asked for in the last HOURS [AIRD_STORE_GRACE_HOURS].",
)  # fmt: skip
@data_dir_option
@json_option
def collect(dry_run: bool, grace: float | None, as_json: bool) -> None:
    """Remove what nothing needs: files of no version, uploads that were given up."""
    from aird.server import gc

    with _opened() as (database, opened, usual):
        wait = usual if grace is None else timedelta(hours=grace)
        found = gc.collect(database, opened, grace=wait, dry_run=dry_run)
    if as_json:
        print_json(asdict(found))
    else:
        done = "would be removed" if dry_run else "removed"
        print_fields({done: f"{found.blobs} files, {size(found.bytes)}", "uploads given up": found.uploads})
    if found.unreadable:
        raise Failure(
            f"Nothing was collected: the list of files of {len(found.unreadable)} artifacts in use cannot be read.",
            "\n".join(found.unreadable[:10]),
            then="Restore them from a backup, then run aird store scrub.",
            exit_code=FAILED,
        )


@store.command("scrub")
@click.option(
    "--unchecked-for", type=click.FloatRange(min=0), metavar="HOURS",
    help="Leave out what was checked in the last HOURS: goes on where an interrupted run stopped.",
)  # fmt: skip
@data_dir_option
@json_option
def scrub_all(unchecked_for: float | None, as_json: bool) -> None:
    """Read and hash every stored byte; exit 1 and name the versions when something has changed."""
    from aird.core.clock import now
    from aird.server import scrub

    before = None if unchecked_for is None else now() - timedelta(hours=unchecked_for)
    with _opened() as (database, opened, _):
        found = scrub.scrub(database, opened, checked_before=before, on_blob=_told)
    if as_json:
        print_json({"sound": found.sound, **asdict(found)})
    else:
        print_fields({"checked": f"{found.blobs} files, {size(found.bytes)}", "restored": found.restored})
        rows = [[short_digest(each.digest), size(each.size), ", ".join(each.affected)] for each in found.faults]
        print_table(["DAMAGED", "SIZE", "AFFECTED"], rows, empty="Every byte is what it was.")
    if not found.sound:
        raise Failure(
            f"{len(found.faults) + len(found.unreadable)} stored files are not what they were.",
            "\n".join(found.unreadable[:10]),
            then="Upload the files again, or restore the store from a backup and scrub once more.",
            exit_code=FAILED,
        )


def _told(blobs: int, bytes_: int) -> None:
    if blobs % 1000 == 0:
        note(f"{blobs} files, {size(bytes_)} so far")
