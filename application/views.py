"""What queries return: frozen, plain, and the same over HTTP and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from domain.config_types.spec import Mode
from domain.documents import Document


@dataclass(frozen=True, slots=True)
class ConfigView:
    """A config as it is, or was, at some version. Times are microseconds since the epoch."""

    id: UUID
    environment: str
    scope_kind: str
    scope_id: str
    config_type: str
    type_version: int
    name: str
    description: str | None
    mode: Mode
    data: Document
    unset: tuple[str, ...]
    is_default: bool
    is_active: bool
    is_deleted: bool
    version: int
    created_us: int
    created_by: str
    updated_us: int
    updated_by: str
    operation: str
    reason: str | None
    command_id: str
    restores: int | None  # the version that this one brought back
    position: int

    @property
    def in_force_reason(self) -> str | None:
        """Why it takes no part in resolution; None where it does."""
        if self.is_deleted:
            return "deleted"
        if not self.is_default:
            return "not the default of its slot"
        return None if self.is_active else "inactive"


class ChangedConfig(NamedTuple):
    """A config that has changed since a moment. `version_then` is None where it was not there yet."""

    id: UUID
    scope_kind: str
    scope_id: str
    config_type: str
    position: int
    version_then: int | None


class LayerRow(NamedTuple):
    """What is in force in one slot; `id` is 32 hex digits, `data` and `unset` are JSON."""

    scope_kind: str
    scope_id: str
    config_type: str
    id: str
    version: int
    mode: Mode
    data: str
    unset: str
    recorded_us: int
    actor: str
    operation: str
    reason: str | None
    position: int


class LayerRows(NamedTuple):
    """The layers of some scopes, all true at one position."""

    position: int
    definitions: int  # the position of the newest definition
    rows: list[LayerRow]
    profiles: Mapping[str, str]  # by user: the one that is given, switched on or not


class DefinitionRow(NamedTuple):
    """One definition: of a type, an environment, the ladder, the resolver. `body` is the event's payload in JSON."""

    kind: str
    name: str
    version: int
    valid_from: int
    body: str
    recorded_us: int
    actor: str
    reason: str | None


class Claim(NamedTuple):
    """Whose a collection is, and whether any config stands there."""

    owner: str | None
    is_used: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """What a principal sees that is bound to a user, or to collections: what all share, and what is its own."""

    user_id: str | None
    collection_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigFilter:
    """Which configs a listing shows; None means any. `name` matches any part, in upper or lower case."""

    environment: str | None = None
    scope_kind: str | None = None
    scope_id: str | None = None
    config_type: str | None = None
    name: str | None = None
    is_active: bool | None = None
    is_default: bool | None = None
    seen_by: Reach | None = None  # only what lies in this reach


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing, and the key of its last row where more follows."""

    items: tuple[ConfigView, ...]
    next: UUID | None
    position: int
