"""The gateway's other hand: asks a shadow what the baseline was asked, after the client has its answer.

Copies wait in a short queue and are asked one at a time; what does not fit is dropped and counted, so that a shadow
never costs a caller anything. What they use is charged as an experiment. Where a trial names a judging endpoint, it
compares each pair, once in either order.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from aird.auth.permissions import SYSTEM
from aird.core.db import Database
from aird.core.errors import AirdError
from aird.deploy.delivery import pairs, scoring, service
from aird.deploy.delivery.models import JudgeKind, Pair, Rollout
from aird.deploy.delivery.steps import Rules
from aird.deploy.gateway.meter import Bound, Meter
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.asked import Asked
from aird.deploy.gateway.relay import Answered
from aird.deploy.gateway.tally import Tally
from aird.deploy.gateway.upstream import Upstream
from aird.deploy.routing import Arm, Route, copied
from aird.metering.models import Status

log = logging.getLogger(__name__)

WAITING = 32
"""Copies that may wait."""
COPIED = frozenset({"chat/completions", "completions"})
JUDGE_TOKENS = 8

Routes = Callable[[], Awaitable[dict[str, Route]]]


@dataclass
class Kept:
    """A pair that was kept, and who is to judge it."""

    pair: UUID
    question: str
    first: str
    second: str
    judge: str | None


class Shadow:
    """A watcher of answers. Lives on the gateway's event loop."""

    def __init__(self, database: Database, meter: Meter, upstream: Upstream, routes: Routes) -> None:
        self._database, self._meter, self._upstream, self._routes = database, meter, upstream, routes
        self._waiting: asyncio.Queue[Answered] = asyncio.Queue(WAITING)
        self._worker: asyncio.Task[None] | None = None

    def wants(self, route: Route, request_id: str) -> bool:
        """Whether the shadow gets a copy of this request."""
        return copied(route, request_id)

    def answered(self, answer: Answered) -> None:
        """Have the shadow asked the same, when there is room."""
        one = answer.asked.path in COPIED and len(answer.texts) == 1
        if answer.status is not Status.OK or not one or answer.route.shadow is None:
            return
        try:
            self._waiting.put_nowait(answer)
        except asyncio.QueueFull:
            self._meter.figures.dropped("copy")
            return
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Drop what waits."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        while not self._waiting.empty():
            answer = self._waiting.get_nowait()
            try:
                await self._ask(answer)
            except AirdError as error:
                log.info("no copy of %s: %s", answer.request_id, error)
            except Exception:
                log.exception("a copy of %s went wrong", answer.request_id)

    async def _ask(self, answer: Answered) -> None:
        route, shadow = answer.route, answer.route.shadow
        if shadow is None or route.rollout is None:
            return
        text = await self._answer(answer, route, shadow, answer.asked)
        texts = (answer.texts[0], text)
        kept = await asyncio.to_thread(self._keep, route.rollout, answer, texts)
        if kept is not None and kept.judge is not None:
            await self._judge(answer, kept)

    async def _answer(self, answer: Answered, route: Route, arm: Arm, asked: Asked) -> str:
        """What this arm says, charged as an experiment."""
        request_id = f"shadow-{uuid4().hex}"
        bound = Bound(asked.prompt_bound, asked.max_tokens)
        admission = await self._meter.admit(answer.caller, route, arm, bound, request_id, experiment=True)
        tally, status, loop = Tally(asked.prompt_bound), Status.ERROR, asyncio.get_running_loop()
        began = loop.time()
        try:
            body = {**asked.body, "model": arm.unit, "n": 1}
            exchange = await self._upstream.post(arm.addresses, asked.path, wire.order(body), request_id)
            try:
                said = await exchange.whole()
            finally:
                exchange.close()
            tally.take(said)
            status = Status.OK
        except asyncio.CancelledError:
            status = Status.CANCELLED
            raise
        finally:
            ms = round((loop.time() - began) * 1000)
            await admission.close(
                status, tally.usage, estimated=tally.estimated, ms=ms, finish_reason=tally.finish_reason
            )
        [choice, *_] = said["choices"]
        return str((choice.get("message") or {}).get("content") or choice.get("text") or "")

    async def _judge(self, answer: Answered, kept: Kept) -> None:
        """Have the trial's judge compare the pair; what it does not decide waits for people."""
        judge = (await self._routes()).get(kept.judge or "")
        if judge is None or not judge.arms:
            return
        billed = replace(judge, department_id=answer.route.department_id, department=answer.route.department)
        replies = [
            await self._verdict(answer, billed, kept.question, *texts)
            for texts in ((kept.first, kept.second), (kept.second, kept.first))
        ]
        better = pairs.agreed(*replies)
        if better is not None:
            await asyncio.to_thread(self._note, kept.pair, better)

    async def _verdict(self, answer: Answered, judge: Route, question: str, first: str, second: str) -> str | None:
        asked = pairs.judge_question(question, first, second)
        body = {
            "messages": [{"role": "user", "content": asked}], "max_tokens": JUDGE_TOKENS, "temperature": 0,
        }  # fmt: skip
        request = replace(
            answer.asked, path="chat/completions", body=body, prompt_bound=len(asked.encode()), max_tokens=JUDGE_TOKENS
        )
        return pairs.judged(await self._answer(answer, judge, judge.arms[0], request))

    def _keep(self, rollout_id: UUID, answer: Answered, texts: tuple[str, str]) -> Kept | None:
        question = _question(answer.asked)
        try:
            with self._database.write() as session:
                rollout = session.get(Rollout, rollout_id)
                if rollout is None or not rollout.is_open:
                    return None
                pair = service.keep_pair(session, rollout, answer.request_id, question, *texts)
                pair.form = scoring.form_of(answer.asked.body)
                judge = None if pair.better else Rules.of(rollout.rules).judge
                first, second = reversed(texts) if pair.swapped else texts
                return Kept(pair.id, question, first, second, judge)
        except IntegrityError:
            return None

    def _note(self, pair_id: UUID, better: str) -> None:
        with self._database.write() as session:
            pair = session.get(Pair, pair_id, with_for_update=True)
            if pair is not None and pair.better is None:
                service.judge(pair, better, SYSTEM, JudgeKind.ENDPOINT)


def _question(asked: Asked) -> str:
    """What was asked, as people read it."""
    messages = asked.body.get("messages")
    if messages is None:
        prompt = asked.body.get("prompt")
        return prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)
    return pairs.question_of(messages)
