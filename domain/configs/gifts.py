"""Which layer gave which fields of an answer, for those who need no more than that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.configs.fold import owned_leaves
from domain.configs.layer import Layer
from domain.configs.resolution import Resolved


class Gift(NamedTuple):
    """The leaves of an answer that one layer gave, by pointer."""

    label: str
    config_id: UUID | None
    version: int | None
    pointers: tuple[str, ...]


def gifts(layers: Sequence[Layer], resolved: Resolved) -> Iterator[Gift]:
    """Strongest first. What comes from the type's defaults is nobody's gift."""
    owned: dict[str, list[str]] = defaultdict(list)
    for pointer, _, owner in owned_leaves(resolved.value or {}, resolved.owners):
        owned[owner].append(pointer)
    for layer in reversed(layers):
        if layer.label in owned:
            origin = layer.origin
            about = (origin.config_id, origin.version) if origin else (None, None)
            yield Gift(layer.label, *about, tuple(owned[layer.label]))
