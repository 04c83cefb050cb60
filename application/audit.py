"""Whether answers are what the log makes them: raw events replayed beside the views, and receipts of what was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from application.assemble import Assembler, Effective, Unmetered
from application.moments import Moment
from application.ports import EventStore
from application.replay import RawState, commit_of, raw_events, replayed
from application.resolve_config import ResolveConfig
from domain.configs.scope import GLOBAL, Context
from domain.errors import InvalidRequest, NotFound


@dataclass(frozen=True, slots=True)
class Audited:
    """An answer by replay beside the one of the views. `events_read` is how many events the replay took."""

    replayed: Effective
    viewed: Effective
    events_read: int

    @property
    def equal(self) -> bool:
        return self.replayed.digest == self.viewed.digest


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a caller kept of an answer: for whom, of which types (None: all), true at which position, and its digest."""

    context: Context
    types: tuple[str, ...] | None
    position: int
    epoch: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a receipt: `genuine`, `other` (replay gives another digest), or `unknown`, with the reason."""

    receipt: Receipt
    verdict: str
    replayed_digest: str | None = None
    reason: str | None = None


class Audit:
    """`views` makes a reader of the views that has resolved nothing yet: each audit reads every row itself."""

    def __init__(self, store: EventStore, views: Callable[[], ResolveConfig]) -> None:
        self._store = store
        self._views = views

    def replay(self, context: Context, *, moment: Moment | None, types: Sequence[str] | None = None) -> Audited:
        """One context, as of a moment or now. Raises NotFound for a type or an environment that was not there."""
        viewed = self._views().effective(context, types=types, moment=moment)
        state = replayed(self._store, upto=viewed.position)
        mine = answer_of(state, Assembler(Unmetered()), context, types=types, position=viewed.position)
        return Audited(mine, viewed, state.events)

    def replay_all(
        self, *, moment: Moment, environment: str | None = None, types: Sequence[str] | None = None
    ) -> Iterator[Audited]:
        """Everybody, and each scope that ever had a config: of one environment, or of all. Raises NotFound."""
        state, assembler = replayed(self._store, upto=moment.position), Assembler(Unmetered())
        if environment is not None:
            state.catalog().require_environment(environment)
        for name in types or ():
            state.catalog().row(name)
        views = self._views()
        for context in contexts_of(state, environment):
            viewed = views.effective(context, types=types, moment=moment)
            yield Audited(
                answer_of(state, assembler, context, types=types, position=moment.position), viewed, state.events
            )

    def judge(self, receipts: Sequence[Receipt]) -> list[Judged]:
        """Each receipt, in the order given; the log is read once, however many there are."""
        judged: dict[int, Judged] = {}
        state, assembler = RawState(lambda position: commit_of(self._store, position)), Assembler(Unmetered())
        at = 0
        for index in sorted(range(len(receipts)), key=lambda index: receipts[index].position):
            receipt = receipts[index]
            if reason := self._unanswerable(receipt):
                judged[index] = Judged(receipt, "unknown", reason=reason)
                continue
            for events in raw_events(self._store, after=at, upto=receipt.position):
                state.take(events)
            at = receipt.position
            judged[index] = _judged(state, assembler, receipt)
        return [judged[index] for index in range(len(receipts))]

    def _unanswerable(self, receipt: Receipt) -> str | None:
        epoch, newest = self._store.identity.epoch, self._store.newest()
        if receipt.epoch is not None and receipt.epoch != epoch:
            return f"the log is in epoch {epoch}: a restore has given out positions of epoch {receipt.epoch} again"
        if newest is None or receipt.position > newest.last:
            return f"the log ends at position {newest.last if newest else 0}"
        commit = self._store.commit_at(position=receipt.position)
        if receipt.position and (commit is None or commit.last != receipt.position):
            return "no answer is given at this position: it lies inside a commit"
        return None


def _judged(state: RawState, assembler: Assembler, receipt: Receipt) -> Judged:
    try:
        answer = answer_of(state, assembler, receipt.context, types=receipt.types, position=receipt.position)
    except (NotFound, InvalidRequest) as refusal:
        return Judged(receipt, "unknown", reason=refusal.detail)
    verdict = "genuine" if answer.digest == receipt.digest else "other"
    return Judged(receipt, verdict, answer.digest)


def answer_of(
    state: RawState, assembler: Assembler, context: Context, *, types: Sequence[str] | None, position: int
) -> Effective:
    """What replayed events make for a context. Raises NotFound and InvalidRequest, as a read of that moment does."""
    catalog = state.catalog()
    catalog.require_environment(context.environment)
    scopes = state.scopes_of(context)
    rows = state.layers(context.environment, scopes)
    return assembler.assembled(context, scopes, rows, catalog, types=types, position=position)


def contexts_of(state: RawState, environment: str | None) -> Iterator[Context]:
    """A context for everybody in each environment, and one for each scope that ever had a config."""
    for name in sorted(state.catalog().environments):
        if environment in (None, name):
            yield Context(name)
    ranked = set(state.catalog().ladder.kinds) - {GLOBAL.kind}
    for name, scope in state.scopes():
        if environment in (None, name) and scope.kind in ranked:
            yield Context.checked(name, scopes=[scope])
