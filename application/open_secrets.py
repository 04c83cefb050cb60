"""The secrets of an effective answer, in plain text. Views hold none: each is opened from the event that gave it."""

from __future__ import annotations

from uuid import UUID

import orjson

from application.assemble import ResolvedType
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

    def of(self, environment: str) -> Opening:
        """What opens the secrets of answers in this environment."""
        return Opening(self._store, environment)


class Opening:
    """Serves one request: each secret is opened once, in however many documents it stands."""

    def __init__(self, store: EventStore, environment: str) -> None:
        self._store = store
        self._environment = environment
        self._texts: dict[str, str] = {}  # by commitment

    def document(self, one: ResolvedType, document: Document | None) -> Document | None:
        """What layers of this type make together, with its secrets in their places.

        Raises KeysMissing, SecretUnreadable.
        """
        if document is None:
            return None
        sealed = {at: value_at(document, at) for at in marked(document)}
        return put(document, {at: self._text(one, at, it) for at, it in sealed.items() if is_placeholder(it)})

    def _text(self, one: ResolvedType, pointer: str, shown: Document) -> str:
        commitment = commitment_of(shown)
        if commitment not in self._texts:
            self._texts[commitment] = self._opened(one, pointer, shown)
        return self._texts[commitment]

    def _opened(self, one: ResolvedType, pointer: str, shown: Document) -> str:
        layer = next(layer for layer in reversed(one.layers) if equal(value_at(layer.data, pointer), shown))
        origin = _origin_of(layer)
        stream = origin.config_id or process_layer_id(self._environment, one.definition.name)
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
