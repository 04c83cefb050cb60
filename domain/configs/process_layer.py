"""What the server read from its environment variables, per environment and type: the layer below global."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import Aggregate, PlacedEvent, stream_id
from domain.configs.diff import equal
from domain.documents import Document
from domain.stamp import Stamp


def process_layer_id(environment: str, config_type: str) -> UUID:
    return stream_id("process", environment, config_type)


class ProcessLayer(Aggregate):
    TOPIC = "process"

    class Recorded(PlacedEvent):
        TOPIC = "process.recorded"
        config_type: str
        type_version: int
        data: Document
        variables: dict[str, str]  # field → the name of the variable that gave it

        def apply(self, aggregate: ProcessLayer) -> None:
            aggregate.data = self.data
            aggregate.variables = self.variables

    def start(self) -> None:
        self.data: Document = {}
        self.variables: dict[str, str] = {}

    def take(
        self,
        data: Document,
        *,
        variables: dict[str, str],
        environment: str,
        config_type: str,
        type_version: int,
        stamp: Stamp,
    ) -> None:
        """Replace the whole layer of this type; the same values again record nothing."""
        if equal(data, self.data):
            return
        self.record(
            ProcessLayer.Recorded,
            stamp=stamp,
            environment=environment,
            scope="process",
            config_type=config_type,
            type_version=type_version,
            data=data,
            variables=variables,
        )
