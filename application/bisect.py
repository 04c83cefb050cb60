"""Which change did it: the first commit after which an answer is bad, in as few probes as can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from application.assemble import Effective
from application.compare import Compare
from application.moments import Moment
from application.ports import Commit, EventStore, Recorded
from application.resolve_config import ResolveConfig
from domain.configs.scope import Context
from domain.errors import InvalidRequest
from domain.pointers import MISSING, value_at

IsBad = Callable[[Effective], bool]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is recorded as a setting: good from `at_least` on, or up to `at_most`."""

    config_type: str
    pointer: str
    at_least: float | None = None
    at_most: float | None = None

    def is_bad(self, answer: Effective) -> bool:
        """Raises InvalidRequest where the answer has no such number."""
        one = answer.types.get(self.config_type)
        found = value_at(one.resolved.value or {}, self.pointer) if one else MISSING
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            message = (
                f"at position {answer.position}, {self.config_type}{self.pointer} is no number: nothing to judge by"
            )
            raise InvalidRequest.at("/verdict/pointer", message, "metric")
        low = self.at_least is not None and found < self.at_least
        return low or (self.at_most is not None and found > self.at_most)


@dataclass(frozen=True, slots=True)
class Found:
    """The first bad commit, the newest position that is good, and which positions were probed, with what came of it."""

    commit: Commit
    events: tuple[Recorded, ...]
    last_good: int
    probes: tuple[tuple[int, bool], ...]


class Bisect:
    def __init__(self, store: EventStore, compare: Compare, resolve: ResolveConfig) -> None:
        self._store = store
        self._compare = compare
        self._resolve = resolve

    def first_bad(self, context: Context, *, good: Moment, bad: Moment, is_bad: IsBad) -> Found:
        """Takes `good` and `bad` at their word, and that what turned bad stayed so.

        Raises InvalidRequest where nothing changed for the context between them.
        """
        probes: dict[int, bool] = {}
        while isinstance(found := self.step(context, good=good, bad=bad, probes=probes), Moment):
            probes[found.position] = is_bad(self._resolve.effective(context, moment=found))
        return found

    def step(self, context: Context, *, good: Moment, bad: Moment, probes: Mapping[int, bool]) -> Found | Moment:
        """The moment to probe next, given what came of those before (position → bad); or what they found.

        Raises InvalidRequest for probes that contradict each other, or that were never asked for.
        """
        candidates = self._compare.candidates(context, good.position, bad.position)
        if not candidates:
            raise InvalidRequest.at("/bad", "nothing changed for this context between good and bad", "no_candidates")
        low, high = -1, len(candidates) - 1  # candidates[low] is good, candidates[high] is bad
        asked: list[tuple[int, bool]] = []
        while high - low > 1:
            middle = (low + high) // 2
            verdict = probes.get(candidates[middle])
            if verdict is None:
                if len(asked) < len(probes):
                    message = "these probes are not those that were asked for: begin again"
                    raise InvalidRequest.at("/probes", message, "probes")
                return Moment(candidates[middle])
            asked.append((candidates[middle], verdict))
            low, high = (low, middle) if verdict else (middle, high)
        commit = self._store.commits(after=candidates[high] - 1, limit=1)[0]
        events = tuple(self._store.events(first=commit.first, last=commit.last))
        return Found(commit, events, candidates[low] if low >= 0 else good.position, tuple(asked))
