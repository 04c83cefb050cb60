"""What never happened: the answers as of a moment, had one event not been, or had one more config been in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from application.assemble import Assembler, Effective, Unmetered, layer_of
from application.audit import answer_of, contexts_of
from application.check_documents import checked_document
from application.compare import differences
from application.edit_configs import Draft
from application.moments import Moment
from application.ports import EventStore, Recorded
from application.replay import (
    ASSIGNED,
    CREATED,
    DEFAULT,
    DEFINITIONS,
    DELETED,
    PROCESS,
    PROFILE_CREATED,
    UNASSIGNED,
    UPDATED,
    RawState,
    commit_of,
    raw_events,
    replayed,
)
from application.seal_secrets import Holder
from domain.configs.config import BESIDES
from domain.configs.diff import Change, changed_leaves, equal
from domain.configs.merge import given_back
from domain.configs.scope import GLOBAL, Context
from domain.configs.scope import PROCESS as PROCESS_SCOPE
from domain.documents import Document
from domain.errors import InvalidRequest, NotFound
from domain.pointers import MISSING
from domain.stamp import Stamp

IMAGINED = Stamp("imagined", "imagined")
IMAGINED_ID = UUID(int=0)


class Instead(NamedTuple):
    """What stands in place of some events, by position; None: nothing. `lost`: those that have no ground any more."""

    events: dict[int, Recorded | None]
    lost: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A context whose answer would have been another. `changes` lead from what was to what would have been."""

    context: Context
    actual: Effective
    imagined: Effective | None  # None where the context could not have been asked about

    @property
    def changes(self) -> dict[str, list[Change]]:
        return differences(self.actual, self.imagined)


@dataclass(frozen=True, slots=True)
class Imagined:
    """Answers beside those that were given, and the later events that would not have been possible."""

    answers: tuple[WhatIf, ...]
    lost: tuple[Recorded, ...]


class Counterfactual:
    """Reads only. The log is replayed twice: as it is, and as it would have been."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def without(self, position: int, contexts: Sequence[Context], *, moment: Moment) -> Imagined:
        """Leave out the event at a position.

        A changed field keeps what it had before, until a later event changes it; without its creation a config is not
        there at all. Where no contexts are named: everybody's whose answer differs. Raises NotFound, InvalidRequest.
        """
        event = self._event(position, moment)
        instead = self._instead(event, moment)
        imagined = RawState(lambda at: commit_of(self._store, at))
        for events in raw_events(self._store, after=0, upto=moment.position):
            imagined.take(_kept(events, instead.events))
        return Imagined(tuple(self._beside(imagined, contexts, moment)), instead.lost)

    def with_draft(self, draft: Draft, contexts: Sequence[Context], *, moment: Moment) -> Imagined:
        """Put a config in force in its slot. Raises NotFound, InvalidRequest, InvalidConfig."""
        imagined = replayed(self._store, upto=moment.position)
        catalog = imagined.catalog()
        catalog.require_environment(draft.environment)
        catalog.ladder.rank(draft.scope.kind)
        definition = catalog.definition(draft.config_type)
        mode = draft.mode or definition.mode
        places = (PROCESS_SCOPE, GLOBAL) if draft.scope != GLOBAL else (PROCESS_SCOPE,)
        below, there = (
            tuple(layer_of(row) for row in imagined.layers(draft.environment, at) if row.config_type == definition.name)
            for at in (places, (draft.scope,))
        )
        holder = Holder(self._store.secrets, IMAGINED_ID, 1, [layer.data for layer in there])
        data = checked_document(definition, draft.data, mode=mode, unset=draft.unset, below=below, holder=holder)
        state = {
            "environment": draft.environment,
            "scope": str(draft.scope),
            "config_type": draft.config_type,
            "mode": mode,
            "data": data,
            "unset": list(draft.unset),
            "is_default": True,
            "is_active": True,
            "actor": IMAGINED.actor,
        }
        imagined.take([Recorded(max(1, moment.position), IMAGINED_ID.hex, 1, CREATED, orjson.dumps(state))])
        return Imagined(tuple(self._beside(imagined, contexts, moment)), ())

    def _beside(self, imagined: RawState, contexts: Sequence[Context], moment: Moment) -> Iterator[WhatIf]:
        actual = replayed(self._store, upto=moment.position)
        one, other = Assembler(Unmetered()), Assembler(Unmetered())
        for context in contexts or contexts_of(actual, None):
            was = answer_of(actual, one, context, types=None, position=moment.position)
            try:
                found = answer_of(imagined, other, context, types=None, position=moment.position)
            except (NotFound, InvalidRequest):
                found = None  # its environment, or the kind of its scope, would not have been there
            if contexts or found is None or found.digest != was.digest:
                yield WhatIf(context, was, found)

    def _event(self, position: int, moment: Moment) -> Recorded:
        found = self._store.events(first=position, last=position)
        if not found:
            raise NotFound(f"there is no event at position {position}")
        if position > moment.position:
            message = f"the event at {position} comes after the moment, {moment.position}: name a later moment"
            raise InvalidRequest.at("/without", message, "order")
        if found[0].topic not in (CREATED, UPDATED, DELETED, DEFAULT, PROCESS, ASSIGNED, UNASSIGNED, *DEFINITIONS):
            message = f"a {found[0].topic} changes no answer: name the event of the config in the same commit"
            raise InvalidRequest.at("/without", message, "no_effect")
        return found[0]

    def _instead(self, event: Recorded, moment: Moment) -> Instead:
        gone: dict[int, Recorded | None] = {event.position: None}
        stream = [one for one in self._store.stream(event.stream) if one.position <= moment.position]
        later = [one for one in stream if one.position > event.position]
        if event.topic == PROFILE_CREATED:
            return Instead({**gone, **{one.position: None for one in later}}, tuple(later))
        if event.topic in (DELETED, ASSIGNED, UNASSIGNED, *DEFINITIONS):
            return Instead(gone, ())
        if event.topic == DEFAULT:
            return Instead({**gone, **self._gave_way(event, stream)}, ())
        if event.topic == CREATED or _brought_back(stream, event):
            lost = later if event.topic == CREATED else _until_back(later)
            without_stream: dict[int, Recorded | None] = {one.position: None for one in lost}
            return Instead({**gone, **without_stream, **self._gave_way(event, stream)}, tuple(lost))
        return Instead({**gone, **dict(_rewritten(stream, event))}, ())

    def _gave_way(self, event: Recorded, stream: Sequence[Recorded]) -> dict[int, Recorded | None]:
        """The default that another config of the slot gave up for this, or took over from it, in the same commit."""
        place = _place(stream[0])
        commit = commit_of(self._store, event.position)
        found: dict[int, Recorded | None] = {}
        for other in self._store.events(first=commit.first, last=commit.last):
            if other.topic == DEFAULT and _place(self._store.stream(other.stream)[0]) == place:
                found[other.position] = None
        return found


def _kept(events: Iterable[Recorded], instead: dict[int, Recorded | None]) -> Iterator[Recorded]:
    for event in events:
        kept = instead.get(event.position, event)
        if kept is not None:
            yield kept


def _place(created: Recorded) -> tuple[str, str, str]:
    payload = orjson.loads(created.state)
    return payload["environment"], payload["scope"], payload["config_type"]


def _brought_back(stream: Sequence[Recorded], event: Recorded) -> bool:
    """Whether the config was deleted before this event."""
    before = [one.topic for one in stream if one.position < event.position and one.topic in (CREATED, UPDATED, DELETED)]
    return event.topic == UPDATED and before[-1:] == [DELETED]


def _until_back(later: Sequence[Recorded]) -> list[Recorded]:
    """The events that need the config to be there, up to the one that brings it back again."""
    lost: list[Recorded] = []
    for index, event in enumerate(later):
        lost.append(event)
        if event.topic == DELETED:
            following = [one.topic for one in later[index + 1 :]]
            assert following[:1] in ([], [UPDATED]), "nothing happens to a deleted config before it comes back"
            break
    return lost


def _rewritten(stream: Sequence[Recorded], left_out: Recorded) -> Iterator[tuple[int, Recorded]]:
    """The later events of a config, each with what it would have left: its own changes over what was there then."""
    was: dict[str, Any] = {}
    would_be: dict[str, Any] = {}
    by_version: dict[int, dict[str, Any]] = {}
    for event in stream:
        if event.topic in (CREATED, UPDATED, PROCESS):
            payload = orjson.loads(event.state)
            if event.position == left_out.position:
                would_be = would_be or {**payload, "data": {}}  # the first reading of the process layer
            elif payload.get("restores") in by_version:
                would_be = {**payload, **{name: by_version[payload["restores"]][name] for name in ("data", *BESIDES)}}
            else:
                would_be = _changed(was, payload, would_be)
            was = payload
            if event.position > left_out.position:
                yield event.position, event._replace(state=orjson.dumps({**payload, **_content(would_be)}))
        by_version[event.version] = would_be


def _content(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in ("data", *BESIDES) if name in payload}


def _changed(was: dict[str, Any], becomes: dict[str, Any], would_be: dict[str, Any]) -> dict[str, Any]:
    """What would be there, with the changes that led from what was to what became of it."""
    if not was:
        return becomes
    pointers = [change.pointer for change in changed_leaves(was["data"], becomes["data"])]
    data: Document = given_back(would_be["data"], becomes["data"], pointers)
    besides = {
        name: becomes[name] if not equal(was.get(name, MISSING), becomes[name]) else would_be[name]
        for name in BESIDES
        if name in becomes
    }
    return {**becomes, **besides, "data": data}
