"""The async client as if it were the sync one, so that one suite holds both: whatever it gives is waited for."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any


class Waited:
    """An async object whose methods are waited for in a loop of the test's own."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner, self._loop = inner, loop

    def __getattr__(self, name: str) -> Any:
        return self._plain(getattr(self._inner, name))

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._plain(self._inner(*arguments, **named))

    def __getitem__(self, key: str) -> Any:
        return self._inner[key]

    def __eq__(self, other: object) -> bool:
        return bool(self._inner == (other._inner if isinstance(other, Waited) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._inner)

    def _plain(self, found: Any) -> Any:
        if inspect.isawaitable(found):
            return self._plain(self._loop.run_until_complete(_awaited(found)))
        if isinstance(found, AsyncIterator):
            return self._items(found)
        ours = type(found).__module__.startswith("aird.client._async")
        return Waited(found, self._loop) if ours or inspect.ismethod(found) else found

    def _items(self, found: AsyncIterator[Any]) -> Iterator[Any]:
        try:
            while True:
                yield self._plain(self._loop.run_until_complete(_awaited(anext(found))))
        except StopAsyncIteration:
            return
        finally:
            if inspect.isasyncgen(found):
                self._loop.run_until_complete(found.aclose())


async def _awaited(found: Any) -> Any:
    return await found
