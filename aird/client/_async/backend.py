"""Waiting and doing several things at once, the async way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def sleep(seconds: float) -> None:
    """Wait."""
    await asyncio.sleep(seconds)


async def run(work: Callable[[], T]) -> T:
    """Do what takes the disk or the processor a while, beside the event loop."""
    return await asyncio.to_thread(work)


async def gather(works: Sequence[Callable[[], Awaitable[T]]], limit: int, stop: Callable[[], None]) -> list[T]:
    """Do all, at most `limit` at a time; the first failure ends the others and is raised. `stop` tells them."""
    gate = asyncio.Semaphore(limit)

    async def one(work: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await work()

    tasks = [asyncio.ensure_future(one(work)) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
