"""Admission and settlement: no budget is overshot, and what was delivered is charged whatever dies."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import func, select

from aird.auth.models import Token
from aird.auth.permissions import SYSTEM
from aird.auth.service import Caller
from aird.deploy.gateway.meter import BLOCK_TOKENS, REFUSED, Bound, Meter, Usage
from aird.metering import budgets
from aird.metering.errors import BudgetSpent
from aird.metering.models import Budget, BudgetKind, BudgetMonth, Lease, OnSpent, Status, UsageEntry
from aird.testing import World
from tests.deploy.conftest import make_key
from tests.deploy.metering_victim import ANSWER, PROMPT, a_route

Result = TypeVar("Result")
MICRO = 5
"""What a token in and a token out cost together by the default prices, in micro-units."""


def on_a_loop(work: Callable[[], Awaitable[Result]]) -> Result:
    with start_blocking_portal() as portal:  # a browser of other tests may hold this thread's event loop
        return portal.call(work)


def bound(world: World, kind: BudgetKind, subject: str, limit_micro: int, on_spent: OnSpent = OnSpent.REJECT) -> Budget:
    with world.database.write() as session:
        return budgets.set_budget(
            session, SYSTEM, kind, subject, limit_micro=limit_micro, alert_percent=80, on_spent=on_spent
        )


def a_key(world: World) -> Caller:
    make_key(world, "support")
    with world.database.read() as session:
        return Caller(SYSTEM, token=session.scalars(select(Token).order_by(Token.created_at.desc()).limit(1)).one())


def ledger(world: World) -> list[UsageEntry]:
    with world.database.read() as session:
        return list(session.scalars(select(UsageEntry)))


def used(world: World, budget: Budget) -> int:
    with world.database.read() as session:
        return session.scalar(select(BudgetMonth.used_micro).where(BudgetMonth.budget_id == budget.id)) or 0


def leased(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(Lease)) or 0


async def answer(meter: Meter, world: World, caller: Caller, tokens: int = 1, *, most: int | None = None) -> bool:
    """Ask for `most` tokens in and out and use `tokens`; False when a budget had no room."""
    route = a_route(world.department_id("support"))
    limit = most or tokens
    try:
        admission = await meter.admit(caller, route, route.arms[0], Bound(limit, limit), f"chatcmpl-{uuid4().hex}")
    except BudgetSpent:
        return False
    await asyncio.sleep(0)
    await admission.cover(tokens)
    await admission.close(Status.OK, Usage(tokens, tokens), ms=3, finish_reason="stop")
    return True


def test_an_answer_is_in_the_ledger_as_it_was_settled_and_only_once(world: World):
    async def work() -> None:
        meter, route = Meter(world.database, world.settings), a_route(world.department_id("support"))
        admission = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(50, 60), "chatcmpl-x")
        await admission.close(Status.OK, Usage(12, 20, 4), ttft_ms=8, ms=90, finish_reason="stop")
        await admission.close(Status.ERROR, Usage(99, 99))
        await meter.flush()
        assert meter.pending == 0
        await meter.close()

    on_a_loop(work)
    [entry] = ledger(world)
    assert (entry.prompt_tokens, entry.completion_tokens, entry.cached_tokens) == (12, 20, 4)
    assert (entry.status, entry.finish_reason, entry.deployment, entry.estimated) == (Status.OK, "stop", 1, False)
    assert (entry.ttft_milliseconds, entry.milliseconds) == (8, 90)
    assert list((world.settings.home / "journal").iterdir()) == []


def test_a_failure_is_noted_and_a_refusal_or_a_client_that_left_before_the_first_token_is_not(world: World):
    async def work() -> None:
        meter, route = Meter(world.database, world.settings), a_route(world.department_id("support"))
        ends = ((Status.ERROR, None), (Status.ERROR, REFUSED), (Status.CANCELLED, None))
        for number, (status, reason) in enumerate(ends):
            admission = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(50, 60), f"chatcmpl-{number}")
            await admission.close(status, Usage(0, 0), finish_reason=reason)
        await meter.close()

    on_a_loop(work)
    assert [(each.request_id, each.status) for each in ledger(world)] == [("chatcmpl-0", Status.ERROR)]


@pytest.mark.parametrize("kind", list(BudgetKind))
def test_two_gateways_with_200_calls_on_a_nearly_spent_budget_never_overshoot_it(world: World, kind: BudgetKind):
    caller = a_key(world)
    assert caller.token is not None
    subject = {
        BudgetKind.DEPARTMENT: "support", BudgetKind.ENDPOINT: "support/desk", BudgetKind.KEY: str(caller.token.id)
    }[kind]  # fmt: skip
    budget = bound(world, kind, subject, 37 * MICRO + 3)

    async def work() -> int:
        meters = [Meter(world.database, world.settings) for _ in range(2)]
        done = await asyncio.gather(*(answer(meters[i % 2], world, caller) for i in range(200)))
        for meter in meters:
            await meter.close()
        return sum(done)

    served = on_a_loop(work)
    spent = used(world, budget)
    assert spent == served * MICRO == 37 * MICRO  # all there was room for, and no token more
    assert leased(world) == 0


def test_the_rest_of_a_reservation_can_be_spent_by_others(world: World):
    caller, budget = a_key(world), bound(world, BudgetKind.DEPARTMENT, "support", 10 * MICRO)

    async def work() -> list[bool]:
        meter = Meter(world.database, world.settings)
        done = [await answer(meter, world, caller, 1, most=4) for _ in range(9)]
        await meter.close()
        return done

    # Each may use 4 and uses 1: while 4 are left the next is let through, at 3 it is not.
    assert on_a_loop(work) == [True] * 7 + [False] * 2
    assert used(world, budget) == 7 * MICRO


def test_every_budget_that_covers_a_call_must_have_room_and_one_that_alerts_refuses_nothing(world: World):
    caller = a_key(world)
    assert caller.token is not None
    wide = bound(world, BudgetKind.DEPARTMENT, "support", 2 * MICRO, OnSpent.ALERT)
    narrow = bound(world, BudgetKind.KEY, str(caller.token.id), 3 * MICRO)

    async def work() -> list[bool]:
        meter = Meter(world.database, world.settings)
        done = [await answer(meter, world, caller) for _ in range(5)]
        await meter.close()
        return done

    assert on_a_loop(work) == [True] * 3 + [False] * 2
    assert (used(world, wide), used(world, narrow)) == (3 * MICRO, 3 * MICRO)
    with world.database.read() as session:
        alerts = {each.budget_id: each.alerted_at for each in session.scalars(select(BudgetMonth))}
    assert None not in (alerts[wide.id], alerts[narrow.id])


def test_a_new_budget_counts_what_was_used_before_it(world: World):
    caller = a_key(world)

    async def work() -> list[bool]:
        meter = Meter(world.database, world.settings)
        done = [await answer(meter, world, caller, 5)]
        await meter.flush()
        budget = bound(world, BudgetKind.DEPARTMENT, "support", 6 * MICRO)
        await meter.close()
        assert used(world, budget) == 5 * MICRO
        meter = Meter(world.database, world.settings)
        done += [await answer(meter, world, caller) for _ in range(2)]
        await meter.close()
        return done

    assert on_a_loop(work) == [True, True, False]


def test_blocks_are_charged_before_they_are_relayed_and_never_more_than_was_allowed(world: World):
    async def work() -> None:
        meter, route = Meter(world.database, world.settings), a_route(world.department_id("support"))
        short = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(100, 18), "chatcmpl-short")
        for token in range(1, 19):
            await short.cover(token, prompt_tokens=9)
        silent = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(100, 18), "chatcmpl-silent")
        assert silent
        begun = await meter.admit(Caller(SYSTEM), route, route.arms[0], Bound(100, 90), "chatcmpl-begun")
        await begun.cover(1)
        meter.journal.close(remove=False)  # as if the process had died here
        after = Meter(world.database, world.settings)
        await after.start()
        await after.close()

    on_a_loop(work)
    found = {each.request_id: (each.prompt_tokens, each.completion_tokens) for each in ledger(world)}
    assert found == {"chatcmpl-short": (9, 18), "chatcmpl-begun": (100, BLOCK_TOKENS)}
    assert {(each.status, each.estimated) for each in ledger(world)} == {(Status.UNKNOWN, True)}


def killed(world: World, chance: random.Random) -> dict[str, int]:
    """Kill a meter under 50 streams at some moment; the tokens of each answer that were delivered before."""
    command = [sys.executable, "-m", "tests.deploy.metering_victim", str(world.settings.home)]
    command += [_url(world), str(world.department_id("support"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"started\n"
        lines = [victim.stdout.readline() for _ in range(chance.randrange(200, 6000))]
        victim.kill()
        lines += victim.stdout.read().splitlines(keepends=True)
    delivered: dict[str, int] = {}
    for line in lines:
        if line.endswith(b"\n"):
            request_id, token = line.split()
            delivered[request_id.decode()] = int(token)
    return delivered


def _url(world: World) -> str:
    return world.database.engine.url.render_as_string(hide_password=False)


KILLS = int(os.environ.get("AIRD_TEST_KILLS", "2"))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_gateway_that_is_killed_has_charged_what_it_delivered_and_at_most_a_block_more(world: World):
    """AIRD_TEST_KILLS=100 kills a hundred times."""

    async def restart() -> None:
        meter = Meter(world.database, world.settings)
        await meter.start()
        await meter.close()

    delivered: dict[str, int] = {}
    for seed in range(KILLS):
        delivered |= killed(world, random.Random(seed))
        on_a_loop(restart)
    charged = {each.request_id: each for each in ledger(world)}
    assert len(charged) == len(ledger(world))
    assert set(delivered) <= set(charged)
    for request_id, tokens in delivered.items():
        entry = charged[request_id]
        assert 0 <= entry.completion_tokens - tokens <= BLOCK_TOKENS
        assert entry.prompt_tokens == PROMPT
        assert (entry.status is Status.OK) == (not entry.estimated)
    assert sum(each.estimated for each in charged.values()) <= 50 * KILLS
    assert max(each.completion_tokens for each in charged.values()) <= ANSWER


def test_a_gateway_that_ends_settles_what_a_killed_one_beside_it_left(world: World):
    async def work() -> dict[str, int]:
        beside = Meter(world.database, world.settings)
        await beside.start()
        delivered = await asyncio.to_thread(killed, world, random.Random(0))
        await beside.close()
        return delivered

    assert set(on_a_loop(work)) <= {each.request_id for each in ledger(world)}
    assert list((world.settings.home / "journal").iterdir()) == []
