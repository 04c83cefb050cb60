"""For whom settings are asked: a user, collections, further scopes; and attributes, for experiments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

GLOBAL = "global"
LONGEST_ID = 255
MOST_COLLECTIONS = 50
MOST_ATTRIBUTES = 50
GREATEST = 2**53
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
Key = tuple[object, ...]


class Context(NamedTuple):
    """Its key is a plain tuple, so that a caller's arguments can be looked up as they come.

    `collection` is a tuple where there are several, the strongest first; `scopes` are written kind:id.
    """

    user: str | None = None
    collection: str | tuple[str, ...] | None = None
    scopes: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()  # names, and values as JSON: True and 1 are not the same

    @classmethod
    def checked(
        cls,
        user: object = None,
        collection: object = None,
        scopes: Iterable[object] | None = (),
        attributes: object = None,
    ) -> Context:
        """Raises TypeError or ValueError for what cannot be an id, or an attribute."""
        named = checked_many(collection, what="collection")
        one_or_more = named[0] if len(named) == 1 else named or None
        others = tuple(checked_scope(scope) for scope in sequence(scopes, what="scopes"))
        return cls(
            None if user is None else checked_id(user, what="user"),
            one_or_more,
            others,
            checked_attributes(() if attributes is None else attributes),
        )

    @property
    def key(self) -> Key:
        """Of three where there are no attributes: every read makes one, and most have none."""
        return tuple(self) if self.attributes else self[:3]

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
        if self.attributes:
            body["attributes"] = {name: json.loads(value) for name, value in self.attributes}
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


def checked_attributes(given: object) -> tuple[tuple[str, str], ...]:
    """Of a dict; those that a Context has come as they are."""
    if isinstance(given, tuple):
        return given
    if not isinstance(given, Mapping):
        raise TypeError(f"attributes: a dict is needed, such as {{'plan': 'pro'}}, not {given!r}")
    if len(given) > MOST_ATTRIBUTES:
        raise ValueError(f"a context has at most {MOST_ATTRIBUTES} attributes, not {len(given)}")
    for name, value in given.items():
        if not isinstance(name, str) or not ATTRIBUTE.fullmatch(name):
            raise ValueError(f"attributes: a name is 1 to 64 of a-z, A-Z, 0-9 and _, not {str(name)[:80]!r}")
        if not is_attribute(value):
            allowed = "a string of at most 255 characters, a number within ±2**53 or a bool"
            raise ValueError(f"attributes: {name} is {allowed}, not {str(value)[:80]!r}")
    return tuple((name, json.dumps(given[name])) for name in sorted(given))


def is_attribute(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    return isinstance(value, (bool, int, float)) and -GREATEST <= value <= GREATEST


def checked_scope(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"scopes: a scope is a string, such as tenant:t-1, not {type(value).__name__}")
    kind, _, id_ = value.partition(":")
    if not KIND.fullmatch(kind) or not id_:
        raise ValueError(f"scopes: a scope is written kind:id, such as tenant:t-1, not {value[:80]!r}")
    checked_id(id_, what=kind)
    return str(value)
