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


def shipped(name: str) -> ShippedBundle:
    """Raises NotFound, with the names that there are."""
    try:
        return SHIPPED[name]
    except KeyError:
        raise NotFound(f"no bundle {name[:64]} ships with this service, but {', '.join(SHIPPED)}") from None


def loaded_among(revisions: Mapping[str, int | None]) -> list[str]:
    """The bundles of which a type is loaded; `revisions` by type, None for types of the installation's own."""
    return [
        name
        for name, bundle in SHIPPED.items()
        if any(revisions.get(one.spec.name) is not None for one in bundle.types)
    ]
