"""What this gateway may spend of every budget: leases, out of which each request reserves the most it can cost.

A reservation is taken before the runtime hears of the request, and its rest is given back when it is settled. Only
when a lease has no room is the database asked for more; what lies idle for a while goes back, so that one gateway does
not keep from another what it does not use.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError

from aird.core.db import Database
from aird.deploy.errors import LedgerNotWritten
from aird.metering import funds, prices
from aird.metering.errors import BudgetSpent

Result = TypeVar("Result")

SHARE = 100
"""A lease grows by a hundredth of its budget at a time, or by what a request needs."""
IDLE_SECONDS = 2.0
REFUSED_SECONDS = 0.25
"""For so long nobody asks again for as much as was just refused."""


@dataclass(frozen=True)
class Limit:
    """A budget that refuses, as the gateway knows it."""

    id: UUID
    label: str
    limit_micro: int


@dataclass
class Held:
    """What is left of one lease here: neither reserved nor spent."""

    free: int = 0
    reserved: int = 0
    used_at: float = field(default_factory=time.monotonic)
    refused: tuple[float, int, int] = (float("-inf"), 0, 0)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


Reservation = tuple[tuple[Held, ...], int]
NOTHING: Reservation = ((), 0)


class Purse:
    """The leases of one gateway process."""

    def __init__(self, database: Database, pool: ThreadPoolExecutor, holder: UUID) -> None:
        self._database = database
        self._pool = pool
        self._holder = holder
        self._held: dict[tuple[UUID, str], Held] = {}

    async def reserve(self, limits: Iterable[Limit], month: str, micro: int) -> Reservation:
        """Set `micro` aside from each of these budgets, or from none. Raises BudgetSpent, LedgerNotWritten."""
        taken: list[Held] = []
        try:
            for limit in limits:
                held = self._held.setdefault((limit.id, month), Held())
                if held.free < micro:
                    await self._borrow(held, limit, month, micro)
                held.free -= micro
                held.reserved += micro
                held.used_at = time.monotonic()
                taken.append(held)
        except BaseException:
            self.release((tuple(taken), micro), 0)
            raise
        return tuple(taken), micro

    def release(self, reservation: Reservation, spent: int) -> None:
        """The request is settled: what it did not spend is free again."""
        held, micro = reservation
        for each in held:
            each.reserved -= micro
            each.free += micro - spent

    async def _borrow(self, held: Held, limit: Limit, month: str, micro: int) -> None:
        async with held.asking:
            while held.free < micro:
                moment, refused, left = held.refused
                if not (micro - held.free >= refused and time.monotonic() - moment < REFUSED_SECONDS):
                    need = micro - held.free
                    lent, left = await self._in_database(partial(self._lend, limit, month, need))
                    held.free += lent
                    if lent:
                        continue
                    held.refused = (time.monotonic(), need, left)
                raise BudgetSpent(
                    f"The budget of the {limit.label} for {month} has {_money(left + held.free)} left of "
                    f"{_money(limit.limit_micro)}, and this request may cost up to {_money(micro)}. Ask for a shorter "
                    "answer (max_tokens), ask whoever sets the budget for more, or wait for the next month.",
                    budget=limit.label,
                    month=month,
                )

    def _lend(self, limit: Limit, month: str, need: int) -> tuple[int, int]:
        wish = need + limit.limit_micro // SHARE
        with self._database.write() as session:
            return funds.lend(session, limit.id, month, self._holder, need=need, wish=wish)

    async def _in_database(self, function: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function)
        except OperationalError as error:
            raise LedgerNotWritten("The budget cannot be asked right now. Try again.") from error

    async def give_back_idle(self, *, seconds: float = IDLE_SECONDS) -> None:
        """Return what was not reserved from for so long."""
        since = time.monotonic() - seconds
        for (budget_id, month), held in list(self._held.items()):
            if held.used_at > since or held.asking.locked():
                continue
            if held.free > 0:
                free, held.free = held.free, 0
                try:
                    await self._return(budget_id, month, free)
                except LedgerNotWritten:
                    held.free += free
            if not held.reserved and not held.free:
                self._held.pop((budget_id, month), None)

    async def _return(self, budget_id: UUID, month: str, micro: int) -> None:
        def write() -> None:
            with self._database.write() as session:
                funds.give_back(session, budget_id, month, self._holder, micro)

        await self._in_database(write)


def _money(micro: int) -> str:
    return f"{micro / prices.MILLION:.4f} {prices.CURRENCY}"
