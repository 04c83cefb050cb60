"""Who asks, with what rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.access.roles import EVERY_ENVIRONMENT, Role
from domain.configs.scope import Scope


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who is known. `roles` is by environment; "*" stands for every one that has no role of its own.

    `user_id` is who the caller is, and `collection_ids` are theirs by what they showed. One that is bound reaches what
    is its own, and of the rest only what everybody shares.
    """

    name: str
    roles: Mapping[str, Role]
    user_id: str | None = None
    collection_ids: frozenset[str] = frozenset()
    is_bound: bool = False
    key_id: str | None = None  # of the API key that was shown
    expires_us: float | None = None  # of the token that was shown, in microseconds since the epoch

    def role_in(self, environment: str) -> Role | None:
        return self.roles.get(environment) or self.roles.get(EVERY_ENVIRONMENT)

    def owns(self, scope: Scope, *, owner: str | None = None) -> bool:
        """Whether a scope is its own; `owner` is who owns it, where it is a collection."""
        if scope.kind == "user":
            return self.user_id is not None and scope.id == self.user_id
        if scope.kind != "collection":
            return False
        return scope.id in self.collection_ids or (owner is not None and owner == self.user_id)


def unchecked(name: str) -> Principal:
    """Whoever asks where nobody needs to prove who they are."""
    return Principal(name, _EVERYTHING)


_EVERYTHING = MappingProxyType({EVERY_ENVIRONMENT: Role.ADMIN})
