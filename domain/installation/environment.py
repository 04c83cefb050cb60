"""A stage that configs live in, such as production."""

from __future__ import annotations

import re
from uuid import UUID

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.errors import InvalidRequest
from domain.stamp import Stamp

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def environment_id(name: str) -> UUID:
    return stream_id("environment", name)


class Environment(Aggregate):
    TOPIC = "environment"

    class Created(DomainEvent):
        TOPIC = "environment.created"
        name: str

        def apply(self, aggregate: Environment) -> None:
            aggregate.exists = True

    def start(self) -> None:
        self.exists = False

    def create(self, name: str, *, stamp: Stamp) -> None:
        """Raises InvalidRequest for a name that cannot stand in an address; one that exists records nothing."""
        if not NAME.fullmatch(name):
            message = "an environment's name is lower-case letters, digits, '-' and '_', and begins with a letter"
            raise InvalidRequest.at("/name", message, "environment_name")
        if not self.exists:
            self.record(Environment.Created, stamp=stamp, name=name)
