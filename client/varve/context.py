"""For whom settings are asked: a user, collections, further scopes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

GLOBAL = "global"
LONGEST_ID = 255
MOST_COLLECTIONS = 50
KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Context(NamedTuple):
    """Equal to the plain tuple, so that a caller's arguments can be looked up as they come.

    `collection` is a tuple where there are several, the strongest first; `scopes` are written kind:id.
    """

    user: str | None = None
    collection: str | tuple[str, ...] | None = None
    scopes: tuple[str, ...] = ()

    @classmethod
    def checked(cls, user: object = None, collection: object = None, scopes: Iterable[object] | None = ()) -> Context:
        """Raises TypeError or ValueError for what cannot be an id."""
        named = checked_many(collection, what="collection")
        one_or_more = named[0] if len(named) == 1 else named or None
        others = tuple(checked_scope(scope) for scope in sequence(scopes, what="scopes"))
        return cls(None if user is None else checked_id(user, what="user"), one_or_more, others)

    @property
    def collections(self) -> tuple[str, ...]:
        """All of them, the strongest first."""
        if isinstance(self.collection, tuple):
            return self.collection
        return () if self.collection is None else (self.collection,)

    def touched_by(self) -> tuple[str, ...]:
        """The scopes, apart from the global one, whose changes concern it; as they are written on the stream."""
        own = () if self.user is None else (f"user:{self.user}",)
        return (*own, *(f"collection:{name}" for name in self.collections), *self.scopes)

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        body: dict[str, Any] = {}
        if self.user is not None:
            body["user_id"] = self.user
        if isinstance(self.collection, str):
            body["collection_id"] = self.collection
        elif self.collection:
            body["collection_ids"] = list(self.collection)
        if self.scopes:
            body["scopes"] = list(self.scopes)
        return body


def checked_many(value: object, *, what: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (checked_id(value, what=what),)
    named = tuple(dict.fromkeys(checked_id(one, what=what) for one in sequence(value, what=what)))
    if len(named) > MOST_COLLECTIONS:
        raise ValueError(f"a context has at most {MOST_COLLECTIONS} collections, not {len(named)}")
    return named


def sequence(value: object, *, what: str) -> tuple[object, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{what}: a list of strings is needed, not {value!r}")
    return tuple(value)


def checked_id(value: object, *, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what}: an id is a string, not {type(value).__name__}: write str({value!r})")
    if not 1 <= len(value) <= LONGEST_ID or not value.isprintable():
        raise ValueError(f"{what}: an id is 1 to {LONGEST_ID} printable characters, not {value[:80]!r}")
    return str(value)


def checked_scope(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"scopes: a scope is a string, such as tenant:t-1, not {type(value).__name__}")
    kind, _, id_ = value.partition(":")
    if not KIND.fullmatch(kind) or not id_:
        raise ValueError(f"scopes: a scope is written kind:id, such as tenant:t-1, not {value[:80]!r}")
    checked_id(id_, what=kind)
    return str(value)
