"""Waiting and doing several things at once, the sync way."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def run(work: Callable[[], T]) -> T:
    """Do what takes the disk or the processor a while."""
    return work()


def gather(works: Sequence[Callable[[], T]], limit: int, stop: Callable[[], None]) -> list[T]:
    """Do all, at most `limit` at a time; the first failure ends the others and is raised. `stop` tells them."""
    if limit == 1 or len(works) <= 1:
        return [work() for work in works]
    with ThreadPoolExecutor(limit, thread_name_prefix="aird") as pool:
        futures = [pool.submit(work) for work in works]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()  # the first failure, not the cancelling of the others
            return [each.result() for each in futures]
        except BaseException:
            stop()
            for each in futures:
                each.cancel()
            raise
