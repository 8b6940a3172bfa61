"""What an answer may cost, and what it did cost: one admission for each request that reaches a runtime.

    admission = await meter.admit(caller, route, arm, Bound(prompt_tokens, completion_tokens), request_id)
    await admission.cover(20)       # before the 20th token of the answer is relayed
    await admission.close(Status.OK, Usage(12, 20), ttft_ms=80, ms=900, finish_reason="stop")

`close` settles once; a second call changes nothing, so it may stand in a `finally` as well.
"""

from dataclasses import dataclass
from uuid import UUID

from aird.auth.models import TokenKind
from aird.auth.service import Caller
from aird.core.db import Database
from aird.core.settings import Settings
from aird.deploy.gateway.ledger import Ledger
from aird.deploy.routing import Arm, Route
from aird.metering.models import Status
from aird.metering.service import Answer


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


@dataclass(frozen=True)
class Account:
    """Whom a request is charged to, and what answers it."""

    request_id: str
    department_id: UUID
    endpoint: str
    unit: str
    version: str
    number: int
    token_id: UUID | None
    person_id: UUID | None
    experiment: bool


class Meter:
    """Admits requests within their budgets and notes what they used."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._settings = settings
        self._ledger = Ledger(database)

    async def admit(
        self, caller: Caller, route: Route, arm: Arm, bound: Bound, request_id: str, *, experiment: bool = False
    ) -> "Admission":
        """Reserve `bound` and note that the request begins; call it before the runtime hears of it.

        With `experiment` the answer reaches nobody, as a shadow's does, and the department's bill shows it apart.
        Raises BudgetSpent (which a client must not try again), TooManyRequests, LedgerNotWritten.
        """
        token = caller.token
        by_key = token is not None and token.kind is TokenKind.KEY
        account = Account(
            request_id=request_id,
            department_id=route.department_id,
            endpoint=route.name,
            unit=arm.unit,
            version=arm.version,
            number=arm.number,
            token_id=token.id if token else None,
            person_id=None if by_key else caller.actor.id,
            experiment=experiment,
        )
        return Admission(self._ledger, account)

    async def close(self) -> None:
        """Finish writing."""
        await self._ledger.close()


class Admission:
    """One request that was let through."""

    def __init__(self, ledger: Ledger, account: Account) -> None:
        self._ledger = ledger
        self._account = account
        self._settled = False

    async def cover(self, completion_tokens: int) -> None:
        """Make sure that so many tokens of the answer are charged whatever happens next; then relay them."""

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
        """Settle: note what was used, give the rest of the reservation back. Goes on when the caller is cancelled.

        An answer that failed before anything was used (`Usage(0, 0)` and not OK) is noted with nothing to pay.
        Raises LedgerNotWritten.
        """
        if self._settled:
            return
        self._settled = True
        if status is not Status.OK and usage.prompt == usage.completion == 0:
            return
        account = self._account
        await self._ledger.write(
            Answer(
                request_id=account.request_id,
                department_id=account.department_id,
                endpoint=account.endpoint,
                unit=account.unit,
                version=account.version,
                token_id=account.token_id,
                person_id=account.person_id,
                prompt_tokens=usage.prompt,
                completion_tokens=usage.completion,
                status=status,
                milliseconds=ms,
                ttft_milliseconds=ttft_ms,
                estimated=estimated,
            )
        )
