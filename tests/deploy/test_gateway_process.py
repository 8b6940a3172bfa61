"""`aird gateway` over HTTP: alone, in several processes, killed under streams."""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner
from sqlalchemy import select

from aird.cli.main import main
from aird.deploy.gateway.meter import BLOCK_TOKENS, Meter
from aird.metering.models import Status, UsageEntry
from aird.testing import World
from tests.deploy.conftest import make_key, until
from tests.deploy.gateway_process import WORD, Counting, Process, gateway, listening, put_on
from tests.deploy.metering_victim import PROMPT
from tests.postgres import frozen

STREAMS, MOST = 50, 200
KILLS = int(os.environ.get("AIRD_TEST_KILLS", "2"))
ASK = {"model": "support/desk", "messages": [{"role": "user", "content": "Count."}]}
pytestmark = pytest.mark.slow


@pytest.fixture
def engine(world: World) -> Iterator[Counting]:
    """An engine that stands behind support/desk."""
    made = Counting()
    with listening(made) as address:
        put_on(world, address)
        yield made


def ledger(world: World) -> list[UsageEntry]:
    with world.database.read() as session:
        return list(session.scalars(select(UsageEntry)))


def ask(at: Process, secret: str, **more: object) -> httpx.Response:
    return httpx.post(
        f"{at.url}/chat/completions", json={**ASK, "max_tokens": 3, **more}, timeout=60,
        headers={"authorization": f"Bearer {secret}"},
    )  # fmt: skip


def series(text: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def journal(world: World) -> list[Path]:
    return list((world.settings.home / "journal").iterdir())


def test_a_gateway_alone_answers_counts_shows_its_figures_and_ends_with_an_empty_journal(
    world: World, engine: Counting
) -> None:
    secret = make_key(world, "support")
    with gateway(world) as alone:
        whole = ask(alone, secret)
        assert whole.json()["choices"][0]["message"]["content"] == "word1 word2 word3 "
        assert ask(alone, secret, stream=True).text.endswith("data: [DONE]\n\n")
        assert ask(alone, "aird_key_nobody").status_code == 401
        person = {"authorization": f"Bearer {world.token('lin')}"}
        assert httpx.get(f"{alone.url}/files", headers=person, timeout=60).json()["data"] == []
        told = httpx.get(f"{alone.url}/metrics", headers={"authorization": f"Bearer {world.token('ada')}"}).text
        for who in (secret, world.token("lin")):
            refused = httpx.get(f"{alone.url}/metrics", headers={"authorization": f"Bearer {who}"})
            assert (refused.status_code, "health.read" in refused.text) == (403, True)
        assert alone.end() in (0, -signal.SIGTERM)
    assert series(told, 'aird_gateway_requests_total{alias="support/desk",') == 2
    assert series(told, 'aird_gateway_tokens_total{cached="false",direction="output"}') == 6
    assert series(told, "gen_ai_server_request_duration_seconds_count") == 2
    assert 'aird_gateway_dropped_total{what="exchange"} 0.0' in told
    assert [(each.prompt_tokens, each.completion_tokens, each.status) for each in ledger(world)] == [
        (PROMPT, 3, Status.OK)
    ] * 2
    assert engine.heard == 2
    assert journal(world) == []


def test_several_processes_are_refused_on_sqlite(world: World) -> None:
    if world.settings.database_url:
        pytest.skip("this is PostgreSQL")
    command = ("gateway", "--processes", "2", "--data-dir", str(world.settings.home))
    refused = CliRunner(env={"AIRD_DATABASE_URL": ""}).invoke(main, command)
    assert refused.exit_code == 1
    assert "need PostgreSQL" in refused.stderr


def children(pid: int) -> list[int]:
    """The gateway's processes, which are the children that listen with it."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


@pytest.mark.postgres
def test_of_several_processes_one_that_is_killed_is_started_again_and_nothing_is_counted_twice(
    world: World, engine: Counting
) -> None:
    if not world.settings.database_url:
        pytest.skip("needs --db postgres")
    secret = make_key(world, "support")
    with gateway(world, processes=2) as both:
        assert both.process is not None
        pid = both.process.pid
        until(lambda: len(children(pid)) == 2, "two processes answer", seconds=60)
        said = [ask(both, secret).json()["id"] for _ in range(20)]
        killed = children(pid)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(children(pid)) == 2 and killed not in children(pid), "it is started again", seconds=60)
        said += [ask(both, secret).json()["id"] for _ in range(20)]
        assert both.end() == 0
    counted = Counter(each.request_id for each in ledger(world))
    assert counted == Counter(said)


@pytest.mark.postgres
@pytest.mark.parametrize("command", ["gateway", "server"])
def test_a_database_that_stands_still_keeps_nobody_waiting(world: World, engine: Counting, command: str) -> None:
    if not world.settings.database_url:
        pytest.skip("needs --db postgres")
    secret, person = make_key(world, "support"), {"authorization": f"Bearer {world.token('lin')}"}
    with gateway(world, command=command) as one:
        root = one.url.removesuffix("/v1")
        questions: list[Callable[[], httpx.Response]] = [lambda: ask(one, secret)]
        if command == "server":  # which keeps engines of its own
            questions = [
                lambda: httpx.get(f"{root}/api/v1/models", headers=person, timeout=60),
                lambda: httpx.get(f"{root}/readyz", timeout=60),
            ]
        assert {each().status_code for each in questions} == {200}
        with frozen(world.database.engine), ThreadPoolExecutor(30) as crowd:
            until(lambda: ask(one, secret).status_code == 503, "what is known is forgotten")
            answers = list(crowd.map(lambda each: each().status_code, questions * 10))
            assert set(answers) == {503}  # and not a timeout of the client's
            if command == "server":
                assert httpx.get(f"{root}/healthz", timeout=60).status_code == 200
        until(lambda: {each().status_code for each in questions} == {200}, "all is well again", seconds=60)


async def read(session: aiohttp.ClientSession, url: str, delivered: dict[str, int]) -> None:
    """One answer after the other, as far as each came."""
    while True:
        async with session.post(url, json={**ASK, "max_tokens": MOST, "stream": True}) as answer:
            if answer.status != 200:
                return
            async for line in answer.content:
                if line.startswith(b'data: {"id"'):
                    piece = json.loads(line[6:])
                    for word in WORD.findall("".join(each["delta"].get("content") or "" for each in piece["choices"])):
                        delivered[piece["id"]] = int(word)


def read_until_killed(at: Process, secret: str, chance: random.Random) -> dict[str, int]:
    """Words of each answer that 50 clients had when the gateway was killed."""
    delivered: dict[str, int] = {}
    enough = chance.randrange(200, 20_000)

    async def one(session: aiohttp.ClientSession) -> None:
        try:
            await read(session, f"{at.url}/chat/completions", delivered)
        except (aiohttp.ClientError, OSError):
            return

    async def work() -> None:
        headers = {"authorization": f"Bearer {secret}"}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as session:
            clients = [asyncio.create_task(one(session)) for _ in range(STREAMS)]
            while sum(delivered.values()) < enough:
                assert not all(each.done() for each in clients), "nobody reads any more"
                await asyncio.sleep(0.01)
            assert at.process is not None
            at.process.kill()
            await asyncio.gather(*clients)

    with start_blocking_portal() as portal:
        portal.call(work)
    assert at.process is not None
    at.process.wait()
    return delivered


@pytest.mark.long
@pytest.mark.timeout(120 + 60 * KILLS)
def test_a_gateway_that_is_killed_under_50_streams_has_charged_what_clients_got_and_at_most_a_block_more(
    world: World, engine: Counting, capsys: pytest.CaptureFixture[str]
) -> None:
    """AIRD_TEST_KILLS=100 kills a hundred times."""
    secret, delivered, began = make_key(world, "support"), dict[str, int](), time.monotonic()
    victim = Process(world)
    for seed in range(KILLS):
        victim.start()  # settles what the one before left
        delivered |= read_until_killed(victim, secret, random.Random(seed))

    async def settle() -> None:
        meter = Meter(world.database, world.settings)
        await meter.start()
        await meter.close()

    with start_blocking_portal() as portal:
        portal.call(settle)
    entries = ledger(world)
    charged = {each.request_id: each for each in entries}
    assert len(charged) == len(entries)
    assert set(delivered) <= set(charged)
    over = [charged[request_id].completion_tokens - words for request_id, words in delivered.items()]
    assert (min(over) >= 0, max(over) <= BLOCK_TOKENS) == (True, True)
    assert {charged[each].prompt_tokens for each in delivered} == {PROMPT}
    cut = [each for each in entries if each.estimated]
    assert {each.status for each in cut} == {Status.UNKNOWN}
    assert len(cut) <= STREAMS * KILLS
    assert engine.heard >= len(charged)
    assert journal(world) == []
    with capsys.disabled():
        if KILLS > 2:
            words, seconds = sum(delivered.values()), time.monotonic() - began
            print(
                f"\n{KILLS} kills, {len(delivered)} answers, {words} words, {len(cut)} cut, over {sum(over)}", seconds
            )
