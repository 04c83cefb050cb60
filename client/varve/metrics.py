"""Counters. Hits are not among them: counting one would cost more than the hit."""

from __future__ import annotations

import threading

NAMES = (
    "requests",  # sent to the service
    "failures",  # of these, not answered as they should be
    "contexts_asked",  # first sights and refreshes, by context
    "contexts_unchanged",  # of these, told to be as they were
    "contexts_refused",  # of these, refused by the service
    "outdated",  # answers thrown away because a newer one was held
    "fallbacks",  # reads answered from disk or defaults
    "changes",  # answers replaced by others
    "stale",  # times that the service was lost
    "reconnects",
    "polls",
    "disk_writes",
    "disk_failures",
    "callbacks_dropped",
    "models_refused",
    "settings_refused",  # values that an application's Settings class refused
    "failures_seen",  # calls of a guard that failed with some layer's settings
    "calls_healed",  # answered with those of a lower layer
    "calls_failed",  # with those of every layer
    "calls_spared",  # not made, since the circuit of the settings was open
    "circuits_opened",
    "reports_sent",
    "reports_refused",
    "reports_dropped",
)


class Metrics:
    def __init__(self) -> None:
        self._counts = dict.fromkeys(NAMES, 0)
        self._lock = threading.Lock()

    def count(self, name: str, times: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + times

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def renew(self) -> None:
        """In a forked process."""
        self._lock = threading.Lock()
