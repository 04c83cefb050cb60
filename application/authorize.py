"""Asks the policy, with what it needs to know of a collection."""

from __future__ import annotations

from application.ports import Views
from domain.access.policy import Resource, Verdict, decide
from domain.access.principal import Principal
from domain.access.roles import EVERY_ENVIRONMENT, Action
from domain.configs.scope import Scope
from domain.errors import Forbidden, NotFound


class Authorize:
    def __init__(self, views: Views) -> None:
        self._views = views

    def require(
        self, principal: Principal, action: Action, *, environment: str | None = None, scope: Scope | None = None
    ) -> None:
        """Raises Forbidden, or NotFound for what the principal may not know of.

        Without a scope: the whole environment; without an environment: the installation.
        """
        verdict = self.verdict(principal, action, environment=environment, scope=scope)
        if verdict is Verdict.FORBIDDEN:
            raise Forbidden(refused(principal, action, environment, scope))
        if verdict is Verdict.HIDDEN:
            raise NotFound(hidden(principal, environment, scope))

    def may(self, principal: Principal, action: Action, *, environment: str) -> bool:
        """Whether a principal may do this to the whole of an environment."""
        return self.verdict(principal, action, environment=environment) is Verdict.ALLOWED

    def verdict(
        self, principal: Principal, action: Action, *, environment: str | None = None, scope: Scope | None = None
    ) -> Verdict:
        without_claim = decide(principal, action, Resource(environment, scope))
        if without_claim is Verdict.ALLOWED or environment is None or scope is None or principal.user_id is None:
            return without_claim
        if scope.kind != "collection":
            return without_claim
        return decide(principal, action, self.resource(environment, scope))

    def resource(self, environment: str, scope: Scope) -> Resource:
        """A scope, with what the policy needs to know of it."""
        if scope.kind != "collection":
            return Resource(environment, scope)
        claim = self._views.claim_on(environment, scope.id)
        unclaimed = claim.owner is None and not claim.is_used
        return Resource(environment, scope, claim.owner, is_unclaimed=unclaimed)


def refused(principal: Principal, action: Action, environment: str | None, scope: Scope | None) -> str:
    where = "in every environment" if environment is None else f"in {environment}"
    what = "" if scope is None else f" on {scope}"
    return f"{principal.name} may not do {action}{what} {where}: ask an admin for a key with another role"


def hidden(principal: Principal, environment: str | None, scope: Scope | None) -> str:
    """Says the same of what is not there and of what may not be seen."""
    assert environment is not None
    if principal.role_in(environment) is not None:
        return f"there is nothing at {scope or 'every scope'} in {environment} that {principal.name} may see"
    own = ", ".join(sorted(name for name in principal.roles if name != EVERY_ENVIRONMENT))
    return f"there is no environment {environment[:64]} that {principal.name} may see: there are {own or 'none'}"
