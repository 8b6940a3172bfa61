"""The commands that run or check the house itself: they open the database, so they run where the data is."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aird.cli.context import data_dir_option, settings
from aird.cli.failures import FAILED, Failure
from aird.cli.output import json_option, note, print_json, print_table
from aird.core.starting import importing

if TYPE_CHECKING:
    from rich.console import Console

host_option = click.option("--host", help="Address to listen on [AIRD_HOST, 127.0.0.1].")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Port [AIRD_PORT, 8321]; 0 takes a free one.")


@click.command(short_help="Start everything on this machine: database, worker, server.")
@click.option("--sample", is_flag=True, help="Found a sample organisation and train its small models, for real.")
@click.option("--exit", "exit_when_done", is_flag=True, help="Stop when everything is up and the sample is done.")
@host_option
@port_option
@data_dir_option
def up(sample: bool, exit_when_done: bool, host: str | None, port: int | None) -> None:
    """Start everything on this machine: database, worker and server. Ctrl-C stops; the data stays."""
    with importing():
        from aird.server.listening import CannotStart
        from aird.server.run import up as run_up

    try:
        chosen = settings(host=host, port=port)
        then = _sample_founder(chosen.home) if sample else None
        code = run_up(chosen, exit_when_done=exit_when_done, then=then)
    except CannotStart as error:
        raise Failure("aird did not start.", str(error)) from error
    click.get_current_context().exit(code)


def _sample_founder(home: Path) -> "Callable[[str, str, Console], bool]":
    from aird.sample.run import founder

    return founder(home)


@click.command(short_help="Serve the API and the web UI; workers run elsewhere.")
@host_option
@port_option
@data_dir_option
def server(host: str | None, port: int | None) -> None:
    """Serve the API, the web UI and /v1 until SIGTERM. Workers are started apart (aird worker)."""
    with importing():
        from aird.server.listening import CannotStart
        from aird.server.run import serve

    try:
        code = serve(settings(host=host, port=port))
    except CannotStart as error:
        raise Failure("The server did not start.", str(error)) from error
    click.get_current_context().exit(code)


@click.command(short_help="Answer /v1 alone, apart from the server.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="More need PostgreSQL.")
@host_option
@port_option
@data_dir_option
def gateway(processes: int, host: str | None, port: int | None) -> None:
    """Answer /v1 until SIGTERM, on the same database and machine as the server and its runtimes."""
    with importing():
        from aird.server.gateway import run
        from aird.server.listening import CannotStart

    try:
        code = run(settings(host=host, port=port), processes=processes)
    except CannotStart as error:
        raise Failure("The gateway did not start.", str(error)) from error
    click.get_current_context().exit(code)


@click.command(short_help="Run jobs from the queue.")
@data_dir_option
def worker() -> None:
    """Run jobs from the queue until SIGTERM; a job that is cut off is taken up again elsewhere."""
    from sqlalchemy.exc import OperationalError

    from aird.server.listening import CannotStart
    from aird.server.schema import check_schema
    from aird.worker import main

    chosen = settings()
    try:
        with suppress(OperationalError):  # a worker waits for a database that is away
            check_schema(chosen)
    except CannotStart as error:
        raise Failure("The worker did not start.", str(error)) from error
    click.get_current_context().exit(main(chosen) or 0)


@click.command(short_help="Check this installation and say what to do.")
@data_dir_option
@json_option
def doctor(as_json: bool) -> None:
    """Check this installation: ok, warn or fail, and what to do; exit 1 when a line says fail."""
    from aird.server.doctor import checks

    found = checks(settings())
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        rows = [(each.state, each.name, each.detail, each.fix) for each in found]
        print_table(("state", "check", "found", "what to do"), rows, empty="Nothing to check.")
    if any(each.state == "fail" for each in found):
        click.get_current_context().exit(FAILED)


@click.group(short_help="The database: bring its schema up to date.")
def db() -> None:
    """The database."""


@db.command("upgrade")
@data_dir_option
def upgrade() -> None:
    """Bring the schema up to date; safe to run again."""
    from aird.server.listening import CannotStart
    from aird.server.migrate import upgrade as run_upgrade

    chosen = settings()
    try:
        run_upgrade(chosen)
    except CannotStart as error:
        raise Failure("The database was not upgraded.", str(error)) from error
    note(f"The database of {chosen.home if chosen.embedded else 'AIRD_DATABASE_URL'} is up to date.")


@click.command(short_help="Print the API's description.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
def openapi(output: Path | None) -> None:
    """Print the API's description (OpenAPI 3.1) as JSON."""
    from aird.server.app import openapi_document

    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
