"""The gateway's pen: nothing is given that was not noted, and answers that end together share a commit."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import openai
import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import event, func, select, text

from aird.deploy.errors import LedgerNotWritten
from aird.deploy.gateway.ledger import Ledger
from aird.metering.models import Status, UsageEntry
from aird.metering.service import Answer
from aird.testing import World
from tests.deploy.conftest import Stage


def an_answer(world: World) -> Answer:
    return Answer(
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


def test_answers_that_end_together_share_a_commit(world: World):
    commits: list[object] = []
    event.listen(world.database.engine, "commit", commits.append)
    answers = [an_answer(world) for _ in range(50)]
    before = len(commits)

    async def write() -> None:
        ledger = Ledger(world.database)
        await asyncio.gather(*(ledger.write(each) for each in answers))
        await ledger.close()

    with start_blocking_portal() as portal:  # a browser of other tests may hold this thread's event loop
        portal.call(write)
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(UsageEntry)) == 50
    assert len(commits) - before <= 2


def test_an_entry_is_written_although_its_caller_is_cancelled(world: World):
    async def write() -> None:
        ledger = Ledger(world.database)
        task = asyncio.create_task(ledger.write(an_answer(world)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ledger.close()

    with start_blocking_portal() as portal:  # a browser of other tests may hold this thread's event loop
        portal.call(write)
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(UsageEntry)) == 1


def test_an_answer_that_cannot_be_noted_is_not_given_as_complete(stage: Stage):
    stage.put(stage.adapter())
    client = stage.client(stage.key())
    asked = {"model": "support/desk", "messages": [{"role": "user", "content": "short"}]}
    assert client.chat.completions.create(**asked).id
    with hidden(stage, "usage_entries"):
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(**asked)
        assert (caught.value.status_code, caught.value.code) == (503, LedgerNotWritten.code)
        with pytest.raises(openai.APIError, match="could not be noted"):
            list(client.chat.completions.create(**asked, stream=True))


@contextmanager
def hidden(stage: Stage, table: str) -> Iterator[None]:
    """The table is not to be found meanwhile."""
    with stage.world.database.write() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO elsewhere"))
    try:
        yield
    finally:
        with stage.world.database.write() as session:
            session.execute(text(f"ALTER TABLE elsewhere RENAME TO {table}"))
