"""Answers for contexts that the service has not answered for: from disk, from the application, from the types."""

from __future__ import annotations

from varve.answers import Answers
from varve.context import Context
from varve.defaults import Defaults
from varve.effective import Effective, Standing, facts_of
from varve.errors import NotVarve
from varve.kept import Disk
from varve.metrics import Metrics
from varve.notices import Notices

MOST_KEPT = 10_000
NOT_YET = "the service has not answered yet"


class Fallbacks:
    """Each answer that it gives is counted and told of, so these are kept apart from what a hit may find."""

    def __init__(
        self, defaults: Defaults, disk: Disk, answers: Answers, *, standing: Standing, environment: str | None,
        metrics: Metrics, notices: Notices,
    ) -> None:  # fmt: skip
        self._defaults = defaults
        self._disk = disk
        self._answers = answers
        self._standing = standing
        self._environment = environment
        self._metrics = metrics
        self._notices = notices
        self._kept: dict[Context, Effective] = {}

    def of(self, context: Context, *, problem: str | None) -> Effective:
        """The next best answer. `problem` is why there is no better one."""
        why = problem or NOT_YET
        effective = self._kept.get(context)
        if effective is None or facts_of(effective).problem != why:
            effective = self._made(context, problem=why)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[context] = effective
        self._metrics.count("fallbacks")
        self._notices.fell_back(context, facts_of(effective).source, why)
        return effective

    def _made(self, context: Context, *, problem: str) -> Effective:
        kept = self._disk.found(context)
        if kept is not None:
            try:
                return self._answers.effective(
                    context, kept.raw, world=kept.world, at=kept.confirmed_at, source="disk", problem=problem
                )
            except NotVarve as error:
                problem = f"{problem}; what is on disk is of no use: {error}"
        return self._defaults.effective(context, self._standing, environment=self._environment, problem=problem)

    def given(self, context: Context) -> Effective | None:
        """What served for the context until now, which the service has answered for."""
        return self._kept.pop(context, None)
