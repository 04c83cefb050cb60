"""What raw events add up to, read as they are stored: the second opinion that an audit sets beside the views.

It shares nothing with the aggregates or the projections, which are what it checks: it knows topics and the names of
fields, keeps of each config the few events that still count, and decodes none of them before it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import orjson

from application.catalog import Catalog
from application.ports import Commit, EventStore, Recorded
from application.views import DefinitionRow, LayerRow
from domain.config_types.spec import Mode
from domain.configs.scope import Context, Scope
from domain.errors import StoreUnavailable
from domain.secrets.envelope import shown_json

POSITIONS_A_READ = 20_000

CREATED, UPDATED, DELETED, DEFAULT = "config.created", "config.updated", "config.deleted", "config.default_changed"
PROCESS = "process.recorded"
DEFINITIONS = {
    "config_type.defined": "config_type",
    "environment.created": "environment",
    **{
        f"environment.{did}": f"environment.{did}" for did in ("revised", "retired", "frozen", "thawed", "glass_broken")
    },
    **{f"policy.{did}": f"policy.{did}" for did in ("set", "deleted")},
    "ladder.changed": "ladder",
    "resolver.adopted": "resolver",
    "api_key.issued": "api_key",
    "api_key.revoked": "api_key",
    "profile.created": "profile",
    "profile.updated": "profile",
    "profile.deleted": "profile",
    "change_set.ramped": "change_set.ramped",
    "change_set.ramp_ended": "change_set.ramp_ended",
    **{f"experiment.{did}": f"experiment.{did}" for did in ("created", "revised", "started", "paused", "concluded")},
}
PROFILE_CREATED = "profile.created"
ASSIGNED, UNASSIGNED = "assignment.assigned", "assignment.unassigned"
WITHOUT_EFFECT = frozenset(
    (
        "slot.opened",
        "slot.name_claimed",
        "slot.name_released",
        "slot.default_assigned",
        "tag.named",
        "collection.owned",
        "serving.changed",
        "evaluation.recorded",
        *(f"health.{did}" for did in ("revised", "alerted", "recovered")),
        "embedder.declared",
        *(f"index.{did}" for did in ("registered", "progressed", "readied", "switched", "dropped")),
        *(f"lock.{did}" for did in ("created", "unlocked", "approved", "promoted", "rolled_back")),
        *(f"webhook.{did}" for did in ("created", "revised", "secret_rotated", "disabled", "deleted")),
        *(
            f"change_set.{did}"
            for did in (
                "created",
                "drafted",
                "draft_removed",
                "proposed",
                "checked",
                "approved",
                "published",
                "rolled_back",
                "discarded",
                "scheduled",
                "halted",
            )
        ),
    )
)
"""Topics that change no answer.

What slots guard is said again by the configs, a tag is a name, an owner has rights, a lock holds back. What the switch
of an environment says is beside the settings, which stay as they are."""

OPERATIONS = {CREATED: "CREATE", DELETED: "DELETE", DEFAULT: "DEFAULT"}

CommitOf = Callable[[int], Commit]


class Stream:
    """The events of one config, or of one process layer, that say how it is now."""

    __slots__ = ("body", "created", "default", "exists", "newest", "revised")

    def __init__(self, created: Recorded) -> None:
        self.created = self.body = self.newest = created
        self.default: Recorded | None = created  # the event that last said whether it is the default; None: it is not
        self.exists = True
        self.revised = False  # whether there were others before `newest`

    def take(self, event: Recorded) -> None:
        topic = event.topic
        self.newest, self.revised = event, True
        if topic == UPDATED:
            self.body, self.exists = event, True
        elif topic == DEFAULT:
            self.default = event
        elif topic == DELETED:
            self.default, self.exists = None, False
        else:
            self.body = self.default = event


class RawState:
    """The installation as the events so far make it. `events` counts them."""

    def __init__(self, commit_of: CommitOf) -> None:
        self.events = 0
        self._commit_of = commit_of
        self._streams: dict[str, Stream] = {}
        self._unplaced: list[str] = []
        self._by_scope: dict[tuple[str, str], list[str]] = {}
        self._definitions: list[DefinitionRow] = []
        self._given: dict[tuple[str, str], str | None] = {}  # by environment and user, the profile
        self._catalog = Catalog((), position=-1)

    def take(self, events: Iterable[Recorded]) -> None:
        """Go on by these events. Raises StoreUnavailable for one of a kind that this version does not know."""
        streams = self._streams
        for event in events:
            self.events += 1
            topic = event.topic
            if topic in WITHOUT_EFFECT:
                continue
            stream = streams.get(event.stream_hex)
            if stream is not None:
                stream.take(event)
            elif topic in (CREATED, PROCESS):
                streams[event.stream_hex] = Stream(event)
                self._unplaced.append(event.stream_hex)
            elif topic in DEFINITIONS:
                self._definitions.append(self._definition(event))
            elif topic in (ASSIGNED, UNASSIGNED):
                made = orjson.loads(event.state)
                self._given[made["environment"], made["scope"]] = made.get("profile")
            else:
                raise StoreUnavailable(f"the event at {event.position} is a {topic}, which has no place here")

    def _definition(self, event: Recorded) -> DefinitionRow:
        payload = orjson.loads(event.state)
        commit = self._commit_of(event.position)
        by_stream = event.topic.startswith(("change_set.", "profile.", "experiment."))
        name = event.stream_hex if by_stream else named(payload)
        facts = (commit.last, event.state.decode(), commit.recorded_us, payload["actor"], payload.get("reason"))
        return DefinitionRow(DEFINITIONS[event.topic], name, event.version, *facts)

    def catalog(self) -> Catalog:
        """The definitions, as they are by now."""
        newest = self._definitions[-1].valid_from if self._definitions else 0
        if newest != self._catalog.position:
            self._catalog = Catalog(self._definitions, position=newest)
        return self._catalog

    def layers(self, environment: str, scopes: Sequence[Scope]) -> list[LayerRow]:
        """What is in force at these scopes: in each slot, what was last made its default."""
        self._place()
        found = [self._streams[one] for scope in scopes for one in self._by_scope.get((environment, str(scope)), ())]
        found.sort(key=lambda stream: stream.default.position if stream.default else 0)
        rows = (self._row(stream) for stream in found)
        return list({row[:3]: row for row in rows if row is not None}.values())

    def scopes_of(self, context: Context) -> tuple[Scope, ...]:
        """The scopes whose configs apply, with the profile that the user is given. Raises InvalidRequest."""
        catalog, user = self.catalog(), Scope("user", context.user_id or "")
        given = catalog.in_force(context.environment, self._given.get((context.environment, str(user))))
        given = given if context.user_id is not None else None
        return context.scopes(catalog.ladder, profile=given, variants=catalog.variants(context))

    def scopes(self) -> Iterator[tuple[str, Scope]]:
        """Environment and scope of everything that ever stood somewhere, in order."""
        self._place()
        for environment, scope in sorted(self._by_scope):
            yield environment, Scope.recorded(scope)

    def _place(self) -> None:
        for stream in self._unplaced:
            payload = orjson.loads(self._streams[stream].created.state)
            self._by_scope.setdefault((payload["environment"], payload["scope"]), []).append(stream)
        self._unplaced = []

    def _row(self, stream: Stream) -> LayerRow | None:
        if not stream.exists or stream.default is None:
            return None
        body = orjson.loads(stream.body.state)
        process = stream.created.topic == PROCESS
        if process:
            if not body["data"]:
                return None
        elif not body["is_active"] or not orjson.loads(stream.default.state)["is_default"]:
            return None
        newest = stream.newest
        created, last = orjson.loads(stream.created.state), orjson.loads(newest.state)
        commit = self._commit_of(newest.position)
        scope = Scope.recorded(created["scope"])
        return LayerRow(
            scope.kind,
            scope.id,
            created["config_type"],
            newest.stream_hex,
            newest.version,
            "overlay" if process else cast("Mode", body["mode"]),
            shown_json(orjson.dumps(body["data"])).decode(),
            "[]" if process else orjson.dumps(body["unset"]).decode(),
            commit.recorded_us,
            last["actor"],
            _operation(stream, last),
            last.get("reason"),
            commit.last,
        )


def named(payload: dict[str, Any]) -> str:
    """The name of what an event defines: its own, that of a key, or the environment's where it concerns all of that."""
    return str(payload.get("name") or payload.get("key_id") or payload.get("environment", ""))


def _operation(stream: Stream, payload: dict[str, Any]) -> str:
    topic = stream.newest.topic
    if topic == UPDATED:
        return "UPDATE" if payload.get("restores") is None else "ROLLBACK"
    if topic == PROCESS:
        return "UPDATE" if stream.revised else "CREATE"
    return OPERATIONS[topic]


def replayed(store: EventStore, *, upto: int) -> RawState:
    """All events up to a position."""
    state = RawState(lambda position: commit_of(store, position))
    for events in raw_events(store, after=0, upto=upto):
        state.take(events)
    return state


def raw_events(store: EventStore, *, after: int, upto: int) -> Iterator[Sequence[Recorded]]:
    """The events beyond a position, up to another, a run at a time."""
    for first in range(after + 1, upto + 1, POSITIONS_A_READ):
        yield store.events(first=first, last=min(first + POSITIONS_A_READ - 1, upto))


def commit_of(store: EventStore, position: int) -> Commit:
    """The commit that holds the event at this position."""
    return store.commits(after=position - 1, limit=1)[0]
