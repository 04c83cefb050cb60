"""Names for positions."""

from __future__ import annotations

import re

from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.errors import InvalidRequest
from domain.stamp import Stamp

TAGS_ID = stream_id("tags")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Tags(Aggregate):
    """Every tag there is; a name may be given to another position later, and history keeps both."""

    TOPIC = "tags"

    class Named(DomainEvent):
        TOPIC = "tag.named"
        name: str
        position: int

        def apply(self, aggregate: Tags) -> None:
            aggregate.positions = {**aggregate.positions, self.name: self.position}

    def start(self) -> None:
        self.positions: dict[str, int] = {}

    def name(self, name: str, position: int, *, stamp: Stamp) -> None:
        """Raises InvalidRequest for a name that cannot stand in an address; the same again records nothing."""
        if not NAME.fullmatch(name):
            message = "a tag is 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"
            raise InvalidRequest.at("/name", message, "tag_name")
        if self.positions.get(name) != position:
            self.record(Tags.Named, stamp=stamp, name=name, position=position)
