"""S3 endpoints for tests: rclone's, which is always there, and Ceph's, where it is installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minio import Minio

from aird.store.backends.s3 import S3Place

ACCESS_KEY, SECRET_KEY = "airdtestkey", "airdtestsecret1"
RCLONE = Path(sys.executable).with_name("rclone")
CEPH_UP = Path(__file__).parents[2] / "scripts" / "ceph-s3"


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def rclone(folder: Path, port: int | None = None) -> Iterator[str]:
    """rclone's S3 server on an empty folder; gives its address."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(RCLONE), "serve", "s3", "--config", os.devnull, "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--vfs-cache-mode", "off", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@contextmanager
def ceph(folder: Path) -> Iterator[str]:
    """Ceph's S3 gateway over a cluster of one, all in memory; gives its address."""
    port = free_port()
    subprocess.run([str(CEPH_UP), "up", str(folder), str(port)], check=True, timeout=240, stdout=subprocess.DEVNULL)
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([str(CEPH_UP), "down", str(folder)], check=True, timeout=60, stdout=subprocess.DEVNULL)


def ceph_is_installed() -> bool:
    return all(shutil.which(each) for each in ("radosgw", "ceph-mon", "ceph-osd", "ceph-mgr", "ceph"))


def _await(port: int) -> None:
    for _ in range(500):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


def place(endpoint: str, bucket: str, **given: float) -> S3Place:
    """A bucket of its own, made when it is new; short waits."""
    host = endpoint.removeprefix("http://")
    client = Minio(host, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False, region="us-east-1")
    if not any(each.name == bucket for each in client.list_buckets()):
        client.make_bucket(bucket)
    return located(endpoint, bucket, **given)


def located(endpoint: str, bucket: str, **given: float) -> S3Place:
    """The place of a bucket that is not looked at."""
    times: dict[str, float] = {"connect_seconds": 2.0, "read_seconds": 5.0, "pause_seconds": 0.02} | given
    return S3Place(endpoint, bucket, "in/here", ACCESS_KEY, SECRET_KEY, "us-east-1", **times)  # type: ignore[arg-type]
