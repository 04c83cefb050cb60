"""From events to rows: the one step that live projection and rebuild share. Pure.

Bodies stay raw: `data` and `unset` travel from the event to the row as the bytes that were recorded, but for secrets:
no view ever holds an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from application.ports import Commit, Recorded
from domain.configs.config import Config, name_key
from domain.configs.process_layer import ProcessLayer
from domain.configs.scope import Scope
from domain.secrets.envelope import shown_json

RAW_LIST, RAW_OBJECT = msgspec.Raw(b"[]"), msgspec.Raw(b"{}")


class Payload(msgspec.Struct):
    """The fields of all config events together; what an event does not carry keeps its default."""

    actor: str
    command_id: str
    reason: str | None = None
    environment: str = ""
    scope: str = ""
    config_type: str = ""
    type_version: int = 0
    name: str = ""
    description: str | None = None
    mode: str = ""
    data: msgspec.Raw = RAW_OBJECT
    unset: msgspec.Raw = RAW_LIST
    is_default: bool = False
    is_active: bool = True
    restores: int | None = None


class ConfigRow(msgspec.Struct, frozen=True, gc=False):
    """A row of `configs`, in the order of its columns; ids are 32 hex digits."""

    id: str
    environment: str
    scope_kind: str
    scope_id: str
    config_type: str
    type_version: int
    name: str
    name_key: str
    description: str | None
    mode: str
    data: str
    unset: str
    is_default: bool
    is_active: bool
    is_deleted: bool
    version: int
    created_us: int
    created_by: str
    recorded_us: int
    actor: str
    operation: str
    reason: str | None
    command_id: str
    restores: int | None
    position: int

    @property
    def slot(self) -> tuple[str, str, str, str]:
        return self.environment, self.scope_kind, self.scope_id, self.config_type

    @property
    def in_force(self) -> bool:
        return self.is_default and self.is_active and not self.is_deleted


decode = msgspec.json.Decoder(Payload).decode
CREATED, UPDATED = Config.Created.TOPIC, Config.Updated.TOPIC
DELETED, DEFAULT_CHANGED = Config.Deleted.TOPIC, Config.DefaultChanged.TOPIC
PROCESS = ProcessLayer.Recorded.TOPIC
CONFIG_TOPICS = frozenset((CREATED, UPDATED, DELETED, DEFAULT_CHANGED, PROCESS))


def next_row(before: ConfigRow | None, event: Recorded, commit: Commit) -> ConfigRow:
    """The row after this event; the topic is one of CONFIG_TOPICS."""
    payload = decode(event.state)
    if event.topic == CREATED:
        return _created(event, commit, payload)
    if event.topic == PROCESS:
        return _process(before, event, commit, payload)
    assert before is not None, f"stream {event.stream} does not begin with its creation"
    mark: dict[str, Any] = {
        "version": event.version,
        "recorded_us": commit.recorded_us,
        "actor": payload.actor,
        "reason": payload.reason,
        "command_id": payload.command_id,
        "restores": payload.restores,
        "position": commit.last,
    }
    if event.topic == UPDATED:
        return replace(
            before,
            **mark,
            operation="UPDATE" if payload.restores is None else "ROLLBACK",
            type_version=payload.type_version,
            name=payload.name,
            name_key=before.name_key if payload.name == before.name else name_key(payload.name),
            description=payload.description,
            mode=payload.mode,
            data=shown_json(bytes(payload.data)).decode(),
            unset=bytes(payload.unset).decode(),
            is_active=payload.is_active,
            is_deleted=False,
        )
    if event.topic == DELETED:
        return replace(before, **mark, operation="DELETE", is_deleted=True, is_default=False)
    return replace(before, **mark, operation="DEFAULT", is_default=payload.is_default)


def _created(event: Recorded, commit: Commit, payload: Payload) -> ConfigRow:
    scope = Scope.recorded(payload.scope)
    return ConfigRow(
        event.stream_hex,
        payload.environment,
        scope.kind,
        scope.id,
        payload.config_type,
        payload.type_version,
        payload.name,
        name_key(payload.name),
        payload.description,
        payload.mode,
        shown_json(bytes(payload.data)).decode(),
        bytes(payload.unset).decode(),
        payload.is_default,
        payload.is_active,
        False,
        event.version,
        commit.recorded_us,
        payload.actor,
        commit.recorded_us,
        payload.actor,
        "CREATE",
        payload.reason,
        payload.command_id,
        None,
        commit.last,
    )


def _process(before: ConfigRow | None, event: Recorded, commit: Commit, payload: Payload) -> ConfigRow:
    """The process layer of a type is an overlay, always the default of its slot, and inactive when it is empty."""
    row = _created(event, commit, replace(payload, scope="process", mode="overlay", is_default=True))
    row = replace(row, is_active=bytes(payload.data) != b"{}")
    if before is None:
        return row
    return replace(row, created_us=before.created_us, created_by=before.created_by, operation="UPDATE")


def events_with_commits(events: Iterable[Recorded], commits: Iterable[Commit]) -> Iterator[tuple[Recorded, Commit]]:
    """Each event beside its commit: two runs over the log, merged by position."""
    following = iter(commits)
    commit: Commit | None = None
    for event in events:
        while commit is None or event.position > commit.last:
            commit = next(following)
        yield event, commit
