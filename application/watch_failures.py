"""Tells when a version of a config fails too often, and has it taken out of force where that is wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Protocol
from uuid import UUID

from application.ports import Views
from application.quarantine import Failing, Quarantine, error_class, reason_of
from application.reports import ConfigVersion, Reports, Threshold
from application.take_back import TakeBack
from application.views import ConfigView
from domain.documents import Document
from domain.errors import Refusal

RELEASE = "release"  # the kind of scope at which a release stands while a part of the users have it
MOST_NEWS = 10_000  # versions between two looks


class FailureSignals(Protocol):
    """Where failures are counted and alerts go."""

    def failed(self, environment: str, config_type: str, *, times: int) -> None: ...

    def alert(self, found: Failing, config: ConfigView) -> None:
        """A version has come over the threshold."""

    def quarantined(self, found: Failing, *, problem: str | None) -> None:
        """It was taken out of force, or could not be."""

    def failing(self, by_environment: Mapping[str, int]) -> None:
        """How many versions are over the threshold now."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What is too much, whether something is done about it, and how long reports are kept."""

    threshold: Threshold = field(default_factory=Threshold)
    quarantines: bool = False
    days: float = 30.0


class WatchFailures:
    """`look` is called by one thread, whenever there is `news` and once in a while."""

    def __init__(
        self,
        reports: Reports,
        views: Views,
        quarantine: Quarantine,
        signals: FailureSignals,
        *,
        take_back: TakeBack,
        watching: Watching,
        now_us: Callable[[], int],
    ) -> None:
        self._reports = reports
        self._views = views
        self._quarantine = quarantine
        self._signals = signals
        self._take_back = take_back
        self._now_us = now_us
        self.watching = watching
        self.news = Event()
        self._mutex = Lock()
        self._reported: set[ConfigVersion] = set()
        self._over: dict[ConfigVersion, bool] = {}  # and whether nothing is left to be done about it

    def note(self, subjects: Iterable[ConfigVersion]) -> None:
        """These have failed again."""
        fresh = set(subjects)
        with self._mutex:
            if not fresh or len(self._reported) >= MOST_NEWS:
                return
            self._reported |= fresh
        self.news.set()

    def look(self) -> None:
        """Raises StoreUnavailable; what was reported is looked at again then."""
        self.news.clear()
        with self._mutex:
            reported, self._reported = self._reported, set()
        try:
            for subject in {*self._over, *reported}:
                self._look_at(subject)
        except Refusal:
            with self._mutex:
                self._reported |= reported
            raise
        self._signals.failing(Counter(subject.environment for subject in self._over))

    def _look_at(self, subject: ConfigVersion) -> None:
        threshold = self.watching.threshold
        recent = self._reports.recent(subject, since_us=threshold.since(self._now_us()))
        config = self._known(subject) if recent.failures >= threshold.failures else None
        if config is None:
            self._over.pop(subject, None)
            return
        found = Failing(subject, recent.failures, threshold.seconds, recent.error)
        if subject not in self._over:
            self._over[subject] = not self.watching.quarantines
            self._signals.alert(found, config)
            self._take_back_ramp(found, config)
        if not self._over[subject]:
            self._over[subject] = self._taken_out(found)

    def _known(self, subject: ConfigVersion) -> ConfigView | None:
        """The config that was reported; None where there is no such version of one there."""
        config = self._views.config(subject.config_id)
        known = config is not None and config.environment == subject.environment and subject.version <= config.version
        return config if known else None

    def _take_back_ramp(self, found: Failing, config: ConfigView) -> None:
        """What fails for the first users of a release is not given to more."""
        if config.scope_kind == RELEASE:
            facts = {
                "config_type": config.config_type,
                "version": found.subject.version,
                "error": error_class(found.error),
            }
            evidence: Document = {"failures": found.failures, "seconds": found.seconds, **facts}
            why = f"{config.config_type}: {reason_of(found)}"
            self._take_back.ramp(UUID(config.scope_id), why, evidence=evidence, environment=config.environment)

    def _taken_out(self, found: Failing) -> bool:
        """Whether nothing is left to be done. What cannot be done now is tried at the next look."""
        try:
            if self._quarantine.take_out(found):
                self._signals.quarantined(found, problem=None)
        except Refusal as refusal:
            self._signals.quarantined(found, problem=refusal.detail)
            return False
        return True
