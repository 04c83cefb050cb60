"""The config types that every installation has: one file a type, discovered."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from domain.config_types.spec import TypeSpec


def _discovered() -> tuple[TypeSpec, ...]:
    names = sorted(module.name for module in iter_modules(__path__))
    specs: list[TypeSpec] = [import_module(f"{__name__}.{name}").DEFINITION for name in names]
    return tuple(sorted(specs, key=lambda spec: spec.name))


BUILTIN: tuple[TypeSpec, ...] = _discovered()
"""Sorted by name."""
