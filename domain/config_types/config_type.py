"""A config type's stream: every definition it ever had."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.documents import Document
from domain.stamp import Stamp


def config_type_id(name: str) -> UUID:
    return stream_id("config_type", name)


class ConfigType(Aggregate):
    """The versions of a type; types belong to the whole installation."""

    TOPIC = "config_type"

    class Defined(DomainEvent):
        TOPIC = "config_type.defined"
        name: str
        revision: int | None  # of a built-in type; None for a custom one
        description: str
        mode: str
        json_schema: Document
        rules: list[Document]

        def apply(self, aggregate: ConfigType) -> None:
            aggregate.definition = {
                "name": self.name,
                "revision": self.revision,
                "description": self.description,
                "mode": self.mode,
                "schema": self.json_schema,
                "rules": self.rules,
            }

    def start(self) -> None:
        self.definition: dict[str, Any] | None = None

    def define(self, definition: dict[str, Any], *, stamp: Stamp) -> None:
        """Take a definition (the shape of `TypeDefinition.to_data`); one equal to the present records nothing."""
        if definition != self.definition:
            facts = {**definition, "json_schema": definition["schema"]}
            del facts["schema"]
            self.record(ConfigType.Defined, stamp=stamp, **facts)
