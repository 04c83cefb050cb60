"""To whom a config applies, how the kinds of scope are ranked, and which scopes a context has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from domain.configs.attributes import Attributes, checked_attributes
from domain.errors import Fault, InvalidRequest

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LONGEST_ID = 255
_WITHOUT_ID = ("global", "process")
LAYERS_ONLY = ("experiment", "profile", "release")


@dataclass(frozen=True, slots=True)
class Scope:
    """A kind and an id; the id is empty for `global` and `process`, of which there is one each.

    The constructor and `recorded` take what history holds; what a caller sends goes through `checked` or `parse`.
    """

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @classmethod
    def checked(cls, kind: str, id_: str = "", *, at: str = "/scope") -> Scope:
        """The scope, or InvalidRequest at the pointer `at`."""
        if not _KIND.fullmatch(kind):
            message = "a scope's kind is 1 to 32 of a-z, 0-9 and _, and begins with a letter"
            raise InvalidRequest.at(at, message, "scope_kind")
        if kind in LAYERS_ONLY:
            raise InvalidRequest.at(at, f"{kind} is a layer, not a scope: no config can be put there", "scope_kind")
        if kind in _WITHOUT_ID:
            _refuse_id(kind, id_, at=at)
        else:
            _require_id(kind, id_, at=at)
        return cls(kind, id_)

    @classmethod
    def parse(cls, text: str, *, at: str = "/scope") -> Scope:
        """The scope written as "global", "process" or "kind:id"; all after the first colon is the id."""
        kind, colon, id_ = text.partition(":")
        if colon and not id_:
            raise InvalidRequest.at(at, "a scope is written global or kind:id, such as user:u-1", "scope_form")
        return cls.checked(kind, id_, at=at)

    @classmethod
    def recorded(cls, text: str) -> Scope:
        """The scope that str() wrote into history, never refused: what counts as printable grows with Unicode."""
        kind, _, id_ = text.partition(":")
        return cls(kind, id_)


def _refuse_id(kind: str, id_: str, *, at: str) -> None:
    if id_:
        raise InvalidRequest.at(at, f"the scope {kind} has no id: write {kind} alone", "scope_id")


def _require_id(kind: str, id_: str, *, at: str) -> None:
    # isprintable is false for control characters, line breaks, invisible marks and lone surrogates
    if not 1 <= len(id_) <= _LONGEST_ID or not id_.isprintable():
        message = f"the id of a {kind} is 1 to {_LONGEST_ID} printable characters"
        raise InvalidRequest.at(at, message, "scope_id")


GLOBAL = Scope("global")
PROCESS = Scope("process")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The order of the scope kinds, weakest first.

    `experiment` and `profile` may be named, to rank these layers. Where they are not, profile stands directly below
    user, and experiment directly below profile.
    """

    kinds: tuple[str, ...]
    INITIAL: ClassVar[Ladder]

    @classmethod
    def checked(cls, kinds: Iterable[str]) -> Ladder:
        """The ladder, or InvalidRequest with every fault by its place under /kinds."""
        named = tuple(kinds)
        faults = [*_faults_of_each(named), *_faults_of_all(named)]
        if faults:
            raise InvalidRequest("this ladder cannot be used: " + "; ".join(f.message for f in faults), faults=faults)
        return cls(named)

    def rank(self, kind: str) -> int:
        """How strong a kind is: the higher wins. Raises InvalidRequest for a kind that has no rung."""
        try:
            return _ranks(self.kinds)[kind]
        except KeyError:
            message = f"{kind} is not a kind of scope here: use one of {', '.join(self.kinds)}, or add it to the ladder"
            raise InvalidRequest.at("/scope", message, "scope_kind") from None


Ladder.INITIAL = Ladder(("global", "user", "collection"))


def _faults_of_each(kinds: tuple[str, ...]) -> Iterable[Fault]:
    for index, kind in enumerate(kinds):
        pointer = f"/kinds/{index}"
        if not _KIND.fullmatch(kind):
            yield Fault(pointer, "a kind is 1 to 32 of a-z, 0-9 and _, and begins with a letter", "scope_kind")
        elif kind == PROCESS.kind:
            yield Fault(pointer, "process always stands below global: leave it out", "reserved")
        elif kind == "release":
            yield Fault(pointer, "release always stands directly above global: leave it out", "reserved")
        elif kind in kinds[:index]:
            yield Fault(pointer, f"{kind} is named twice", "distinct")


def _faults_of_all(kinds: tuple[str, ...]) -> Iterable[Fault]:
    if kinds[:1] != (GLOBAL.kind,):
        yield Fault("/kinds", "the first kind must be global", "global_first")
    for kind in ("user", "collection"):
        if kind not in kinds:
            yield Fault("/kinds", f"{kind} must be among the kinds", "kind_kept")


@lru_cache(maxsize=64)
def _ranks(kinds: tuple[str, ...]) -> dict[str, int]:
    rungs = [PROCESS.kind, GLOBAL.kind, "release", *kinds[1:]]
    for kind, above in (("profile", "user"), ("experiment", "profile")):
        if kind not in rungs:
            rungs.insert(rungs.index(above), kind)
    return {kind: rank for rank, kind in enumerate(rungs)}


@dataclass(frozen=True, slots=True)
class Context:
    """For whom a config is resolved. Of several collections the first named is the strongest.

    `attributes` decide which experiments the user is eligible for, and are no scopes.
    """

    environment: str
    user_id: str | None = None
    collection_ids: tuple[str, ...] = ()
    others: tuple[Scope, ...] = ()
    attributes: Attributes = ()

    @classmethod
    def checked(
        cls,
        environment: str,
        *,
        user_id: str | None = None,
        collection_ids: Iterable[str] = (),
        scopes: Iterable[Scope] = (),
        attributes: Mapping[str, object] | None = None,
    ) -> Context:
        """The context of these ids, each checked. Among `scopes` may be a user and collections too.

        Raises InvalidRequest for a bad id or attribute, and for two ids of one kind (collections apart).
        """
        collections = [Scope.checked("collection", id_, at="/collection_id") for id_ in collection_ids]
        single: dict[str, Scope] = {}
        if user_id is not None:
            single["user"] = Scope.checked("user", user_id, at="/user_id")
        for scope in scopes:
            if scope.kind == "collection":
                collections.append(scope)
            elif scope.kind not in _WITHOUT_ID and single.setdefault(scope.kind, scope) != scope:
                raise InvalidRequest.at("/scope", f"a context has one {scope.kind}: name it once", "one_id_per_kind")
        user = single.pop("user", None)
        distinct = tuple(dict.fromkeys(scope.id for scope in collections))
        others = tuple(single[kind] for kind in sorted(single))
        told = checked_attributes(attributes or {})
        return cls(environment, user.id if user else None, distinct, others, told)

    def scopes(
        self, ladder: Ladder, *, profile: str | None = None, variants: Iterable[Scope] = ()
    ) -> tuple[Scope, ...]:
        """Every scope whose configs apply here, weakest first.

        `profile` is the one that the user is given, `variants` those of experiments that the user is in. Raises
        InvalidRequest for a kind off the ladder.
        """
        given = (*variants, *((Scope("profile", profile),) if profile is not None else ()))
        # the sort is stable, so that collections keep their order
        return (PROCESS, GLOBAL, *sorted((*given, *self.named), key=lambda scope: ladder.rank(scope.kind)))

    @property
    def named(self) -> tuple[Scope, ...]:
        """The scopes that are its own; of collections the strongest comes last."""
        collections = [Scope("collection", id_) for id_ in reversed(dict.fromkeys(self.collection_ids))]
        user = [Scope("user", self.user_id)] if self.user_id is not None else []
        return (*user, *collections, *self.others)
