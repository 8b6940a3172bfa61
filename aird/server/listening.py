"""The address that a server listens on, and the Host headers that it answers."""

import socket
from urllib.parse import urlsplit

from aird.core.settings import Settings

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]", "testserver")


class CannotStart(RuntimeError):
    """The house cannot be opened; the message says why and what to do."""


class AlreadyRunning(CannotStart):
    """Another aird uses this data folder."""


def listen(settings: Settings, *, next_free: bool) -> socket.socket:
    """A listening socket on the settings' port; with `next_free`, on one of the 20 above when it is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    last = settings.port + (20 if next_free and settings.port else 1)
    ports = range(settings.port, min(last, 65536))
    for port in ports:
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, port))
        except OSError:
            listener.close()
            continue
        listener.listen(2048)
        return listener
    raise AlreadyRunning(f"Port {settings.port} on {settings.host} is taken. Choose another with --port.")


def allowed_hosts(settings: Settings) -> list[str]:
    """The Host headers that are answered: a page of another site that points its name here gets nothing."""
    hosts = {*LOCAL_HOSTS, *settings.allowed_hosts}
    if settings.host not in ("0.0.0.0", "::"):  # noqa: S104
        hosts.add(settings.host)
    if settings.public_url:
        hosts.add(urlsplit(settings.public_url).hostname or "")
    return sorted(hosts - {""})
