"""What an answer may cost, and what it did cost: one admission for each request that reaches a runtime.

    admission = await meter.admit(caller, route, arm, Bound(prompt_tokens, completion_tokens), request_id)
    await admission.cover(20, prompt_tokens=12)    # before the 20th token of the answer is relayed
    await admission.close(Status.OK, Usage(12, 20), ttft_ms=80, ms=900, finish_reason="stop")

`admit` reserves the most that the request can cost from every budget that covers it, and writes the journal's `open`.
`cover` writes a `block` of tokens before the first of them is relayed, so a process that is killed has charged what it
delivered and at most a block more. `close` settles once; a second call changes nothing, so it may stand in a `finally`
as well. What was settled is in the journal at once and in the ledger a moment later.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from aird.auth.models import TokenKind
from aird.auth.service import Caller
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.deploy.errors import LedgerNotWritten
from aird.deploy.gateway import entries
from aird.deploy.gateway.figures import Figures
from aird.deploy.gateway.journal import Body, Journal, JournalBroken, Segment, left_behind
from aird.deploy.gateway.ledger import Ledger
from aird.deploy.gateway.purse import NOTHING, Purse, Reservation
from aird.deploy.gateway.tariff import Tariffs
from aird.deploy.routing import Arm, Route
from aird.metering import funds, prices
from aird.metering.models import Status
from aird.metering.prices import Rates
from aird.metering.service import Answer

log = logging.getLogger(__name__)

BLOCK_TOKENS = 16
SYNC_SECONDS = 0.05
TIDY_SECONDS = 1.0
CLOSE_SECONDS = 10.0
REFUSED = "refused"
"""The finish reason of a question that the runtime would not take: nobody's failure but the question's."""


@dataclass(frozen=True)
class Bound:
    """The most tokens that a request can use, over all of its answers (`n`)."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Usage:
    """Tokens that were used; `cached` are those of the prompt that the runtime had in its cache, None: not said."""

    prompt: int
    completion: int
    cached: int | None = None


class Meter:
    """Admits requests within their budgets and notes what they used. Lives on one event loop."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._folder = settings.home / "journal"
        self.figures = Figures()
        self._tariffs = Tariffs(database)
        self._upkeep: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._started = False

    @property
    def pending(self) -> int:
        """Settled answers that are not in the ledger yet."""
        return self._ledger.waiting if self._started else 0

    async def start(self) -> None:
        """Open the journal, settle what a killed process left, begin to ship. The first `admit` does it as well."""
        async with self._starting:
            if self._started:
                return
            self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
            self._asking = ThreadPoolExecutor(2, thread_name_prefix="budgets")
            self._tariffs.pool = self._asking
            try:
                self.journal = Journal(self._folder)
            except OSError as error:
                raise LedgerNotWritten(f"The journal in {self._folder} cannot be written: {error}.") from error
            self._ledger = Ledger(self._database, self._disk, self._folder / "refused.jsonl")
            self._ledger.start(self.journal.holder)
            self._purse = Purse(self._database, self._asking, self.journal.holder)
            try:
                await self._in_pool(self.adopt)
            except SQLAlchemyError:
                log.exception("what a killed gateway left cannot be settled now; it is tried again")
            self._loop = asyncio.get_running_loop()
            self._upkeep = asyncio.create_task(self._keep_up())
            self._started = True

    async def admit(
        self, caller: Caller, route: Route, arm: Arm, bound: Bound, request_id: str, *, experiment: bool = False
    ) -> "Admission":
        """Reserve `bound` and note that the request begins; call it before the runtime hears of it.

        With `experiment` the answer reaches nobody, as a shadow's does, and the department's bill shows it apart.
        Raises BudgetSpent (which a client must not try again), LedgerNotWritten.
        """
        if not self._started:
            await self.start()
        if self._ledger.full:
            raise LedgerNotWritten("The database takes no entries right now, so nothing is answered. Try again.")
        tariff = await self._tariffs.fresh()
        moment, token = now(), caller.token
        by_key = token is not None and token.kind is TokenKind.KEY
        account = Answer(
            request_id=request_id,
            department_id=route.department_id,
            endpoint=route.name,
            unit=arm.unit,
            version=arm.version,
            token_id=token.id if token else None,
            person_id=None if by_key else caller.actor.id,
            prompt_tokens=bound.prompt_tokens,
            completion_tokens=bound.completion_tokens,
            status=Status.UNKNOWN,
            milliseconds=0,
            deployment=arm.number,
            experiment=experiment,
            at=moment,
        )
        rates = tariff.rates(moment)
        most = prices.most_micro(rates, bound.prompt_tokens, bound.completion_tokens)
        limits = tariff.limits(route.department, route.name, account.token_id)
        try:
            reservation = await self._purse.reserve(limits, funds.month_of(moment), most) if limits else NOTHING
        except AirdError as error:
            self.figures.refused(error.code)
            raise
        try:
            opened = entries.opened(account)
            segment = self.journal.begin(opened)
            if self._settings.journal_sync:
                await self._in_pool(self.journal.sync)
        except JournalBroken as error:
            self._purse.release(reservation, 0)
            self.figures.refused(LedgerNotWritten.code)
            raise _not_noted(error) from error
        return Admission(self, account, opened, route.department, rates, reservation, segment)

    async def append(self, body: Body) -> None:
        """Add to the journal, which goes on when the caller is cancelled. Raises LedgerNotWritten."""
        try:
            self.journal.append(body)
            if self._settings.journal_sync:
                await asyncio.shield(asyncio.ensure_future(self._in_pool(self.journal.sync)))
        except JournalBroken as error:
            raise _not_noted(error) from error

    def settle(self, reservation: Reservation, spent: int, answer: Answer | None, segment: Segment) -> None:
        """Free the rest of a reservation and have the answer shipped; None: there is nothing to ship."""
        self._purse.release(reservation, spent)
        if answer is None:
            self.journal.settled(segment)
        else:
            self._ledger.put(answer, lambda: self.journal.settled(segment))

    def wait_settled(self, seconds: float = 2.0) -> None:
        """Wait, in another thread than the loop's, for what was settled to be in the ledger."""
        end = time.monotonic() + seconds
        if self.pending:
            self._loop.call_soon_threadsafe(self._ledger.hurry)
        while self.pending and time.monotonic() < end:
            time.sleep(0.005)

    async def flush(self) -> None:
        """Wait until everything that was settled is in the ledger."""
        if self._started:
            await self._ledger.flush()

    async def close(self) -> None:
        """Ship what is left and give the leases back; what the database does not take stays in the journal."""
        if not self._started or self._upkeep is None:
            return
        self._upkeep.cancel()
        with suppress(asyncio.CancelledError):
            await self._upkeep
        whole = await self._ledger.close(CLOSE_SECONDS) and not any(each.pending for each in self.journal.segments)
        if whole:
            try:
                await self._in_pool(lambda: self._end(self.journal))
            except OperationalError:
                whole = False
        self.journal.close(remove=whole)
        self._disk.shutdown()
        self._asking.shutdown()
        self._started = False

    def _end(self, journal: Journal) -> None:
        """Give the leases back; what a process beside it left by now, nobody may look at for long."""
        with self._database.write() as session:
            funds.end_leases(session, journal.holder)
        self.adopt()

    async def _in_pool(self, function: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._disk, function)

    async def _keep_up(self) -> None:
        """Bring the journal to the disk, return idle money, settle what killed processes left."""
        loop = asyncio.get_running_loop()
        tidied = adopted = loop.time()
        while True:
            try:
                if loop.time() - adopted >= 5 * TIDY_SECONDS:
                    adopted = loop.time()
                    await self._in_pool(self.adopt)
                if loop.time() - tidied >= TIDY_SECONDS:
                    tidied = loop.time()
                    await self._purse.give_back_idle()
                if self.journal.dirty:
                    await self._in_pool(self.journal.sync)
            except JournalBroken:
                log.exception("the journal is broken: nothing is answered until the gateway starts again")
            except Exception:
                log.exception("upkeep of the meter failed; it goes on")
            await asyncio.sleep(SYNC_SECONDS)

    def adopt(self) -> int:
        """Put into the ledger what the journals of dead processes say, and free their leases; says how many were."""
        found = 0
        for left in left_behind(self._folder):
            answers = list(entries.settle(left.records))
            if left.skipped:
                log.error("%d bytes of the journal of %s are no records and were skipped", left.skipped, left.holder)
            for start in range(0, len(answers), 500):
                if not self._ledger.write(answers[start : start + 500], left.holder):
                    return found
            with self._database.write() as session:
                funds.end_leases(session, left.holder)
            left.remove()
            cut = sum(each.estimated for each in answers)
            log.warning("settled %d answers of a killed gateway, %d of them cut off", len(answers), cut)
            found += 1
        with self._database.write() as session:
            funds.renew(session, self.journal.holder)
            funds.end_lost_leases(session)
        return found


class Admission:
    """One request that was let through."""

    def __init__(
        self,
        meter: Meter,
        account: Answer,
        opened: Body,
        department: str,
        rates: Rates,
        reservation: Reservation,
        segment: Segment,
    ) -> None:
        self._meter = meter
        self._account = account
        self._opened = opened
        self._department = department
        self._rates = rates
        self._reservation = reservation
        self._segment = segment
        self._settled = False
        self.covered = 0
        """So many tokens of the answer are charged whatever happens next."""

    async def cover(self, completion_tokens: int, *, prompt_tokens: int | None = None) -> None:
        """Make sure that so many tokens of the answer are charged whatever happens next; then relay them.

        `prompt_tokens` as the runtime says it; without it a killed gateway charges the bound of the prompt.
        Raises LedgerNotWritten: then they must not be relayed.
        """
        if completion_tokens <= self.covered:
            return
        covered = -(-completion_tokens // BLOCK_TOKENS) * BLOCK_TOKENS
        covered = max(min(covered, self._account.completion_tokens), completion_tokens)
        await self._meter.append(entries.covered(self._account.request_id, prompt_tokens, covered))
        self.covered = covered

    async def close(
        self,
        status: Status,
        usage: Usage,
        *,
        estimated: bool = False,
        ttft_ms: int | None = None,
        ms: int = 0,
        finish_reason: str | None = None,
    ) -> None:
        """Settle: note what was used, free the rest of the reservation. Goes on when the caller is cancelled.

        A request that a client left before anything was used, or that was REFUSED, is not noted; one that failed is,
        with nothing to pay.
        Raises LedgerNotWritten.
        """
        if self._settled:
            return
        self._settled = True
        came_to: Body = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "cached_tokens": usage.cached,
            "status": status,
            "estimated": estimated,
            "milliseconds": ms,
            "ttft_milliseconds": ttft_ms,
            "finish_reason": finish_reason[:32] if finish_reason else None,
        }
        answer = Answer(**{**vars(self._account), **came_to})
        unpaid = status is Status.CANCELLED or finish_reason == REFUSED
        nothing = unpaid and usage.prompt == usage.completion == 0
        spent = prices.cost_micro(self._rates, usage.prompt, usage.completion, usage.cached)
        if not nothing:
            self._meter.figures.answered(answer, self._department)
        # Shipped even when the journal fails: the ledger is what counts.
        self._meter.settle(self._reservation, spent, None if nothing else answer, self._segment)
        await self._meter.append(entries.void(answer.request_id) if nothing else entries.closed(self._opened, came_to))


def _not_noted(error: OSError) -> LedgerNotWritten:
    return LedgerNotWritten(f"What is used cannot be noted ({error}), so the answer cannot be given. Try again.")
