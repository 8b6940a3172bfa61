"""The gateway against LiteLLM's proxy, in front of the same upstream: `python -m benchmarks.gateway [--quick]`.

CPU per request and per stream of 64 chunks, time added at a steady rate, memory. CPU seconds are those of the gateway's
process alone (/proc), so they hold on a machine that others use as well; the two run one after the other, each against
an upstream that computes nothing. LiteLLM 1.109.1 is installed into `.litellm/` by this script when it is missing
(`--no-litellm` leaves it out): it is measured and never imported. It runs with a master key and without a database, so
it neither keeps keys nor budgets nor a ledger; ours does all of that, on SQLite, with 10,000 keys.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import aiohttp
from sqlalchemy import func, insert, select

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Token, TokenKind
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog
from aird.catalog import service as catalog_service
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
from aird.core.clock import now
from aird.core.db import Database
from aird.core.settings import Settings
from aird.deploy import queries as deploy_queries
from aird.deploy import service as deploy
from aird.deploy.models import Engine, Replica
from aird.deploy.placement import ReplicaState, RuntimeKind
from aird.metering.models import UsageEntry
from aird.server.migrate import upgrade
from aird.testing import World, test_settings

HERE = Path(__file__).parents[1]
LITELLM = HERE / ".litellm"
PEER = "litellm==1.109.1"
EXTRAS = """
from importlib.metadata import requires
wanted = (each.partition(";") for each in requires("litellm"))
print(*[name.strip() for name, _, when in wanted if 'extra == "proxy"' in when.replace("'", '"')], sep="\\n")
"""
KEYS = 10_000
TICK = os.sysconf("SC_CLK_TCK")
PROMPT = "Please tell me how travel is paid and what to hand in with it. " * 17


@dataclass(frozen=True)
class Size:
    """How much is asked."""

    requests: int
    streams: int
    rate: int
    seconds: int


QUICK, NORMAL = Size(1500, 100, 50, 4), Size(6000, 400, 300, 20)


@dataclass
class Result:
    """One gateway's figures; milliseconds."""

    name: str
    start_seconds: float
    cpu_per_request: float
    requests_per_cpu_second: float
    cpu_per_stream: float
    p50: float
    p99: float
    rss_mb: float
    rss_growth: float


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(command: Sequence[str], url: str, env: dict[str, str] | None = None) -> Iterator[tuple[int, float]]:
    """(pid, seconds until it answered) of a server that is stopped at the end."""
    log = tempfile.TemporaryFile()  # noqa: SIM115
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=HERE, env={**os.environ, **(env or {})}, stdout=log, stderr=log)
    try:
        asyncio.run(_answers(url, child))
        yield child.pid, time.monotonic() - began
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(15)
        child.kill()
        child.wait()
        log.close()


async def _answers(url: str, child: "subprocess.Popen[bytes]") -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(1200):
            if child.poll() is not None:
                raise SystemExit(f"{child.args!r} ended with {child.returncode}")
            with suppress(aiohttp.ClientError, OSError):
                async with session.get(url):
                    return
            await asyncio.sleep(0.1)
    raise SystemExit(f"{url} never answered")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, its ended children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICK


def rss_mb(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class Load:
    """Requests to one server."""

    url: str
    key: str
    model: str
    retried: int = 0

    async def one(self, session: aiohttp.ClientSession, *, stream: bool = False, tries: int = 5) -> float:
        """Ask once; the milliseconds it took. On a machine that is overrun a connection may have to be tried again."""
        body = {"model": self.model, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 64}
        began = time.perf_counter()
        async with session.post(
            f"{self.url}/v1/chat/completions", json={**body, "stream": stream},
            headers={"authorization": f"Bearer {self.key}"},
        ) as answer:  # fmt: skip
            text = await answer.read()
            if answer.status == 503 and tries:
                self.retried += 1
                return await self.one(session, stream=stream, tries=tries - 1)
            if answer.status != 200 or (stream and b"[DONE]" not in text):
                raise SystemExit(f"{self.url} answered {answer.status}: {text[:300]!r}")
        return (time.perf_counter() - began) * 1000

    async def many(self, count: int, at_once: int, *, stream: bool = False) -> None:
        """So many requests, never more than so many at a time."""
        left = iter(range(count))

        async def work(session: aiohttp.ClientSession) -> None:
            for _ in left:
                await self.one(session, stream=stream)

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(work(session) for _ in range(at_once)))

    async def steady(self, rate: int, seconds: int) -> list[float]:
        """Requests at a fixed rate, whatever becomes of the earlier ones; the milliseconds of each."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            began, tasks = time.perf_counter(), []
            for number in range(rate * seconds):
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                tasks.append(asyncio.create_task(self.one(session)))
            return await asyncio.gather(*tasks)


def measure(name: str, load: Load, pid: int, started: float, size: Size, direct: list[float]) -> Result:
    """Every figure of one gateway that runs."""
    asyncio.run(load.many(size.requests // 4, 8))  # warm
    before, memory = cpu_seconds(pid), rss_mb(pid)
    asyncio.run(load.many(size.requests, 8))
    per_request = (cpu_seconds(pid) - before) / size.requests
    before = cpu_seconds(pid)
    asyncio.run(load.many(size.streams, 50, stream=True))
    per_stream = (cpu_seconds(pid) - before) / size.streams
    times = asyncio.run(load.steady(size.rate, size.seconds))
    return Result(
        name=name,
        start_seconds=round(started, 1),
        cpu_per_request=round(per_request * 1000, 3),
        requests_per_cpu_second=round(1 / per_request),
        cpu_per_stream=round(per_stream * 1000, 2),
        p50=round(_quantile(times, 50) - _quantile(direct, 50), 2),
        p99=round(_quantile(times, 99) - _quantile(direct, 99), 2),
        rss_mb=round(rss_mb(pid), 1),
        rss_growth=round(rss_mb(pid) / memory - 1, 3),
    )


def _quantile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def house(home: Path, upstream: str) -> tuple[Settings, str]:
    """(settings, a key) of a house with one endpoint on the upstream and ten thousand keys."""
    settings = test_settings(home)
    upgrade(settings)
    database = Database.open(settings.db_url())
    world = World(database, settings)
    version = world.version("support/assistant", kind=Kind.BASE)
    with database.write() as session:
        found = catalog.version_by_id(session, version.id)
        for state in (VersionState.CANDIDATE, VersionState.APPROVED):
            catalog_service.move(session, SYSTEM, found, state, reason="measured")
        catalog_service.clear(session, found, endpoint="support/desk", approval_id=uuid4())
        endpoint = deploy.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
        deploy.deploy(session, world.actor("sam"), endpoint, found)
        endpoint.serving_number = endpoint.current_number
        engine = Engine(
            base=found.artifact, runtime=RuntimeKind.VLLM, number=1, state=ReplicaState.READY, since=now(),
            address=upstream,
        )  # fmt: skip
        session.add(engine)
        session.flush()
        session.add(Replica(unit=found.artifact, engine=engine, state=ReplicaState.READY, since=now()))
        person, department = (auth_queries.get_person(session, "lin"), auth_queries.get_department(session, "support"))
        _, secret = auth.create_token(session, SYSTEM, person, "app", kind=TokenKind.KEY, department=department, days=9)
        like = {"name": "k", "kind": TokenKind.KEY, "prefix": "aird_key_x", "person_id": person.id,
                "department_id": department.id, "expires_at": now(), "created_at": now()}  # fmt: skip
        session.execute(insert(Token), [{**like, "id": uuid4(), "hash": uuid4().hex * 2} for _ in range(KEYS)])
    with database.read() as session:
        [route] = deploy_queries.routes(session)
        if not route.arms:
            raise SystemExit(f"the endpoint does not answer: {route.reason}")
    database.engine.dispose()
    return settings, secret


def ours(upstream: str, size: Size, direct: list[float]) -> Result:
    """Our gateway, alone, with its ledger."""
    with tempfile.TemporaryDirectory() as folder:
        settings, secret = house(Path(folder), upstream)
        port = free_port()
        command = [str(Path(sys.executable).with_name("aird")), "gateway", "--port", str(port), "--data-dir", folder]
        with process(command, f"http://127.0.0.1:{port}/v1/models") as (pid, started):
            load = Load(f"http://127.0.0.1:{port}", secret, "support/desk")
            result = measure("aird gateway", load, pid, started, size, direct)
        asked = size.requests // 4 + size.requests + size.streams + size.rate * size.seconds
        with Database.open(settings.db_url()).read() as session:
            noted = session.scalar(select(func.count()).select_from(UsageEntry))
        if noted != asked + load.retried:  # a try that failed is noted as well, with nothing to pay
            raise SystemExit(f"{asked} answers were given and {noted} are in the ledger")
    return result


def install_litellm() -> None:
    """Its proxy into an environment of its own. Its migrations, a package of their own, need no exact version here."""
    subprocess.run([sys.executable, "-m", "venv", str(LITELLM)], check=True)
    pip = [str(LITELLM / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PEER], check=True)
    found = subprocess.run([str(LITELLM / "bin" / "python"), "-c", EXTRAS], check=True, capture_output=True, text=True)
    extras = [line for line in found.stdout.splitlines() if not line.startswith("litellm-")]
    subprocess.run([*pip, *extras, "litellm-proxy-extras"], check=True)
    (LITELLM / "ready").touch()


def litellm(upstream: str, size: Size, direct: list[float]) -> Result:
    """LiteLLM's proxy, one worker."""
    if not (LITELLM / "ready").exists():
        install_litellm()
    with tempfile.TemporaryDirectory() as folder:
        config, port = Path(folder) / "config.yaml", free_port()
        config.write_text(
            "model_list:\n  - model_name: desk\n    litellm_params:\n"
            f"      model: openai/desk\n      api_base: {upstream}/v1\n      api_key: none\n"
            "general_settings:\n  master_key: sk-benchmark-4c1f0a\n"
        )
        command = [
            str(LITELLM / "bin" / "litellm"),
            "--config",
            str(config),
            "--port",
            str(port),
            "--host",
            "127.0.0.1",
        ]
        env = {"LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with process(command, f"http://127.0.0.1:{port}/health/liveliness", env) as (pid, started):
            load = Load(f"http://127.0.0.1:{port}", "sk-benchmark-4c1f0a", "desk")
            smaller = Size(max(size.requests // 10, 100), max(size.streams // 8, 50), min(size.rate, 30), size.seconds)
            return measure(f"LiteLLM 1.109.1 (at {smaller.rate} req/s)", load, pid, started, smaller, direct)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute, rough")
    parser.add_argument("--no-litellm", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    size, port = QUICK if given.quick else NORMAL, free_port()
    upstream = f"http://127.0.0.1:{port}"
    with process([sys.executable, "-m", "benchmarks.gateway_upstream", str(port)], upstream):
        direct = asyncio.run(Load(upstream, "", "desk").steady(size.rate, size.seconds))
        results = [ours(upstream, size, direct)]
        if not given.no_litellm:
            results.append(litellm(upstream, size, direct))
    if given.json:
        print(json.dumps([asdict(each) for each in results], indent=1))
        return
    print("| | start s | CPU ms/request | requests/CPU s | CPU ms/stream | p50 + | p99 + | RSS MB | growth |")
    print("|---|---|---|---|---|---|---|---|---|")
    for each in results:
        print("| " + " | ".join(str(value) for value in asdict(each).values()) + " |")
    if len(results) == 2:
        first, second = results
        print(f"CPU per request 1 : {second.cpu_per_request / first.cpu_per_request:.1f}, "
              f"per stream 1 : {second.cpu_per_stream / first.cpu_per_stream:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
