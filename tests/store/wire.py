"""A bad line to an S3 server: a small TCP proxy that refuses, waits, cuts answers short or changes their bytes."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.store.s3 import free_port


@dataclass
class Wire:
    """The proxy's address, and what goes wrong on it; may be changed at any time."""

    address: str
    down: bool = False  # connections are closed at once
    delay: float = 0.0  # seconds before every piece of an answer
    cut_after: int | None = None  # bytes of an answer after which the connection is closed
    cut_request_after: int | None = None  # the same for what is sent
    flip_at: int | None = None  # which byte of an answer is changed
    faults: int = 10**9  # how many connections the three above hit
    connections: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def hit(self) -> bool:
        """Whether the next connection goes wrong."""
        with self._turn:
            self.connections += 1
            self.faults -= 1
            return self.faults >= 0

    def mend(self) -> None:
        """All is well from now on."""
        self.down, self.delay, self.cut_after, self.cut_request_after, self.flip_at = False, 0.0, None, None, None


@contextmanager
def proxy(target: str) -> Iterator[Wire]:
    """A wire to the server at `target`, http://127.0.0.1:PORT."""
    port, stop = free_port(), threading.Event()
    wire = Wire(f"http://127.0.0.1:{port}")
    listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(0.05)

    def accept() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                threading.Thread(target=_carry, args=(wire, client, target, stop), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield wire
    finally:
        stop.set()
        thread.join()
        listener.close()


def _carry(wire: Wire, client: socket.socket, target: str, stop: threading.Event) -> None:
    faulty, sent, answered = wire.hit(), 0, 0
    if wire.down:
        client.close()
        return
    host, _, port = target.removeprefix("http://").partition(":")
    with client, socket.create_connection((host, int(port))) as server, selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ)
        ready.register(server, selectors.EVENT_READ)
        while not stop.is_set():
            for key, _ in ready.select(0.05):
                try:
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                except OSError:
                    return
                if not data or wire.down:
                    return
                if key.fileobj is client:
                    sent += len(data)
                    if faulty and wire.cut_request_after is not None and sent > wire.cut_request_after:
                        return
                    server.sendall(data)
                    continue
                time.sleep(wire.delay)
                if faulty and wire.flip_at is not None and answered <= wire.flip_at < answered + len(data):
                    changed = bytearray(data)
                    changed[wire.flip_at - answered] ^= 1
                    data = bytes(changed)
                answered += len(data)
                over = answered - wire.cut_after if faulty and wire.cut_after is not None else 0
                with suppress(OSError):
                    client.sendall(data[: len(data) - over] if over > 0 else data)
                if over > 0:
                    return
