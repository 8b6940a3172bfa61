"""Time calls one by one."""

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Asked = TypeVar("Asked")

WARM_UP = 5


def timed(
    call: Callable[[Asked], int], questions: Iterable[Asked], *, seconds: float, warm_up: int = WARM_UP
) -> dict[str, Any]:
    """p50 and p95 in ms of a call over the questions, until `seconds` have gone; `found` is the mean of its answers.

    `cpu` is the mean of the ms for which this process worked: on a busy machine it tells more than the clock, but a
    database server's work is not in it.
    """
    taken, found, worked = [], [], 0.0
    began = time.perf_counter()
    for number, question in enumerate(questions):
        before, working = time.perf_counter(), time.process_time()
        answer = call(question)
        if number >= warm_up:
            taken.append(1000 * (time.perf_counter() - before))
            worked += 1000 * (time.process_time() - working)
            found.append(answer)
        if time.perf_counter() - began > seconds and taken:
            break
    taken.sort()
    return {
        "calls": len(taken),
        "p50": taken[len(taken) // 2],
        "p95": taken[min(len(taken) - 1, int(0.95 * len(taken)))],
        "cpu": worked / len(taken),
        "found": sum(found) / len(found),
    }
