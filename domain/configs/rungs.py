"""What would be served without the strongest layer, without the next, and so on, down to the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.configs.fold import DEFAULT
from domain.configs.layer import Definition, Layer
from domain.configs.resolution import Resolved, resolve
from domain.documents import Document


class Rung(NamedTuple):
    """A layer in force, and the document that it makes together with those below it."""

    label: str
    config_id: UUID | None
    version: int | None
    value: Document


def rungs(definition: Definition, layers: Sequence[Layer], resolved: Resolved) -> Iterator[Rung]:
    """Strongest first, so that the first one's value is the answer; nothing where the answer is null.

    `layers`, weakest first, are those that were resolved. One that gives nothing, or all of whose gifts were dropped,
    is no rung; nor is one up to which nothing whole can be served.
    """
    if resolved.value is None:
        return
    for end in range(len(layers), -1, -1):
        served = resolved if end == len(layers) else resolve(definition, layers[:end])
        strongest = layers[end - 1] if end else None
        if served.value is not None and served.path == (strongest.label if strongest else DEFAULT):
            origin = strongest.origin if strongest else None
            config_id, version = (origin.config_id, origin.version) if origin else (None, None)
            yield Rung(served.path, config_id, version, served.value)
