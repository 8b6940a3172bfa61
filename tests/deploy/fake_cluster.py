"""A stand-in for a Ray cluster's REST API on loopback: two nodes, jobs as processes of this machine, a token."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a token"
NODES = ("node-a", "node-b")


@dataclass
class FakeCluster:
    """What runs on it, by submission; `places` says on which node."""

    jobs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    address: str = ""

    def running(self) -> list[str]:
        """The submissions that have not ended."""
        return [name for name, job in self.jobs.items() if job.poll() is None]

    def submit(self, body: dict[str, Any]) -> None:
        """Run the entrypoint."""
        name = body["submission_id"]
        self.places[name] = body["entrypoint_label_selector"]["ray.io/node-id"]
        self.jobs[name] = subprocess.Popen(
            ["/bin/sh", "-c", body["entrypoint"]], env=dict(os.environ), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        """Signal a job's keeper."""
        if self.jobs[name].poll() is None:
            os.killpg(self.jobs[name].pid, number)

    def status(self, name: str) -> dict[str, Any]:
        """As Ray tells it."""
        code = self.jobs[name].poll()
        state = "RUNNING" if code is None else "SUCCEEDED" if code == 0 else "FAILED"
        return {"status": state, "message": "", "driver_exit_code": code}


def _handler(cluster: FakeCluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """The few requests that aird makes."""

        def _answer(self, status: int, body: object = None) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _known(self) -> bool:
            if self.headers.get("authorization") == f"Bearer {TOKEN}":
                return True
            self._answer(401)
            return False

        def do_GET(self) -> None:
            if not self._known():
                return
            if self.path.startswith("/api/v0/nodes"):
                nodes = [{"state": "ALIVE", "node_id": each, "resources_total": {"CPU": 4.0}} for each in NODES]
                return self._answer(200, {"data": {"result": {"result": nodes}}})
            name = self.path.rpartition("/")[2]
            return self._answer(200, cluster.status(name)) if name in cluster.jobs else self._answer(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if not self._known():
                return
            if self.path.endswith("/stop"):
                cluster.end(self.path.split("/")[-2])
            else:
                cluster.submit(json.loads(body))
            self._answer(200, {})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def fake_cluster() -> Iterator[FakeCluster]:
    """A cluster that takes its processes with it."""
    cluster = FakeCluster()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(cluster)) as server:
        cluster.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield cluster
        finally:
            for name, job in cluster.jobs.items():
                cluster.end(name, signal.SIGKILL)
                job.wait()
            server.shutdown()
            thread.join()
