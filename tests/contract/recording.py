"""What the contract tests record: process layers, whose streams may hold any number of events."""

from __future__ import annotations

from uuid import uuid4

from application.ports import Command, Commit, Decision
from domain.configs.process_layer import ProcessLayer, process_layer_id
from infrastructure.event_store.store import Store


def command(command_id: str | None = None, *, principal: str = "u-1", digest: bytes = b"asked") -> Command:
    return Command(principal, command_id or uuid4().hex, "test", digest)


def layer(store: Store, name: str, *, version: int | None = None) -> ProcessLayer:
    return store.load(ProcessLayer, process_layer_id("production", name), version=version)


def changed(store: Store, name: str, times: int = 1, *, by: Command | None = None) -> ProcessLayer:
    """The layer, with so many events that are not stored yet."""
    found = layer(store, name)
    change(found, name, times, by=by)
    return found


def change(found: ProcessLayer, name: str, times: int = 1, *, by: Command | None = None) -> None:
    stamp = (by or command()).stamp
    for _ in range(times):
        data = {"max_chunk_size": found.version + 1}
        variables = {"max_chunk_size": "MAX_CHUNK_SIZE"}
        found.take(data, variables=variables, environment="production", config_type=name, type_version=1, stamp=stamp)


def record(store: Store, name: str, times: int = 1, *, by: Command | None = None) -> Commit:
    by = by or command()
    return store.record(by, Decision((changed(store, name, times, by=by),)))
