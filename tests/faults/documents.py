"""Whether a stored document may be there: under the type version that its event names, over what lies below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.config_types.definition import TypeDefinition, Violation
from tests.faults.state import State, StoredConfig


def what_is_wrong(config: StoredConfig, state: State) -> list[str]:
    """Sentences; none for a document that is as it must be."""
    definition = state.types.get((config.slot[2], config.type_version))
    if definition is None:
        return [f"there is no version {config.type_version} of the type {config.slot[2]}"]
    if not config.lives:
        return []
    if config.mode == "replace":
        return _told(definition.violations(laid_over(definition.defaults, config.data)))
    alone = _told(definition.partial_violations(config.data))
    return alone or (_what_does_not_fit(config, definition, state) if config.must_fit else [])


def _what_does_not_fit(config: StoredConfig, definition: TypeDefinition, state: State) -> list[str]:
    below = _below(config, definition, state)
    if definition.missing(below):
        return []  # there is nothing whole yet that it could break
    value = _with(config, below, definition.defaults)
    return [f"over what is below it: {fault}" for fault in _told(definition.violations(value, required=False))]


def _below(config: StoredConfig, definition: TypeDefinition, state: State) -> dict[str, Any]:
    environment, scope, config_type = config.slot
    value = laid_over(definition.defaults, state.process.get((environment, config_type), {}))
    above = state.global_default(environment, config_type) if scope != "global" else None
    return _with(above, value, definition.defaults) if above else value


def _with(config: StoredConfig, below: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    if config.mode == "replace":
        return laid_over(defaults, config.data)
    given_back = {
        pointer[1:]: defaults[pointer[1:]] for pointer in config.unset
    }  # fields of the top, as the load has them
    return {**laid_over(below, config.data), **given_back}


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Objects merge by key, all else replaces."""
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        result[key] = laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result


def _told(found: Sequence[Violation]) -> list[str]:
    return [one.message for one in found]
