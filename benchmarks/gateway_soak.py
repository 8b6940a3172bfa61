"""Many streams at once for a while: `python -m benchmarks.gateway_soak [--streams 200] [--minutes 10]`.

Every caller asks for one stream of 64 chunks after the other. What is looked at: errors (there must be none), the
gateway's memory from the first fifth of the time to the end, its CPU time per stream, and whether the ledger has
exactly the tokens that the callers got.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from sqlalchemy import func, select

from aird.core.db import Database
from aird.metering.models import Status, UsageEntry
from benchmarks.gateway import PROMPT, cpu_seconds, free_port, house, process, rss_mb
from benchmarks.gateway_upstream import CHUNKS

FIRST = 0.2
"""This much of the time memory may grow: buffers and tables find their size."""


@dataclass
class Seen:
    """What the callers and the observer saw."""

    streams: int = 0
    words: int = 0
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


async def caller(session: aiohttp.ClientSession, url: str, end: float, seen: Seen) -> None:
    """One stream after the other until the time is over."""
    asked = [{"role": "user", "content": PROMPT}]
    body = {"model": "support/desk", "messages": asked, "max_tokens": CHUNKS, "stream": True}
    while time.monotonic() < end:
        try:
            async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
                text = await answer.read()
        except aiohttp.ClientError as error:
            seen.errors.append(repr(error))
            continue
        if answer.status != 200 or not text.endswith(b"data: [DONE]\n\n"):
            seen.errors.append(f"{answer.status}: {text[-200:]!r}")
            continue
        seen.streams += 1
        seen.words += text.count(b'"content":"word')


async def observe(pid: int, end: float, seen: Seen) -> None:
    """Note the gateway's memory every two seconds."""
    while time.monotonic() < end:
        seen.memory.append(rss_mb(pid))
        await asyncio.sleep(2)


async def soak(url: str, secret: str, pid: int, streams: int, seconds: float) -> Seen:
    """All callers at once."""
    seen, end = Seen(), time.monotonic() + seconds
    async with aiohttp.ClientSession(
        headers={"authorization": f"Bearer {secret}"}, connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_read=120),
    ) as session:  # fmt: skip
        await asyncio.gather(observe(pid, end, seen), *(caller(session, url, end, seen) for _ in range(streams)))
    return seen


def main() -> None:
    """Run and print; exit 1 when something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    port, upstream_port = free_port(), free_port()
    upstream, url = f"http://127.0.0.1:{upstream_port}", f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("aird")), "gateway", "--port", str(port), "--data-dir"]
    engine = [sys.executable, "-m", "benchmarks.gateway_upstream", str(upstream_port)]
    with tempfile.TemporaryDirectory() as folder, process(engine, upstream):
        settings, secret = house(Path(folder), upstream)
        with process([*command, folder], f"{url}/v1/models") as (pid, _):
            began = cpu_seconds(pid)
            seen = asyncio.run(soak(url, secret, pid, given.streams, given.minutes * 60))
            spent = cpu_seconds(pid) - began
        with Database.open(settings.db_url()).read() as session:
            query = select(func.count(), func.coalesce(func.sum(UsageEntry.completion_tokens), 0))
            noted, tokens = session.execute(query.where(UsageEntry.status == Status.OK)).one()
    after = seen.memory[int(len(seen.memory) * FIRST) :]
    print(f"{seen.streams} streams, {given.streams} at once, in {given.minutes:g} min; {len(seen.errors)} errors")
    print(f"CPU {spent / max(seen.streams, 1) * 1000:.2f} ms a stream; RSS {after[0]:.1f} -> {after[-1]:.1f} MB")
    print(f"ledger: {noted} answers, {tokens} tokens; callers got {seen.words} chunks with words")
    print(*seen.errors[:5], sep="\n")
    if seen.errors or (noted, tokens) != (seen.streams, seen.streams * CHUNKS) or tokens != seen.words:
        raise SystemExit("something was lost")


if __name__ == "__main__":
    main()
