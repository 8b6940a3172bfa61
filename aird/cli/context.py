"""Which server a command talks to: --url, --data-dir, or the environment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aird.cli.failures import Failure

if TYPE_CHECKING:
    from aird.client import Client
    from aird.core.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_URL, _DATA_DIR = "aird.cli.url", "aird.cli.data_dir"


def _remember(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            ctx.meta[key] = value

    return callback


def data_dir_option(command: Command) -> Command:
    """--data-dir, before or after the command's name."""
    return click.option(
        "--data-dir", type=click.Path(file_okay=False, path_type=Path), expose_value=False,
        callback=_remember(_DATA_DIR), help="Folder of the server on this machine [AIRD_DATA_DIR, ~/.aird].",
    )(command)  # fmt: skip


def server_options(command: Command) -> Command:
    """--url and --data-dir, before or after the command's name."""
    url = click.option(
        "--url", metavar="URL", expose_value=False, callback=_remember(_URL),
        help="The server to talk to [AIRD_URL]; the token is read from AIRD_TOKEN.",
    )  # fmt: skip
    return url(data_dir_option(command))


def given_data_dir() -> Path | None:
    """The folder from --data-dir."""
    found: Path | None = click.get_current_context().meta.get(_DATA_DIR)
    return found


@contextmanager
def connect() -> "Iterator[Client]":
    """A client for the server that was chosen."""
    from aird.client import Client
    from aird.client.errors import ConnectionFailed, NoServer

    url, data_dir = click.get_current_context().meta.get(_URL), given_data_dir()
    if url and data_dir:
        raise click.UsageError("--url and --data-dir name two servers. Give one of them.")
    try:
        client = Client(url, data_dir=data_dir)
    except NoServer:
        if url or data_dir:
            raise
        client = Client(data_dir=settings().home)  # aird.toml may name another folder
    with client:
        try:
            yield client
        except ConnectionFailed as error:
            if not client.local:
                raise
            raise Failure(
                "The server of this machine does not answer.", error.message, then="Start it again: aird up"
            ) from error


def settings(**given: Any) -> "Settings":
    """The settings of this process, with what the command line says on top; raises a usage error."""
    from pydantic import ValidationError

    from aird.core.settings import Settings

    values = {name: value for name, value in {"data_dir": given_data_dir(), **given}.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [
            f"AIRD_{'_'.join(str(part) for part in each['loc']).upper()}: {each['msg']}" for each in error.errors()
        ]
        raise click.UsageError("A setting cannot be used. " + "; ".join(lines)) from error
