"""Tells the service who met a variant: each user once for an experiment, a variant and a day."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

from varve.effective import Effective, facts_of
from varve.reporter import EXPOSURES, Reporter
from varve.reports import exposure_report

logger = logging.getLogger("varve")

MOST_KNOWN = 100_000


class Exposures:
    """Called from within the reads of an application, so it never raises, and holds no lock of its own.

    Threads that meet at the same moment, and more users than are remembered, tell some of it twice: the service
    counts it once.
    """

    def __init__(self, reporter: Reporter, *, environment: str | None, is_on: bool) -> None:
        self._reporter = reporter
        self._environment = environment
        self._is_on = is_on
        self._day: date | None = None
        self._told: set[tuple[str | None, str, str]] = set()  # today: user, experiment, variant

    def met(self, effective: Effective, config_type: str) -> None:
        """Settings of a type were read that experiments vary, by or for a user who counts for them."""
        if not self._is_on:
            return
        try:
            self._tell(effective, config_type)
        except Exception:
            logger.exception("an exposure could not be told")

    def _tell(self, effective: Effective, config_type: str) -> None:
        user, facts, now = effective.context.user, facts_of(effective), datetime.now(UTC)
        if now.date() != self._day or len(self._told) > MOST_KNOWN:
            self._day, self._told = now.date(), set()
        for experiment in facts.exposed[config_type]:
            key = (user, experiment, facts.experiments[experiment])
            if key not in self._told:
                self._told.add(key)
                environment = self._environment or facts.environment
                self._reporter.add(EXPOSURES, exposure_report(*key, at=now), environment=environment)
