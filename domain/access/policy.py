"""Who may do what: one function of principal, action and resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from domain.access.principal import Principal
from domain.access.roles import CHANGES, EVERY_ENVIRONMENT, EVERY_SCOPE, GRANTS, INSTALLATION, Action
from domain.configs.scope import Scope

SHARED = frozenset({"global", "process"})  # kinds of scope whose settings everybody gets


class Verdict(Enum):
    ALLOWED = auto()
    FORBIDDEN = auto()
    HIDDEN = auto()  # the principal may not learn whether it exists


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action is about: a scope of an environment, or the whole environment where `scope` is None.

    `owner` is the user who owns the scope, where it is a collection; `is_unclaimed` says that the collection has
    neither an owner nor a config. `environment` None: what all environments share.
    """

    environment: str | None = None
    scope: Scope | None = None
    owner: str | None = None
    is_unclaimed: bool = False


def decide(principal: Principal, action: Action, resource: Resource) -> Verdict:
    """Whether a principal may do this."""
    if resource.environment is None:
        return _of_installation(principal, action)
    role = principal.role_in(resource.environment)
    if role is None:
        return Verdict.HIDDEN
    if action not in GRANTS[role]:
        return Verdict.FORBIDDEN if _sees(principal, resource) else Verdict.HIDDEN
    if principal.is_bound and not _sees(principal, resource):
        return Verdict.HIDDEN
    if action in CHANGES and not _changes(principal, resource, everywhere=role in EVERY_SCOPE):
        return Verdict.FORBIDDEN
    return Verdict.ALLOWED


def holds(principal: Principal, action: Action) -> bool:
    """Whether a principal may do this anywhere at all."""
    return any(action in GRANTS[role] for role in principal.roles.values())


def _of_installation(principal: Principal, action: Action) -> Verdict:
    if action in INSTALLATION:
        everywhere = principal.roles.get(EVERY_ENVIRONMENT)
        allowed = everywhere is not None and action in GRANTS[everywhere] and not principal.is_bound
    else:
        allowed = holds(principal, action)
    return Verdict.ALLOWED if allowed else Verdict.FORBIDDEN


def _sees(principal: Principal, resource: Resource) -> bool:
    if not principal.is_bound:
        return True
    if resource.scope is None:
        return False
    own = principal.owns(resource.scope, owner=resource.owner)
    return own or resource.is_unclaimed or resource.scope.kind in SHARED


def _changes(principal: Principal, resource: Resource, *, everywhere: bool) -> bool:
    if everywhere and not principal.is_bound:
        return True
    if resource.scope is None:
        return False
    first = resource.is_unclaimed and principal.user_id is not None
    return first or principal.owns(resource.scope, owner=resource.owner)
