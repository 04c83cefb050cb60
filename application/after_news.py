"""A look that is taken after news, again and again, and never so often that it costs much."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Set
from threading import Lock

from domain.errors import Refusal

EVERY_US = 5_000_000  # between two looks
REST = 20  # times as long as the last look took, so that looking costs a twentieth of a processor at most


class AfterNews(ABC):
    """`look` is called by one thread, again and again; it looks where something has come in since."""

    def __init__(self, *, now_us: Callable[[], int], is_read_only: bool) -> None:
        self._now_us = now_us
        self._is_read_only = is_read_only
        self._mutex = Lock()
        self._news: set[str] = set()
        self._due_us = 0

    @abstractmethod
    def _look(self, environments: Set[str]) -> None:
        """Look at what stands in these. Raises StoreUnavailable."""

    def note(self, environment: str) -> None:
        """Something has come in there."""
        with self._mutex:
            self._news.add(environment)

    def look_if_due(self) -> None:
        """At most every few seconds. Raises StoreUnavailable; what came in is looked at again then."""
        began_us = self._now_us()
        if self._news and not self._is_read_only and began_us >= self._due_us:
            self.look()
            ended_us = self._now_us()
            self._due_us = ended_us + max(EVERY_US, REST * (ended_us - began_us))

    def look(self) -> None:
        """Raises StoreUnavailable."""
        with self._mutex:
            news, self._news = self._news, set()
        try:
            self._look(news)
        except Refusal:
            with self._mutex:
                self._news |= news
            raise
