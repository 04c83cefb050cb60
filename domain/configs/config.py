"""One named document of one type, at one scope, in one environment."""

from __future__ import annotations

import unicodedata
from typing import Any

from domain.aggregate import Aggregate, PlacedEvent
from domain.config_types.spec import Mode
from domain.configs.diff import equal
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import InvalidRequest, NotFound
from domain.stamp import Stamp

BESIDES = ("name", "description", "mode", "unset", "is_active")
"""What an update may change besides the data."""

MUTABLE = ("data", *BESIDES)
"""What an update may change; each update carries them all."""

LONGEST_KEY = 600  # of a name's key, in which one character may become eighteen: an index holds it


class Config(Aggregate):
    """The aggregate. Its version is the number of its events."""

    TOPIC = "config"

    class Created(PlacedEvent):
        TOPIC = "config.created"
        config_type: str
        type_version: int
        name: str
        description: str | None
        mode: str
        data: Document
        unset: list[str]
        is_default: bool
        is_active: bool

        def apply(self, aggregate: Config) -> None:
            aggregate.environment = self.environment
            aggregate.scope = Scope.recorded(self.scope)
            aggregate.config_type = self.config_type
            aggregate.is_default = self.is_default
            aggregate.exists = True
            aggregate.take(self)

    class Updated(PlacedEvent):
        TOPIC = "config.updated"
        type_version: int
        name: str
        description: str | None
        mode: str
        data: Document
        unset: list[str]
        is_active: bool
        restores: int | None = None  # the version brought back, when this is a rollback

        def apply(self, aggregate: Config) -> None:
            aggregate.exists = True
            aggregate.take(self)

    class Deleted(PlacedEvent):
        TOPIC = "config.deleted"

        def apply(self, aggregate: Config) -> None:
            aggregate.exists = False
            aggregate.is_default = False

    class DefaultChanged(PlacedEvent):
        TOPIC = "config.default_changed"
        is_default: bool

        def apply(self, aggregate: Config) -> None:
            aggregate.is_default = self.is_default

    environment: str
    scope: Scope
    config_type: str
    type_version: int
    name: str
    description: str | None
    mode: Mode
    data: Document
    unset: list[str]
    is_active: bool

    def start(self) -> None:
        self.exists = False
        self.is_default = False

    def take(self, event: Config.Created | Config.Updated) -> None:
        """What both events carry."""
        self.type_version = event.type_version
        for field in MUTABLE:
            setattr(self, field, getattr(event, field))

    @property
    def place(self) -> dict[str, str]:
        """What each of its events says of where it stands."""
        return {"environment": self.environment, "scope": str(self.scope)}

    @property
    def in_force(self) -> bool:
        """Whether it takes part in resolution."""
        return self.exists and self.is_default and self.is_active

    @property
    def name_key(self) -> str:
        return name_key(self.name)

    def require(self) -> None:
        """Raises NotFound for a config that was deleted, or never was."""
        if not self.exists:
            raise NotFound(f"there is no config {self.id}")

    def create(self, *, stamp: Stamp, **facts: Any) -> None:
        """Take every field of `Created`; the caller has checked the document against its type."""
        self.record(Config.Created, stamp=stamp, **facts)

    def update(self, *, type_version: int, stamp: Stamp, restores: int | None = None, **changes: Any) -> None:
        """Change the fields given; what equals the present records nothing. Raises NotFound."""
        self.require()
        fields = {field: changes.get(field, getattr(self, field)) for field in MUTABLE}
        if restores is None and all(equal(fields[field], getattr(self, field)) for field in MUTABLE):
            return
        versions = {"type_version": type_version, "restores": restores}
        self.record(Config.Updated, stamp=stamp, **self.place, **versions, **fields)

    def restore(self, past: Config, *, data: Document, type_version: int, stamp: Stamp) -> None:
        """Make an earlier version the newest, also of a deleted config; what is so already records nothing.

        `data` is the document of that version as its type takes it today.
        """
        fields = {**{field: getattr(past, field) for field in MUTABLE}, "data": data}
        if self.exists and all(equal(fields[field], getattr(self, field)) for field in MUTABLE):
            return
        versions = {"type_version": type_version, "restores": past.version}
        self.record(Config.Updated, stamp=stamp, **self.place, **versions, **fields)

    def delete(self, *, stamp: Stamp) -> None:
        """Raises NotFound."""
        self.require()
        self.record(Config.Deleted, stamp=stamp, **self.place)

    def change_default(self, *, to: bool, stamp: Stamp) -> None:
        """Make or unmake it the default of its slot; its present state records nothing. Raises NotFound."""
        self.require()
        if self.is_default != to:
            self.record(Config.DefaultChanged, stamp=stamp, **self.place, is_default=to)


def name_key(name: str) -> str:
    """The form under which names are unique: the same for "Fast" and "fast"."""
    return unicodedata.normalize("NFKC", name).casefold()


def checked_name(name: str, *, called: str = "name") -> str:
    """A name: 1–255 printable characters, no space at either end. Raises InvalidRequest."""
    if not 1 <= len(name) <= 255 or not name.isprintable() or name != name.strip() or len(name_key(name)) > LONGEST_KEY:
        message = f"{called} must be 1 to 255 printable characters, with no space at either end"
        raise InvalidRequest.at(f"/{called}", message, called)
    return name
