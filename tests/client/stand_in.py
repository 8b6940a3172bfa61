"""A stand-in for the server: real HTTP on a loopback port, answers written down by the test, calls kept."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Call:
    """What the client sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def parts(self) -> list[tuple[str, str | None, bytes]]:
        """(field, file name, content) of a multipart body."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [
            (
                str(part.get_param("name", header="content-disposition")),
                part.get_filename(),
                part.get_payload(decode=True),  # type: ignore[misc]
            )
            for part in message.iter_parts()
        ]


@dataclass(frozen=True)
class Reply:
    """What the server says; `cut` breaks the connection off in the middle of the body."""

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class StandIn:
    """Answers that a test wrote down; several are given one after the other, the last for ever."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[Call] = []
        self._answers: dict[tuple[str, str], list[Any]] = {}

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Answer `method path` with JSON, a Reply, or what a function of the call gives."""
        self._answers[method, path] = list(answers)

    def page(self, path: str, items: list[Any]) -> None:
        """Answer GET `path` with a list of one page."""
        self.on("GET", path, {"items": items, "next": None})

    def problem(self, status: int, code: str, detail: str = "Because.", **params: Any) -> Reply:
        """A refusal as problem+json."""
        body = {"title": "Refused", "status": status, "detail": detail, "code": code, "params": params}
        return Reply(json.dumps(body).encode(), status, "application/problem+json")

    def events(self, *events: tuple[int, str, Any], end: bool = True, cut: bool = False) -> Reply:
        """A stream of (id, event, data), closed with the event `end`."""
        chunks = [f"id: {seq}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode() for seq, name, data in events]
        return Reply(chunks + ([b"event: end\ndata: {}\n\n"] if end else []), type="text/event-stream", cut=cut)

    def stream(self, *chunks: bytes, cut: bool = False) -> Reply:
        """Any bytes as an event stream."""
        return Reply(list(chunks), type="text/event-stream", cut=cut)

    def raw(self, body: bytes, status: int = 200, type: str = "text/html", **headers: str) -> Reply:
        """Something that is not JSON."""
        return Reply(body, status, type, headers)

    def sent(self, method: str, path: str) -> list[Call]:
        """The calls of `method path`, in order."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    def answer(self, call: Call) -> Reply:
        """The next answer for a call."""
        self.calls.append(call)
        answers = self._answers.get((call.method, call.path))
        if not answers:
            return self.problem(404, "not_found", f"The stand-in knows no {call.method} {call.path}.")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(call)
        return found if isinstance(found, Reply) else Reply(json.dumps(found).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        call = Call(
            self.command, unquote(parts.path), dict(parse_qsl(parts.query)),
            {name.lower(): value for name, value in self.headers.items()}, self.rfile.read(length),
        )  # fmt: skip
        reply = self.stand_in.answer(call)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        for name, value in reply.headers.items():
            self.send_header(name.replace("_", "-"), value)
        if isinstance(reply.body, bytes):
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._stream(reply.body, reply.cut)

    def _stream(self, chunks: Iterable[bytes], cut: bool) -> None:
        try:
            for chunk in chunks:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            if not cut:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            cut = True
        if cut:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away is part of these tests."""


@contextmanager
def running() -> Iterator[StandIn]:
    """A stand-in that listens on a free port of the loopback address."""
    handler = type("Handler", (_Handler,), {})
    with _Server(("127.0.0.1", 0), handler) as server:
        stand_in = handler.stand_in = StandIn(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
