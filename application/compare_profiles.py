"""Profiles of environments side by side, and what makes those of one what they are in another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from application.catalog import Catalog
from application.draft_changes import Wish
from application.own_secrets import with_own_secrets
from application.ports import EventStore
from application.views import LayerRow
from domain.configs.config import Config, name_key
from domain.configs.diff import equal
from domain.documents import Document
from domain.profiles.profile import profile_scope


@dataclass(slots=True)
class ProfileSide:
    """A profile of one environment; `configs` are those that hold its settings, by type."""

    name: str
    description: str | None
    is_active: bool
    settings: dict[str, Document] = field(default_factory=dict)
    configs: dict[str, UUID] = field(default_factory=dict)

    @property
    def data(self) -> Document:
        return {"description": self.description, "is_active": self.is_active, "settings": self.settings}

    @property
    def scope(self) -> str:
        return str(profile_scope(self.name))

    def is_as(self, other: object) -> bool:
        return isinstance(other, ProfileSide) and equal(self.data, other.data)


def profiles_of(environment: str, catalog: Catalog, rows: Iterable[LayerRow]) -> dict[str, ProfileSide]:
    """By name in lower case; `rows` are what is in force in the environment."""
    there = (one for one in catalog.profiles.values() if one.environment == environment)
    found = {name_key(one.name): ProfileSide(one.name, one.description, one.is_active) for one in there}
    for row in rows:
        side = found.get(name_key(row.scope_id)) if row.scope_kind == "profile" else None
        if side is not None:
            side.settings[row.config_type] = orjson.loads(row.data)
            side.configs[row.config_type] = UUID(row.id)
    return found


def profile_wishes(
    store: EventStore,
    theirs: Mapping[str, ProfileSide],
    ours: Mapping[str, ProfileSide],
    *,
    keys: Sequence[str],
    deletions: bool,
) -> list[Wish]:
    """For each of these names, what makes ours what theirs is. Secrets stay: ours keep their own."""
    found = []
    for key in keys:
        side, own = theirs.get(key), ours.get(key)
        if side is not None:
            wanted = _with_own_secrets(store, side, own)
            if not wanted.is_as(own):
                found.append(Wish("profile", wanted.data, side.name if own is None else own.name))
        elif own is not None and deletions:
            found.append(Wish("profile", {}, own.name, deletes=True))
    return found


def _with_own_secrets(store: EventStore, side: ProfileSide, own: ProfileSide | None) -> ProfileSide:
    """As it would be where `own` is."""
    settings = {
        name: data
        if own is None or name not in own.configs
        else with_own_secrets(data, store.load(Config, own.configs[name]).data)
        for name, data in side.settings.items()
    }
    return ProfileSide(side.name, side.description, side.is_active, settings)
