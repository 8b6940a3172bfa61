"""The model of a serving process: loaded in the model's thread, asked from the event loop."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aird.core.errors import Unavailable
from aird.core.starting import importing
from aird.runtimes.base import BASE, Engine, Message, Prompt, Row, Sampling, Token
from aird.runtimes.errors import AdapterAlreadyLoaded, AdapterNotLoaded
from aird.runtimes.questions import Asked, Embedding, Question
from aird.runtimes.scheduler import Answer, Item, Scheduler
from aird.runtimes.telemetry import Telemetry

log = logging.getLogger(__name__)

WARM_UP: list[Message] = [{"role": "user", "content": "."}]


class NotLoadedYet(Unavailable):
    """The model is still being loaded"""


class UnitInUse(AdapterAlreadyLoaded):
    """The unit is answering"""


@dataclass
class Resident:
    """The model of this process and what became of loading it."""

    name: str
    base: Path
    threads: int
    cache_bytes: int = 2 * 2**30
    """What the keys and values of all running answers may take together."""
    scheduler: Scheduler = field(default_factory=Scheduler)
    loaded: Engine | None = None
    reason: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    telemetry: Telemetry = field(default_factory=Telemetry)

    def __post_init__(self) -> None:
        self._encoder = ThreadPoolExecutor(1, thread_name_prefix="words")  # a tokenizer is no thing to share
        self._said: list[tuple[asyncio.Queue[tuple[int, Item]], int, Item]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.scheduler.between_rounds = self._hand_over

    async def load(self) -> None:
        """Load the base and have it say one token; what goes wrong is told by /healthz."""
        try:
            await asyncio.wrap_future(self.scheduler.call(self._load))
        except Exception as error:
            log.exception("%s cannot be loaded", self.name)
            self.reason = str(error) or type(error).__name__

    def _load(self) -> None:
        engine = self.make_engine()
        self.scheduler.engine = engine
        _say_one_token(engine, BASE)
        self.loaded = engine

    def make_engine(self) -> Engine:
        """Load the model's files; called in the model's thread."""
        # Imported here: it takes seconds, in which /healthz must answer.
        with importing():
            from aird.runtimes import batching, hf

        return batching.make(hf.load(self.base, threads=self.threads), cache_bytes=self.cache_bytes)

    @property
    def engine(self) -> Engine:
        """The loaded model. Raises NotLoadedYet."""
        if self.loaded is None:
            raise NotLoadedYet(self.reason or "The model is still being loaded. Try again in a moment.")
        return self.loaded

    @property
    def state(self) -> str:
        """starting, ready or failed."""
        return "ready" if self.loaded is not None else "failed" if self.reason else "starting"

    def units(self) -> list[str]:
        """The units that can answer."""
        return [] if self.loaded is None else [self.name, *self.loaded.adapters]

    def adapter(self, unit: str) -> str:
        """The model's own name for a unit. Raises AdapterNotLoaded."""
        if unit not in self.units():
            raise AdapterNotLoaded(f"The unit {unit} is not loaded here.", unit=unit, param="model")
        return BASE if unit == self.name else unit

    async def add(self, name: str, path: Path) -> None:
        """Load an adapter and have it say one token; nothing happens when it is there from the same folder."""
        engine = self.engine

        def load() -> None:
            if name in self.units():
                if self.paths.get(name) != str(path):
                    raise AdapterAlreadyLoaded(f"The unit {name} is loaded from other files. Unload it first.")
                return
            engine.add_adapter(name, path)
            try:
                _say_one_token(engine, name)
            except BaseException:
                engine.remove_adapter(name)
                raise
            self.paths[name] = str(path)

        await asyncio.wrap_future(self.scheduler.call(load))

    async def remove(self, name: str) -> bool:
        """Free an adapter; False when it is not there. Raises UnitInUse."""
        engine = self.engine

        def free() -> bool:
            if self.scheduler.in_flight(name):
                raise UnitInUse(f"The unit {name} is answering. Remove it when it is done.", unit=name)
            if name not in engine.adapters:
                return False
            engine.remove_adapter(name)
            self.paths.pop(name, None)
            return True

        return await asyncio.wrap_future(self.scheduler.call(free))

    async def encode(self, question: Question | Embedding) -> list[Prompt]:
        """The question's prompts in tokens. Raises AdapterNotLoaded, PromptTooLong, QuestionUnusable."""
        asked = question.asked if isinstance(question, Question) else question.inputs
        engine, adapter = self.engine, self.adapter(question.unit)

        def encode(each: Asked) -> Prompt:
            return engine.encode(adapter, each)

        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(self._encoder, encode, each) for each in asked]

    async def answer(self, question: Question, prompts: Sequence[Prompt]) -> AsyncGenerator[tuple[int, Token], None]:
        """The tokens of all choices as they come, each with its choice; closing the iterator stops the work."""
        self._loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[tuple[int, Item]] = asyncio.Queue()
        answers = [self._answer(question, prompt, i, arrived) for i, prompt in enumerate(prompts)]
        clock = self.telemetry.begin(sum(len(each.ids) for each in prompts))
        self.scheduler.submit(answers)
        going = len(answers)
        try:
            while going:
                first, item = await arrived.get()
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    going -= 1
                    continue
                clock.token(item[1].finish_reason)
                yield first + item[0], item[1]
        finally:
            for each in answers:
                each.cancelled.set()
            if going:
                self.scheduler.wake()

    def _answer(self, question: Question, prompt: Prompt, number: int, arrived: "asyncio.Queue[Any]") -> Answer:
        first = number * question.n

        def deliver(item: Item) -> None:
            self._said.append((arrived, first, item))

        adapter = BASE if question.unit == self.name else question.unit
        return Answer(question.unit, adapter, prompt, question.sampling, question.n, deliver)

    def _hand_over(self) -> None:
        """Everything that one round brought, in one call into the event loop; called by the model's thread."""
        said, self._said = self._said, []
        if said and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_put, said)

    async def embed(self, unit: str, prompts: Sequence[Prompt]) -> list[list[float]]:
        """A vector for each prompt; answers go on between them."""
        engine, adapter = self.engine, self.adapter(unit)
        found = [
            await asyncio.wrap_future(self.scheduler.call(partial(engine.embed, adapter, prompt))) for prompt in prompts
        ]
        self.telemetry.read(sum(len(each.ids) for each in prompts))
        return found


def _put(said: "list[tuple[asyncio.Queue[Any], int, Item]]") -> None:
    for arrived, first, item in said:
        arrived.put_nowait((first, item))


def _say_one_token(engine: Engine, adapter: str) -> None:
    prompt = engine.encode(adapter, WARM_UP)
    rows: Sequence[Row] | None = engine.rows(adapter, prompt, Sampling(1, 0.0), 1)
    try:
        while rows and (said := engine.step(rows)[0]) is None:
            pass
        if rows and isinstance(said, Exception):
            raise said
    finally:
        for row in rows or ():
            engine.leave(row)
