"""Whose a collection is."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.scope import Scope
from domain.errors import Forbidden
from domain.stamp import Stamp


def collection_stream(environment: str, collection_id: str) -> UUID:
    return stream_id("collection", environment, collection_id)


class Collection(Aggregate):
    """A collection of an environment, as far as rights go."""

    TOPIC = "collection"

    class Owned(PlacedEvent):
        TOPIC = "collection.owned"
        owner: str | None

        def apply(self, aggregate: Collection) -> None:
            aggregate.owner = self.owner

    def start(self) -> None:
        self.owner: str | None = None

    def claim(self, environment: str, scope: Scope, *, owner: str, stamp: Stamp) -> None:
        """Who creates its first config owns it. Raises Forbidden where another user came first."""
        if self.owner not in (None, owner):
            raise Forbidden("another user owns this collection: ask an admin")
        self.assign(environment, scope, owner=owner, stamp=stamp)

    def assign(self, environment: str, scope: Scope, *, owner: str | None, stamp: Stamp) -> None:
        """Give it another owner, or none; the same again records nothing."""
        if owner != self.owner:
            self.record(Collection.Owned, stamp=stamp, environment=environment, scope=str(scope), owner=owner)
