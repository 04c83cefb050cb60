"""The settings that somebody gave, apart from those that are only defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from varve.effective import Effective
from varve.facts import Origin
from varve.settings import thawed


def given(effective: Effective, config_type: str) -> dict[str, Any]:
    """What the layers of the service give of a type, in plain dicts and lists."""
    found: dict[str, Any] = {}
    for pointer in (pointer for origin in effective.origins(config_type) for pointer in origin.gives):
        *holders, name = keys_of(pointer)
        source: Mapping[str, Any] = effective[config_type]
        target = found
        for key in holders:
            source, target = source[key], target.setdefault(key, {})
        target[name] = thawed(source[name])
    return found


def origin_of(effective: Effective, config_type: str, keys: list[str]) -> Origin | None:
    """The strongest layer that gave a field, or something in it; None where it is only a default."""
    depth = len(keys)
    for origin in effective.origins(config_type):
        if any(keys_of(pointer)[:depth] == keys for pointer in origin.gives):
            return origin
    return None


def keys_of(pointer: str) -> list[str]:
    """The keys that a JSON pointer names."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
