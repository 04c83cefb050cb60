"""Effective configs as flags: every config type is one (`llm`), and every field of it (`llm.temperature`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from application.assemble import Effective, ResolvedType
from domain.config_types.definition import TypeDefinition
from domain.configs.fold import DEFAULT, owned_leaves
from domain.configs.layer import Origin
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import NotFound
from domain.experiments.experiment import variant_of
from domain.pointers import ancestors, keys_of, value_at

NOBODY = "none"


class Flag(NamedTuple):
    """A value of None is left to the application: nothing is set, or null is."""

    key: str
    value: Any
    layer: str
    origin: Origin | None

    @property
    def experiment(self) -> tuple[str, str] | None:
        """The experiment that gave it, and its variant."""
        scope = Scope.recorded(self.layer)
        return variant_of(scope) if scope.kind == "experiment" else None

    @property
    def reason(self) -> str:
        """Of the five that the protocol has."""
        if self.layer == NOBODY:
            return "UNKNOWN"
        if self.experiment is not None:
            return "SPLIT"
        return "TARGETING_MATCH" if Scope.recorded(self.layer).id else "STATIC"


def flag_named(key: str, one: ResolvedType) -> Flag:
    """The type itself, a field, or an object in it. Raises NotFound; for lists and secrets, which are no flags, too."""
    path = key.partition(".")[2]
    if not path:
        return flag_of_type(one)
    value = values(one)
    owned = [
        (holder, owner)
        for pointer, _, owner in owned_leaves(value, one.resolved.owners)
        for holder in (pointer, *ancestors(pointer))
        if dotted(holder) == path
    ]
    if owned and is_flag(one, owned[0][0], value):
        return flag(key, value_at(value, owned[0][0]), strongest(one, {owner for _, owner in owned}), one)
    if not owned and is_declared(one.definition, path):
        return Flag(key, None, NOBODY, None)
    raise NotFound(f"there is no flag {key[:200]}: ask for {one.definition.name}, or for a text or number in it")


def flags_of(one: ResolvedType) -> Iterator[Flag]:
    """The type, and every field of it that has a value or is null."""
    yield flag_of_type(one)
    value = values(one)
    for pointer, _, owner in owned_leaves(value, one.resolved.owners):
        if is_flag(one, pointer, value):
            yield flag(f"{one.definition.name}.{dotted(pointer)}", value_at(value, pointer), owner, one)


def exposed_by(key: str, effective: Effective) -> list[str]:
    """The experiments that vary a flag, or something in it, of a user who counts for them."""
    config_type, _, path = key.partition(".")
    return [
        name
        for name, pointers in sorted(effective.exposed.get(config_type, {}).items())
        if any(not path or f"{dotted(pointer)}.".startswith(f"{path}.") for pointer in pointers)
    ]


def flag_of_type(one: ResolvedType) -> Flag:
    value = None if one.resolved.value is None else values(one)
    return flag(one.definition.name, value, one.path, one)


def flag(key: str, value: Any, layer: str, one: ResolvedType) -> Flag:
    origin = next((there.origin for there in one.layers if there.label == layer), None)
    return Flag(key, value, layer, origin)


def values(one: ResolvedType) -> Document:
    """With numbers as the schema means them: clients tell 1.0 from 1."""
    return one.definition.coerced(one.resolved.value or {})


def is_flag(one: ResolvedType, pointer: str, value: Document) -> bool:
    if isinstance(value_at(value, pointer), list):
        return False  # the protocol has no lists but those in objects
    return all(secret.pointer != pointer for secret in one.definition.secrets(value))


def is_declared(definition: TypeDefinition, path: str) -> bool:
    """Whether the schema speaks of a field that has no value."""
    first, *further = path.split(".")
    place = definition.place(first)
    for key in further:
        place = place.child(key)
    return bool(place.schemas) and not place.secret and "array" not in place.types


def strongest(one: ResolvedType, labels: set[str]) -> str:
    return next((layer.label for layer in reversed(one.layers) if layer.label in labels), DEFAULT)


def dotted(pointer: str) -> str:
    return ".".join(keys_of(pointer))
