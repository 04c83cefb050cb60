"""Takes a release back, while a part of the users have it, where it surely does more harm than it may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Set
from uuid import UUID

from application.after_news import AfterNews
from application.catalog import Catalogs
from application.measurements import Measurements
from application.take_back import TakeBack
from domain.configs.scope import Context
from domain.documents import Document
from domain.experiments.guardrails import Breach, breaches_of
from domain.experiments.results import metric_result
from domain.experiments.statistics import Sample
from domain.releases.ramp import KnownRamp

RELEASE, REST_OF_USERS = "the release", "without it"
MOST_USERS = 200_000  # of a metric; those who come later are left out
PAGES = 20  # that are read at a look: others wait for it


class GuardRamps(AfterNews):
    """Who is on a ramp follows from a hash, and is not reported: all users of whom something was measured count."""

    def __init__(
        self,
        measurements: Measurements,
        catalogs: Catalogs,
        take_back: TakeBack,
        *,
        now_us: Callable[[], int],
        is_read_only: bool = False,
    ) -> None:
        super().__init__(now_us=now_us, is_read_only=is_read_only)
        self._measurements = measurements
        self._catalogs = catalogs
        self._take_back = take_back
        self._tallies: dict[KnownRamp, Tally] = {}

    def _look(self, environments: Set[str]) -> None:
        guarded = [ramp for ramp in self._catalogs.current().ramps.values() if ramp.guardrails]
        self._tallies = {ramp: self._tallies.get(ramp, Tally(ramp)) for ramp in guarded}
        for ramp, tally in self._tallies.items():
            if ramp.environment in environments:
                if not tally.read(self._measurements):
                    self.note(ramp.environment)  # to go on at the next look
                self._judge(ramp, tally)

    def _judge(self, ramp: KnownRamp, tally: Tally) -> None:
        breach = next((one for guardrail in ramp.guardrails for one in tally.breaches(guardrail)), None)
        if breach is not None:
            evidence: Document = {"guardrail": breach.to_data(), "users": tally.users(breach.metric)}
            self._take_back.ramp(UUID(ramp.id), str(breach), evidence=evidence, environment=ramp.environment)


class Tally:
    """By metric and user, what came of it since the ramp's last step: sum and number."""

    def __init__(self, ramp: KnownRamp) -> None:
        self._ramp = ramp
        self._place = 0
        self._sums: dict[str, dict[str, tuple[float, int]]] = defaultdict(dict)

    def read(self, measurements: Measurements) -> bool:
        """What has come in since the last time; False where that is too much for one look. Raises StoreUnavailable."""
        names = {guardrail["name"] for guardrail in self._ramp.guardrails}
        for _ in range(PAGES):
            page = measurements.outcomes_of(self._ramp.environment, names, after=self._place)
            for one in page.rows:
                if one.at_us >= self._ramp.since_us:
                    self._take(one.metric, one.user_id, one.value)
            self._place = page.last if page.next is None else page.next
            if page.next is None:
                return True
        return False

    def _take(self, metric: str, user: str, value: float) -> None:
        users = self._sums[metric]
        if user in users or len(users) < MOST_USERS:
            total, times = users.get(user, (0.0, 0))
            users[user] = (total + value, times + 1)

    def breaches(self, guardrail: Document) -> list[Breach]:
        samples = {name: sample_of(means) for name, means in self._means(guardrail["name"]).items()}
        return list(breaches_of(metric_result(guardrail, samples, REST_OF_USERS, shares_match=True)))

    def users(self, metric: str) -> Document:
        return {name: len(means) for name, means in self._means(metric).items()}

    def _means(self, metric: str) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {REST_OF_USERS: [], RELEASE: []}
        for user, (total, times) in self._sums[metric].items():
            is_on_it = self._ramp.takes(Context(self._ramp.environment, user_id=user))
            found[RELEASE if is_on_it else REST_OF_USERS].append(total / times)
        return found


def sample_of(values: Collection[float]) -> Sample:
    """Raises nothing: of no values it is empty."""
    if not values:
        return Sample(0, 0.0, 0.0)
    mean = sum(values) / len(values)
    return Sample(len(values), mean, sum((value - mean) ** 2 for value in values))
