"""Find the server to talk to: an address that was given, or the server that runs on this machine.

A running server leaves `server.json` in its data folder: {"url", "pid", "token"}, readable by its owner
alone; the token is the local administrator's. The file is how `aird models ls` works right after `aird up`,
without a login.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aird.client.errors import NoServer

SERVER_FILE = "server.json"
DEFAULT_DATA_DIR = "~/.aird"


@dataclass(frozen=True)
class Place:
    """Where the server is, what to show it, and whether its own note on this machine told us."""

    url: str
    token: str | None = field(repr=False)
    local: bool = False


def find_server(
    url: str | None = None,
    token: str | None = None,
    data_dir: Path | str | None = None,
    env: Mapping[str, str] = os.environ,
) -> Place:
    """An argument wins over the environment, AIRD_URL over the data folder; raises NoServer when all fail."""
    elsewhere = env.get("AIRD_URL")
    if data_dir is None or not elsewhere:  # else AIRD_TOKEN is for the server at AIRD_URL, not for this folder's
        token = token or env.get("AIRD_TOKEN") or None
    if url:
        return Place(url, token)
    if data_dir is None and elsewhere:
        return Place(elsewhere, token)
    folder = Path(data_dir or env.get("AIRD_DATA_DIR") or DEFAULT_DATA_DIR).expanduser().absolute()
    return _of_folder(folder, token)


def _of_folder(folder: Path, token: str | None) -> Place:
    file = folder / SERVER_FILE
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        url, own_token = str(noted["url"]), noted.get("token")
    except FileNotFoundError:
        raise NoServer(
            f"No aird server runs with the data folder {folder}. Start one with 'aird up', name its folder"
            " with --data-dir or AIRD_DATA_DIR, or set AIRD_URL and AIRD_TOKEN to use a server elsewhere."
        ) from None
    except PermissionError:
        raise NoServer(
            f"{file} belongs to another user. Ask for a token of your own (aird tokens create) and set"
            " AIRD_URL and AIRD_TOKEN."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoServer(f"{file} cannot be read ({error}). Restart the server; it writes the file anew.") from error
    return Place(url, token or own_token, local=True)
