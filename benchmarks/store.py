"""How fast files go into the store and out of it over HTTP: `python -m benchmarks.store [--quick] [--json FILE]`.

A server of its own, once with a local store and once with an S3 store (rclone's server on this machine). Each round a
file of fresh bytes is sent by the LFS path of the Hub, committed, and downloaded again, by a client that does nothing
but send and receive. Beside it, in the same round, the same bytes are read, hashed with sha256 and written to another
file: the plain figure. The ratio is what aird keeps of it; the medians of all rounds are shown.
"""

import argparse
import hashlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from minio import Minio

from aird.client.discovery import Place
from benchmarks.main_job_server import own_server

MIB = 2**20
REPO, SHARD = "platform/speed", "model-00001-of-00002.safetensors"
FINITE = bytes(byte & 0xBF for byte in range(256))  # of half-precision numbers with these bytes none is infinite
ACCESS_KEY, SECRET_KEY, BUCKET = "airdbenchmark", "airdbenchmarksecret", "speed"


@dataclass
class Figures:
    """Seconds of every round, by what was done."""

    size: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Take the time."""
        begun = time.perf_counter()
        yield
        self.seconds.setdefault(what, []).append(time.perf_counter() - begun)

    def rate(self, what: str) -> float:
        """Median MB/s."""
        return self.size / 1e6 / statistics.median(self.seconds[what])


def make_file(path: Path, size: int) -> str:
    """A safetensors file of about `size` random bytes; gives the hex digits of its sha256."""
    count = size // 2
    header = json.dumps({"w": {"dtype": "F16", "shape": [count], "data_offsets": [0, 2 * count]}}).encode()
    header += b" " * (-len(header) % 8)
    hasher = hashlib.sha256()
    with path.open("wb") as out:
        left = 2 * count
        for block in (len(header).to_bytes(8, "little") + header, *([b""] * (-(-left // MIB)))):
            data = block or os.urandom(min(MIB, left)).translate(FINITE)
            left -= 0 if block else len(data)
            hasher.update(data)
            out.write(data)
    return hasher.hexdigest()


def plain(source: Path, target: Path) -> None:
    """What cannot be done without: read, hash, write."""
    hasher = hashlib.sha256()
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as write:
        while block := read.read(MIB):
            hasher.update(block)
            write.write(block)
    hasher.hexdigest()


def send(url: str, path: Path) -> None:
    """PUT the file as fast as the kernel gives it."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 80)) as wire, path.open("rb") as source:
        size = path.stat().st_size
        wire.sendall(
            f"PUT {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        at = 0
        while at < size:
            at += os.sendfile(wire.fileno(), source.fileno(), at, 16 * MIB)
        answer = wire.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"The upload failed: {answer.decode(errors='replace')}")


def receive(url: str, token: str, size: int) -> None:
    """GET the file and drop it as fast as it comes."""
    address = urlsplit(url)
    request = f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    with socket.create_connection((address.hostname or "", address.port or 80)) as wire:
        wire.sendall(request.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += wire.recv(65536)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"The download failed: {head.decode(errors='replace')}")
        got, buffer = len(head.partition(b"\r\n\r\n")[2]), bytearray(MIB)
        while got < size:
            count = wire.recv_into(buffer)
            if count == 0:
                raise SystemExit(f"The download broke off after {got} of {size} bytes.")
            got += count


def measure(place: Place, folder: Path, size: int, rounds: int) -> Figures:
    """Rounds of plain, upload and download."""
    figures = Figures(size)
    with httpx.Client(base_url=place.url, headers={"Authorization": f"Bearer {place.token}"}, timeout=600) as api:
        _done(api.post("/api/v1/departments", json={"key": "platform", "title": "Platform"}))
        _done(api.post("/api/v1/models", json={"name": REPO, "title": "Speed"}))
        for _ in range(rounds):
            source, copy = folder / "source", folder / "copy"
            oid = make_file(source, size)
            length = source.stat().st_size
            with figures.timed("plain"):
                plain(source, copy)
            copy.unlink()
            wanted = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": length}]}
            batch = _done(api.post(f"/hf/{REPO}.git/info/lfs/objects/batch", json=wanted))
            with figures.timed("upload"):
                send(batch["objects"][0]["actions"]["upload"]["href"], source)
            lines = [
                {"key": "header", "value": {"summary": "Speed"}},
                {"key": "lfsFile", "value": {"path": SHARD, "algo": "sha256", "oid": oid, "size": length}},
            ]
            content = "\n".join(map(json.dumps, lines))
            kind = {"Content-Type": "application/x-ndjson"}
            _done(api.post(f"/hf/api/models/{REPO}/commit/main", content=content, headers=kind))
            with figures.timed("download"):
                receive(f"{place.url}/hf/{REPO}/resolve/main/{SHARD}", place.token or "", length)
    return figures


def _done(answer: httpx.Response) -> Any:
    if answer.status_code >= 400:
        raise SystemExit(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """rclone's S3 server with an empty bucket; gives the settings that lead to it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    folder.mkdir()
    rclone = Path(sys.executable).with_name("rclone")
    command = [str(rclone), "serve", "s3", "--config", os.devnull, "--addr", address]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            client = Minio(address, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False, region="us-east-1")
            client.make_bucket(BUCKET)
            yield {
                "AIRD_STORE_URL": f"s3://{BUCKET}/models",
                "AIRD_STORE_ENDPOINT": f"http://{address}",
                "AIRD_STORE_ACCESS_KEY": ACCESS_KEY,
                "AIRD_STORE_SECRET_KEY": SECRET_KEY,
            }
        finally:
            process.kill()


def table(found: dict[str, Figures]) -> str:
    """Markdown."""
    lines = ["| store | plain sha256 + copy | upload | ratio | download | ratio |", "|---|---|---|---|---|---|"]
    for name, figures in found.items():
        base, up, down = (figures.rate(what) for what in ("plain", "upload", "download"))
        lines.append(
            f"| {name} | {base:.0f} MB/s | {up:.0f} MB/s | {up / base:.2f} | {down:.0f} MB/s | {down / base:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, help="size of a file in MiB [1024]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="three rounds of 128 MiB, for a first look")
    parser.add_argument("--store", choices=["local", "s3", "both"], default="both")
    parser.add_argument("--json", type=Path, help="write the seconds of every round to this file")
    given = parser.parse_args()
    size, rounds = (128, 3) if given.quick else (given.size, given.rounds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="aird-store-") as name:
        folder = Path(name)
        if given.store != "s3":
            with own_server(AIRD_WORKERS="0") as place:
                found["local"] = measure(place, folder, size * MIB, rounds)
        if given.store != "local":
            with s3_server(folder / "bucket") as settings, own_server(AIRD_WORKERS="0", **settings) as place:
                found["S3 (rclone)"] = measure(place, folder, size * MIB, rounds)
    print(f"{rounds} rounds of {size} MiB, medians")
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps({name: {"size": each.size, **each.seconds} for name, each in found.items()}))


if __name__ == "__main__":
    main()
