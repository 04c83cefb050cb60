"""The types of the bundle `platform`: one file a type, discovered. They are loaded on demand."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from domain.config_types.spec import TypeSpec
from domain.documents import Document


@dataclass(frozen=True, slots=True)
class ShippedType:
    """A type, and configs of it to begin with, by name."""

    spec: TypeSpec
    examples: dict[str, Document]


def _discovered() -> tuple[ShippedType, ...]:
    modules = [import_module(f"{__name__}.{name}") for name in sorted(module.name for module in iter_modules(__path__))]
    return tuple(ShippedType(module.DEFINITION, module.EXAMPLES) for module in modules)


PLATFORM: tuple[ShippedType, ...] = _discovered()
"""Sorted by name."""
