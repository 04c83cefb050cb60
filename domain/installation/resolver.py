"""Which resolver is in force: the version of the fold, of healing and of bucketing that answers are made with."""

from __future__ import annotations

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.stamp import Stamp

RESOLVER_ID = stream_id("resolver")


class Resolver(Aggregate):
    TOPIC = "resolver"

    class Adopted(DomainEvent):
        TOPIC = "resolver.adopted"
        resolver: int

        def apply(self, aggregate: Resolver) -> None:
            aggregate.adopted = self.resolver

    def start(self) -> None:
        self.adopted = 0

    def adopt(self, version: int, *, stamp: Stamp) -> None:
        """Answer with this version from now on; an older one, or the present one, records nothing."""
        if version > self.adopted:
            self.record(Resolver.Adopted, stamp=stamp, resolver=version)
