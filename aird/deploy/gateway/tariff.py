"""Prices and limits as the gateway knows them, at most a second old."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from aird.core.db import Database
from aird.deploy.errors import LedgerNotWritten
from aird.deploy.gateway.purse import Limit
from aird.metering import funds, prices, queries
from aird.metering.models import Budget, BudgetKind, OnSpent
from aird.metering.prices import Price, Rates, Sku

FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class Tariff:
    """What tokens cost when, and which budgets refuse."""

    changes: list[datetime]
    steps: list[Rates]
    refusing: dict[tuple[BudgetKind, str], Limit]

    @classmethod
    def of(cls, book: Sequence[Price], budgets: Sequence[Budget]) -> "Tariff":
        """From the whole price book."""
        of_tokens = [each for each in book if each.sku in (Sku.PROMPT, Sku.CACHED, Sku.COMPLETION)]
        changes = sorted({each.valid_from for each in of_tokens})
        default = prices.rates_of(prices.DEFAULT_PRICES)
        return cls(
            changes,
            [default, *[prices.rates_at(of_tokens, each) for each in changes]],
            {(each.kind, each.subject): Limit(each.id, each.label, each.limit_micro) for each in budgets},
        )

    def rates(self, moment: datetime) -> Rates:
        """The prices of tokens at this moment."""
        return self.steps[bisect_right(self.changes, moment)]

    def limits(self, department: str, endpoint: str, key: UUID | None) -> list[Limit]:
        """The budgets that must have room for a call, the widest first."""
        if not self.refusing:
            return []
        found = (self.refusing.get(each) for each in funds.subjects(department, endpoint, key))
        return [each for each in found if each is not None]


class Tariffs:
    """The present tariff, read again when it is a second old."""

    pool: ThreadPoolExecutor

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._tariff = Tariff.of([], [])

    async def fresh(self) -> Tariff:
        """Raises LedgerNotWritten when the database does not say."""
        if self._stale():
            async with self._reading:
                if self._stale():
                    try:
                        found = await asyncio.get_running_loop().run_in_executor(self.pool, self._read)
                    except OperationalError as error:
                        raise LedgerNotWritten("Prices and budgets cannot be read right now. Try again.") from error
                    self._tariff, self._read_at = found, time.monotonic()
        return self._tariff

    def _stale(self) -> bool:
        return time.monotonic() - self._read_at > FRESH_SECONDS

    def _read(self) -> Tariff:
        with self._database.read() as session:
            budgets = session.scalars(select(Budget).where(Budget.on_spent == OnSpent.REJECT)).all()
            return Tariff.of(queries.price_book(session), budgets)
