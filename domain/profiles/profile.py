"""A named set of settings that users are given.

What it sets is kept as configs at the scope `profile:NAME`, one of each type: so history, undo and every answer about
the past hold for them as for any other config.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.config import name_key
from domain.configs.scope import Scope
from domain.errors import NameTaken, NotFound, StaleVersion
from domain.stamp import Stamp


def profile_id(environment: str, name: str) -> UUID:
    """The stream of the profile of this name, in upper or lower case."""
    return stream_id("profile", environment, name_key(name))


def profile_scope(name: str) -> Scope:
    """Where the configs of a profile stand."""
    return Scope("profile", name)


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A profile as it is looked up; `id` is 32 hex digits. Times are microseconds since the epoch."""

    id: str
    environment: str
    name: str
    description: str | None
    is_active: bool
    version: int
    created_us: int
    created_by: str
    updated_us: int
    updated_by: str
    position: int


class Profile(Aggregate):
    """The aggregate. Its name is what it is known by for good; its version is the number of its events."""

    TOPIC = "profile"

    class Created(PlacedEvent):
        TOPIC = "profile.created"
        description: str | None
        is_active: bool
        types: list[str]  # what it has a config of

        def apply(self, aggregate: Profile) -> None:
            aggregate.exists = True
            aggregate.environment, aggregate.name = self.environment, Scope.recorded(self.scope).id
            aggregate.take(self)

    class Updated(PlacedEvent):
        TOPIC = "profile.updated"
        description: str | None
        is_active: bool
        types: list[str]

        def apply(self, aggregate: Profile) -> None:
            aggregate.take(self)

    class Deleted(PlacedEvent):
        TOPIC = "profile.deleted"

        def apply(self, aggregate: Profile) -> None:
            aggregate.exists = False

    environment: str
    name: str
    description: str | None
    is_active: bool
    types: list[str]

    def start(self) -> None:
        self.exists = False

    def take(self, event: Profile.Created | Profile.Updated) -> None:
        """What both events carry."""
        self.description, self.is_active, self.types = event.description, event.is_active, event.types

    @property
    def place(self) -> dict[str, str]:
        """What each of its events says of where it stands."""
        return {"environment": self.environment, "scope": str(profile_scope(self.name))}

    def require(self, *, version: int | None = None) -> None:
        """Raises NotFound for a profile that was deleted, or never was; StaleVersion where it is at another version."""
        if not self.exists:
            raise NotFound(f"there is no profile {self.id}: GET /api/profiles lists what there is")
        if version is not None and version != self.version:
            message = f"this profile is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def create(
        self,
        *,
        environment: str,
        name: str,
        description: str | None,
        is_active: bool,
        types: Iterable[str],
        stamp: Stamp,
    ) -> None:
        """Raises NameTaken."""
        if self.exists:
            raise NameTaken(f"there is a profile {self.name} in {environment} already: change that one")
        place = {"environment": environment, "scope": str(profile_scope(name))}
        facts = {"description": description, "is_active": is_active, "types": sorted(types)}
        self.record(Profile.Created, stamp=stamp, **place, **facts)

    def update(self, *, has_new_settings: bool, stamp: Stamp, **changes: Any) -> None:
        """Change description, is_active, types; what equals the present, settings too, records nothing."""
        fields = {name: changes.get(name, getattr(self, name)) for name in ("description", "is_active", "types")}
        if has_new_settings or any(value != getattr(self, name) for name, value in fields.items()):
            self.record(Profile.Updated, stamp=stamp, **self.place, **fields)

    def delete(self, *, stamp: Stamp) -> None:
        self.record(Profile.Deleted, stamp=stamp, **self.place)
