"""The secrets of an effective answer, in plain text. Views hold none: each is opened from the event that gave it."""

from __future__ import annotations

from uuid import UUID

import orjson

from application.assemble import Effective, ResolvedType
from application.ports import EventStore
from domain.configs.diff import equal
from domain.configs.layer import Layer, Origin
from domain.configs.process_layer import process_layer_id
from domain.documents import Document
from domain.errors import SecretUnreadable
from domain.pointers import put, value_at
from domain.secrets.envelope import commitment_of, is_envelope, is_placeholder, marked


class OpenSecrets:
    def __init__(self, store: EventStore) -> None:
        self._store = store

    def values(self, effective: Effective) -> dict[str, Document]:
        """The types of an answer that hold secrets, with these in their places.

        Raises KeysMissing, SecretUnreadable.
        """
        found: dict[str, Document] = {}
        for name, one in effective.types.items():
            value = one.resolved.value
            sealed = [] if value is None else [at for at in marked(value) if is_placeholder(value_at(value, at))]
            if value is not None and sealed:
                texts = {at: self._text(effective.context.environment, one, at) for at in sealed}
                found[name] = put(value, texts)
        return found

    def _text(self, environment: str, one: ResolvedType, pointer: str) -> str:
        shown = value_at(one.resolved.value, pointer)
        layer = next(layer for layer in reversed(one.layers) if equal(value_at(layer.data, pointer), shown))
        origin = _origin_of(layer)
        stream = origin.config_id or process_layer_id(environment, one.definition.name)
        envelope, version = self._envelope(stream, origin.position, pointer)
        if envelope is None or commitment_of(envelope) != commitment_of(shown):
            raise SecretUnreadable(f"the log does not hold the secret at {pointer} of {layer.label}: rebuild the views")
        return self._store.secrets.open(envelope, stream=stream, version=version, pointer=pointer)

    def _envelope(self, stream: UUID, position: int, pointer: str) -> tuple[Document | None, int]:
        """What stood there at a position, and in which version."""
        for event in reversed(self._store.stream(stream)):
            if event.position <= position and "data" in (payload := orjson.loads(event.state)):
                found = value_at(payload["data"], pointer)
                return found if is_envelope(found) else None, event.version
        return None, 0


def _origin_of(layer: Layer) -> Origin:
    assert layer.origin is not None, "a layer that is served comes from an event"
    return layer.origin
