"""The bundles that ship with the service: types that not every installation has, loaded by an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.config_types.platform import PLATFORM, ShippedType
from domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShippedBundle:
    name: str
    description: str
    types: tuple[ShippedType, ...]


SHIPPED = {
    one.name: one
    for one in (
        ShippedBundle(
            "platform",
            "Types for the rest of a platform's settings: tuning, security, monitoring, storage, scaling and more.",
            PLATFORM,
        ),
    )
}


def shipped(name: str) -> tuple[ShippedType, ...]:
    """The types of a bundle (`platform`), or one of them (`platform/backup`). Raises NotFound, with what there is."""
    bundle, *chosen = name.split("/")
    types = SHIPPED[bundle].types if bundle in SHIPPED else ()
    found = tuple(one for one in types if not chosen or chosen == [one.spec.name])
    if not found:
        there = ", ".join(one.spec.name for one in types)
        one_of = f"{bundle} has {there}" if types else f"there are {', '.join(SHIPPED)}"
        raise NotFound(f"{name[:100]} does not ship with this service: {one_of}")
    return found


def loaded_among(revisions: Mapping[str, int | None]) -> list[str]:
    """What loads the types that are loaded; `revisions` by type, None for types of the installation's own."""
    found: list[str] = []
    for bundle in SHIPPED.values():
        loaded = [one.spec.name for one in bundle.types if revisions.get(one.spec.name) is not None]
        is_whole = len(loaded) == len(bundle.types)
        found += [bundle.name] if is_whole else [f"{bundle.name}/{name}" for name in loaded]
    return found
