"""Carry one answer from an engine to its client, and settle what it used.

What was used is settled before the client sees the end of its answer, and a stream's tokens are covered before they
are passed on. Whatever happens on the way, `close` is called once with what is known by then.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.auth.service import Caller
from aird.core.db import reason
from aird.core.errors import AirdError, Unavailable
from aird.deploy.errors import RuntimeFailed
from aird.deploy.gateway.calls import Calls
from aird.deploy.gateway.meter import Admission, Bound, Meter, Usage
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.asked import Asked, Head, usage_of
from aird.deploy.gateway.protocol.errors import QuestionRefused
from aird.deploy.gateway.protocol.offers import OFFERS
from aird.deploy.gateway.reply import Reply
from aird.deploy.gateway.tally import Tally
from aird.deploy.gateway.upstream import Exchange, Upstream
from aird.deploy.routing import Arm, Route, shown
from aird.metering.models import Status

log = logging.getLogger(__name__)

REFUSED = "refused"
"""The finish reason of a question that the engine would not take: nobody's failure but the question's."""


@dataclass(frozen=True)
class Answered:
    """One answer that has ended, for those who look at answers. `texts` are by choice."""

    request_id: str
    caller: Caller
    route: Route
    arm: Arm
    asked: Asked
    status: Status
    finish_reason: str | None
    usage: Usage
    texts: tuple[str, ...]
    milliseconds: int


class Watcher(Protocol):
    """Looks at answers after they were given. Neither call may wait for anything."""

    def wants(self, route: Route, request_id: str) -> bool:
        """Whether this answer is to be kept for `answered`."""

    def answered(self, answer: Answered) -> None:
        """Take an answer that has ended."""


@dataclass
class Answer:
    """One answer in the making."""

    caller: Caller
    route: Route
    arm: Arm
    asked: Asked
    id: str
    started: float = field(default_factory=time.monotonic)
    created: int = field(default_factory=lambda: int(time.time()))
    first_after: float | None = None
    status: Status = Status.ERROR
    texts: dict[int, list[str]] | None = None  # kept when somebody wants them

    def __post_init__(self) -> None:
        self.tally = Tally(self.asked.prompt_bound)
        self.calls = Calls.of(self.asked.body)
        self.head = Head(self.id, self.created, shown(self.route, self.arm))

    async def settle(self, admission: Admission, status: Status) -> None:
        """Note what was used; a second call changes nothing. Raises LedgerNotWritten."""
        self.status = status
        begun, reason = self.tally.begun, self.tally.finish_reason
        usage = self.tally.usage if begun or status is Status.CANCELLED else Usage(0, 0)
        await admission.close(
            status,
            usage,
            estimated=self.tally.estimated and usage != Usage(0, 0),
            ttft_ms=_milliseconds(self.first_after) if self.first_after is not None else None,
            ms=_milliseconds(time.monotonic() - self.started),
            finish_reason=self.calls.finish(reason) if self.calls and status is Status.OK else reason,
        )

    def keep(self, choices: Sequence[dict[str, Any]]) -> None:
        """Keep the calls and the texts of a piece or of a whole answer, as far as somebody wants them."""
        if self.calls is not None:
            self.calls.take(choices)
        if self.texts is None:
            return
        for choice in choices:
            said = choice.get("delta") or choice.get("message")
            text = said.get("content") if said else choice.get("text")
            self.texts.setdefault(choice.get("index", 0), []).append(text or "")


def new_id(asked: Asked) -> str:
    """The id of an answer, which is the ledger's request id and the header x-request-id as well."""
    return asked.prefix + uuid4().hex


class Relay:
    """Carries answers."""

    def __init__(self, meter: Meter, upstream: Upstream, watchers: Sequence[Watcher] = ()) -> None:
        self._meter, self._upstream = meter, upstream
        self._watchers = watchers

    async def carry(self, answer: Answer, reply: Reply) -> None:
        """Ask the engine, and pass on what it says.

        Raises BudgetSpent, TooManyRequests, EndpointNotReady, QuestionRefused, RuntimeFailed, LedgerNotWritten.
        """
        asked = answer.asked
        watching = [each for each in self._watchers if each.wants(answer.route, answer.id)]
        answer.texts = {} if watching else None
        bound = Bound(asked.prompt_bound, asked.max_tokens * asked.choices)
        admission = await self._meter.admit(answer.caller, answer.route, answer.arm, bound, answer.id)
        status = Status.ERROR
        try:
            body = {**asked.body, "model": answer.arm.unit}
            if "cache_salt" in OFFERS.get(answer.arm.runtime, ()):
                body["cache_salt"] = answer.route.department
            if asked.stream:
                body["stream"] = True
                body["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
            exchange = await self._upstream.post(answer.arm.addresses, asked.path, wire.order(body), answer.id)
            try:
                if asked.stream:
                    await self._stream(answer, exchange, admission, reply)
                else:
                    await self._whole(answer, exchange, admission, reply)
            finally:
                exchange.close()
        except asyncio.CancelledError:
            status = Status.CANCELLED
            raise
        except QuestionRefused:
            answer.tally.finish_reason = REFUSED
            raise
        finally:
            if answer.status is not Status.OK:
                await answer.settle(admission, status)
            self._show(answer, watching)

    async def _whole(self, answer: Answer, exchange: Exchange, admission: Admission, reply: Reply) -> None:
        said = await exchange.whole()
        answer.tally.take(said)
        answer.keep(said.get("choices") or ())
        try:
            body = answer.asked.shape.whole(said, answer.head)
        except (KeyError, TypeError, ValueError) as error:
            raise RuntimeFailed("The model's process answered with something that is no answer.") from error
        await answer.settle(admission, Status.OK)
        await reply.json(body)

    async def _stream(self, answer: Answer, exchange: Exchange, admission: Admission, reply: Reply) -> None:
        shape, tally = answer.asked.shape, answer.tally
        async for pieces in exchange.pieces():
            events = b""
            if not reply.begun:
                reply.failed = shape.failed
                await reply.begin_events()
                events = shape.begin(answer.head)
            for piece in pieces:
                tally.take(piece)
                answer.keep(piece["choices"])
                events += shape.piece(piece)
            if answer.first_after is None and tally.completion:
                answer.first_after = time.monotonic() - answer.started
            if events:
                if tally.completion > admission.covered:
                    await admission.cover(tally.completion, prompt_tokens=tally.prompt)
                await reply.events(events)
        await answer.settle(admission, Status.OK)
        used = tally.usage
        usage = usage_of(used.prompt, used.completion, used.cached)
        await reply.events(shape.end(usage), more=False)

    def _show(self, answer: Answer, watching: Sequence[Watcher]) -> None:
        if not watching:
            return
        kept = answer.texts or {}
        seen = Answered(
            request_id=answer.id,
            caller=answer.caller,
            route=answer.route,
            arm=answer.arm,
            asked=answer.asked,
            status=answer.status,
            finish_reason=answer.tally.finish_reason,
            usage=answer.tally.usage,
            texts=tuple("".join(kept[index]) for index in sorted(kept)),
            milliseconds=_milliseconds(time.monotonic() - answer.started),
        )
        for each in watching:
            try:
                each.answered(seen)
            except Exception:
                log.exception("an answer was not looked at")


def failure(error: Exception) -> AirdError:
    """What the client is told of a bug, or of a database that is away."""
    if isinstance(error, OperationalError | PoolTimeout):
        log.error("the database: %s", reason(error))
        return Unavailable("The database does not answer right now. Try again in a moment.")
    log.error("bug in the gateway", exc_info=error)
    return AirdError("An error in the gateway; its log has the details.")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
