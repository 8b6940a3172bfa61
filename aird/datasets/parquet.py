"""The rows of a Parquet file, decoded in a process of its own (see parquet_child)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from aird.core.errors import Unavailable
from aird.datasets.rows import MAX_LINE, DatasetRefused, Row, json_lines
from aird.store.errors import StoreFull

LEAST = 64 * 2**20
FACTOR = 100
TIMEOUT = 3600.0


class ParquetNotOffered(Unavailable):
    """This server cannot read Parquet"""


def rows(path: Path, *, room: int) -> Iterator[Row]:
    """(row, content) of every row, counted from 1; nothing is left behind.

    `room` is the most bytes that it may unpack to; a hundred times its own size is the most in any case. Raises
    DatasetRefused, ParquetNotOffered, StoreFull.
    """
    unpacked = path.with_name(f"{path.name}.rows")
    most = min(room, max(LEAST, FACTOR * path.stat().st_size))
    try:
        _unpack(path, unpacked, most)
        with unpacked.open("rb") as source:
            yield from json_lines(source)
    finally:
        unpacked.unlink(missing_ok=True)


def _unpack(path: Path, unpacked: Path, most: int) -> None:
    with path.open("rb") as source:
        if source.read(4) != b"PAR1":
            raise DatasetRefused("the file is not Parquet. Name it after what it is.", reason="not_parquet")
    command = [sys.executable, "-m", "aird.datasets.parquet_child", str(path), str(unpacked), str(most)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise DatasetRefused(f"reading it takes more than {TIMEOUT:.0f} seconds.", reason="too_large") from None
    said = done.stdout.splitlines()[-1:] or [b"{}"]
    try:
        found = json.loads(said[0])
    except ValueError:
        found = {}
    match found:
        case {"rows": int()}:
            return
        case {"reason": "not_installed", "message": message}:
            raise ParquetNotOffered(f"T{message[1:]}")
        case {"reason": "disk_full"}:
            raise StoreFull("The disk for uploads is full; nothing was stored. Free some room.")
        case {"reason": reason, "message": message}:
            raise DatasetRefused(message, reason=reason)
    raise DatasetRefused(
        "the decoder gave up on it: it is broken, or one row group needs too much memory. Write it anew with smaller "
        f"row groups, and no row above {MAX_LINE} bytes.",
        reason="not_parquet",
    )
