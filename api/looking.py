"""Looks at what may hang: in threads of their own, for as long as the caller wants to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from typing import TypeVar

T = TypeVar("T")
LOOKS = 4  # at once; those that hang are left to themselves until then


class Looks:
    """Neither the threads of the routes nor the end of the process depend on a look."""

    def __init__(self) -> None:
        self._free = BoundedSemaphore(LOOKS)

    async def within(self, seconds: float, *, look: Callable[[], T]) -> T:
        """What the look finds. Raises TimeoutError where it takes longer, or earlier ones have not ended."""
        if not self._free.acquire(blocking=False):
            raise TimeoutError
        found: Future[T] = Future()
        found.set_running_or_notify_cancel()  # from here on it cannot be cancelled, so a late answer is no fault
        Thread(target=self._carry_out, args=(look, found), name="look", daemon=True).start()
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(found)

    def _carry_out(self, look: Callable[[], T], found: Future[T]) -> None:
        try:
            answer = look()
        except BaseException as error:  # noqa: BLE001 -- it is the caller's
            self._free.release()
            found.set_exception(error)
        else:
            self._free.release()
            found.set_result(answer)
