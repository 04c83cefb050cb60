"""What a process does beside answering: threads that begin with it, and end before its store is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol


class Worker(Protocol):
    def start(self) -> None: ...

    def close(self) -> None:
        """Come to an end, and wait for it."""


@contextmanager
def at_work(workers: Iterable[Worker]) -> Iterator[None]:
    """The last to begin is the first to end."""
    with ExitStack() as begun:
        for worker in workers:
            worker.start()
            begun.callback(worker.close)
        yield
