"""A service in memory, as far as a client can tell: settings by scope, answers made of them, no network."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from varve.batch import Batch
from varve.context import GLOBAL, Context
from varve.defaults import builtin_types
from varve.errors import Unreachable
from varve.facts import Serving
from varve.transport import Reply
from varve.world import World

DOWN = "the service in memory was made to fail"
DEFAULT = "default"
Document = dict[str, Any]


class MemoryService:
    """Every layer lies over those below it: a field that it names is its own, all others shine through."""

    def __init__(self, *, environment: str) -> None:
        self.environment = environment
        self.position = 1
        self.world = World("memory", 1)
        self.is_down = False
        self.serving: Serving = "settings"
        self.received: list[tuple[str, Any]] = []
        self._documents: dict[str, dict[str, Document]] = defaultdict(dict)  # by type, then scope
        self._versions: dict[tuple[str, str], int] = defaultdict(int)

    def put(self, config_type: str, scope: str, fields: Mapping[str, Any]) -> None:
        document = self._documents[config_type].get(scope, {})
        self._documents[config_type][scope] = merged(document, json.loads(json.dumps(fields)))
        self._moved(config_type, scope)

    def remove(self, config_type: str, scope: str) -> None:
        self._documents[config_type].pop(scope, None)
        self._moved(config_type, scope)

    def switch(self, serving: Serving) -> None:
        self.serving = serving
        self.position += 1

    def _moved(self, config_type: str, scope: str) -> None:
        self.position += 1
        self._versions[config_type, scope] += 1

    def ask(self, asked: Sequence[tuple[Context, str | None]], **_: Any) -> Batch:
        """As a batch request does. Raises Unreachable."""
        if self.is_down:
            raise Unreachable(DOWN)
        items: list[Mapping[str, Any]] = [self._item(context, etag) for context, etag in asked]
        return Batch(items, self.position, self.world)

    def post(self, path: str, body: object, **_: Any) -> Reply:
        """Takes in what a client reports. Raises Unreachable."""
        if self.is_down:
            raise Unreachable(DOWN)
        self.received.append((path, body))
        return Reply(202, {}, json.dumps({"accepted": 1, "repeated": 0}).encode())

    def close(self) -> None:
        """There is nothing to let go of."""

    def _item(self, context: Context, etag: str | None) -> Document:
        stacks = {name: self._stack(name, context) for name in sorted({*builtin_types(), *self._documents})}
        values = {name: stack.rungs[0]["value"] if stack.rungs else None for name, stack in stacks.items()}
        told = {
            "layers": {name: stack.rungs for name, stack in stacks.items()},
            "origins": {name: stack.origins() for name, stack in stacks.items()},
        }
        found = digest_of([told, self.serving])
        if found == etag:
            return {"unchanged": True}
        return {
            **values,
            **context.body(),
            **told,
            "resolution_path": {
                name: stack.rungs[0]["layer"] if stack.rungs else "none" for name, stack in stacks.items()
            },
            "environment": self.environment,
            "serving": self.serving,
            "position": self.position,
            "epoch": self.world.epoch,
            "digest": digest_of(values),
            "degraded": [],
            "etag": found,
        }

    def _stack(self, config_type: str, context: Context) -> Stack:
        documents = self._documents.get(config_type, {})
        known = builtin_types().get(config_type, {"defaults": {}, "complete": False})
        stack = Stack()
        if known["complete"]:
            stack.lay(DEFAULT, known["defaults"])
        for scope in (one for one in ladder(context) if one in documents):
            id_, version = uuid5(NAMESPACE_URL, f"{scope}/{config_type}"), self._versions[config_type, scope]
            stack.lay(scope, documents[scope], over=known["defaults"], config_id=str(id_), version=version)
        return stack


class Stack:
    """The layers of one type in one context, the strongest first."""

    def __init__(self) -> None:
        self.rungs: list[Document] = []
        self._given: list[tuple[Document, Document]] = []  # a layer, and what it names itself

    def lay(self, layer: str, document: Document, *, over: Document | None = None, **about: Any) -> None:
        """Put a layer on top; the first one lies over the type's defaults."""
        below = self.rungs[0]["value"] if self.rungs else over or {}
        told = {"layer": layer, "config_id": about.get("config_id"), "version": about.get("version")}
        self.rungs.insert(0, {**told, "value": merged(below, document)})
        if layer != DEFAULT:
            self._given.insert(0, (told, document))

    def origins(self) -> list[Document]:
        """Each field is told of by the strongest layer that names it."""
        left = dict.fromkeys(pointers(self.rungs[0]["value"])) if self.rungs else {}
        found = []
        for told, document in self._given:
            gives = [pointer for pointer in pointers(document) if pointer in left]
            for pointer in gives:
                del left[pointer]
            if gives:
                found.append({**told, "gives": gives})
        return found


def digest_of(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def ladder(context: Context) -> tuple[str, ...]:
    """The scopes of a context, weakest first."""
    user = () if context.user is None else (f"user:{context.user}",)
    return (GLOBAL, *context.scopes, *user, *(f"collection:{one}" for one in reversed(context.collections)))


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Document:
    found = dict(below)
    for name, value in above.items():
        found[name] = laid_over(found.get(name), value)
    return found


def laid_over(below: Any, value: Any) -> Any:
    """A whole number over a float is one: the real service does the same by the type's schema."""
    if isinstance(below, dict) and isinstance(value, dict):
        return merged(below, value)
    return float(value) if isinstance(below, float) and type(value) is int else value


def pointers(document: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in document.items():
        pointer = f"{prefix}/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(value, dict) and value:
            yield from pointers(value, pointer)
        else:
            yield pointer
