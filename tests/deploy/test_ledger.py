"""From the journal into the ledger: answers that end together share a commit, and nothing is noted twice."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import event, func, select, text

from aird.deploy.gateway.ledger import Ledger
from aird.metering.models import Status, UsageEntry
from aird.metering.service import Answer
from aird.testing import World


def an_answer(world: World, **facts: object) -> Answer:
    made = Answer(
        request_id=f"chatcmpl-{uuid4().hex}",
        department_id=world.department_id("support"),
        endpoint="support/desk",
        unit=f"sha256:{'0' * 64}",
        version="support/bot@1",
        token_id=None,
        person_id=None,
        prompt_tokens=1,
        completion_tokens=1,
        status=Status.OK,
        milliseconds=1,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def shipped(world: World, answers: list[Answer], *, during: Callable[[Ledger], Awaitable[None]] | None = None) -> int:
    """How often `done` was called for these answers."""
    done: list[int] = []

    async def ship() -> None:
        with ThreadPoolExecutor(1) as pool:
            ledger = Ledger(world.database, pool, world.settings.home / "refused.jsonl")
            ledger.start(uuid4())
            for each in answers:
                ledger.put(each, lambda: done.append(1))
            if during is not None:
                await during(ledger)
            await ledger.flush()
            assert await ledger.close(10)

    with start_blocking_portal() as portal:  # a browser of other tests may hold this thread's event loop
        portal.call(ship)
    return len(done)


def entries(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(UsageEntry)) or 0


def test_answers_that_end_together_share_a_commit(world: World):
    commits: list[object] = []
    answers = [an_answer(world) for _ in range(50)]
    event.listen(world.database.engine, "commit", commits.append)
    assert shipped(world, answers) == 50
    assert len(commits) <= 2
    assert entries(world) == 50


def test_an_answer_that_comes_twice_is_noted_once(world: World):
    answer, other = an_answer(world), an_answer(world)
    assert shipped(world, [answer, answer]) == 2
    assert shipped(world, [answer, other]) == 2
    assert entries(world) == 2


def test_what_the_database_does_not_take_now_it_takes_later(world: World):
    answers = [an_answer(world) for _ in range(5)]

    async def down_for_a_moment(ledger: Ledger) -> None:
        with hidden(world, "usage_entries"):
            await asyncio.sleep(0.3)
            assert ledger.waiting == 5

    assert shipped(world, answers, during=down_for_a_moment) == 5
    assert entries(world) == 5


def test_an_entry_that_the_database_never_takes_holds_up_no_other(world: World, caplog: pytest.LogCaptureFixture):
    answers = [an_answer(world), an_answer(world, token_id=uuid4()), an_answer(world)]
    assert shipped(world, answers) == 3
    assert entries(world) == 2
    assert answers[1].request_id in (world.settings.home / "refused.jsonl").read_text()
    assert "refuses an entry" in caplog.text


@contextmanager
def hidden(world: World, table: str) -> Iterator[None]:
    """The table is not to be found meanwhile."""
    with world.database.write() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
    try:
        yield
    finally:
        with world.database.write() as session:
            session.execute(text(f"ALTER TABLE elsewhere RENAME TO {table}"))
