"""What is known of embedding models: how long their vectors are, and by which other names gateways serve them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.errors import Conflict, InvalidRequest
from domain.stamp import Stamp

EMBEDDERS_ID = stream_id("embedders")
LONGEST_NAME, MOST_ALIASES = 255, 100

DIMENSIONS: Mapping[str, int] = {
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "BAAI/bge-large-en-v1.5": 1024,
    "intfloat/e5-small-v2": 384,
    "intfloat/e5-base-v2": 768,
    "intfloat/e5-large-v2": 1024,
    "sentence-transformers/all-MiniLM-L6-v2": 384,
    "sentence-transformers/all-mpnet-base-v2": 768,
    "text-embedding-ada-002": 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
}
"""Of models that many use; what an installation declares goes before it."""


@dataclass(frozen=True, slots=True)
class Embedder:
    """A model as it was declared. `aliases` name the very same model elsewhere."""

    name: str
    dimensions: int | None
    aliases: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.name, *self.aliases))


class Embedders(Aggregate):
    """All that was declared, by name."""

    TOPIC = "embedder"

    class Declared(DomainEvent):
        TOPIC = "embedder.declared"
        name: str
        dimensions: int | None
        aliases: list[str]

        def apply(self, aggregate: Embedders) -> None:
            declared = Embedder(self.name, self.dimensions, tuple(self.aliases))
            aggregate.declared = {**aggregate.declared, self.name: declared}

    def start(self) -> None:
        self.declared: dict[str, Embedder] = {}

    def declare(self, name: str, *, dimensions: int | None, aliases: Sequence[str], stamp: Stamp) -> None:
        """What was said of this name before no longer counts; the same again records nothing.

        Raises InvalidRequest, and Conflict for a name that another model has.
        """
        wanted = Embedder(_checked(name, at="/name"), dimensions, _aliases(name, aliases))
        for other in self.declared.values():
            if other.name != name and (shared := sorted(other.names & wanted.names)):
                raise Conflict(f"{shared[0]} is a name of {other.name} already: take it away there first")
        if wanted != self.declared.get(name):
            facts = {"name": name, "dimensions": dimensions, "aliases": list(wanted.aliases)}
            self.record(Embedders.Declared, stamp=stamp, **facts)

    def same_as(self, name: str) -> frozenset[str]:
        """Every name of the model that has this one."""
        return next((one.names for one in self.declared.values() if name in one.names), frozenset((name,)))

    def dimensions(self, name: str) -> int | None:
        """How long its vectors are, where that is known."""
        names = self.same_as(name)
        declared = (one.dimensions for one in self.declared.values() if one.name in names)
        known = (DIMENSIONS.get(one) for one in sorted(names))
        return next((found for found in (*declared, *known) if found is not None), None)


def _aliases(name: str, aliases: Sequence[str]) -> tuple[str, ...]:
    if len(aliases) > MOST_ALIASES:
        raise InvalidRequest.at("/aliases", f"a model has at most {MOST_ALIASES} aliases", "max_items")
    checked = [_checked(one, at=f"/aliases/{at}") for at, one in enumerate(aliases)]
    return tuple(sorted({one for one in checked if one != name}))


def _checked(name: str, *, at: str) -> str:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        message = f"the name of a model is 1 to {LONGEST_NAME} printable characters, with no space at either end"
        raise InvalidRequest.at(at, message, "model_name")
    return name
