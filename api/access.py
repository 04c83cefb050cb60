"""What the caller of a request may do: every route asks, first for its action anywhere, then for what it is about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Request

from api.deps import Cases
from application.ports import Recorded
from application.use_cases import UseCases
from application.views import Reach
from domain.access.api_key import ApiKey
from domain.access.policy import Verdict, holds
from domain.access.principal import Principal
from domain.access.roles import CHANGES, EVERY_ENVIRONMENT, Action, Role
from domain.configs.config import Config
from domain.configs.scope import Context, Scope
from domain.errors import Forbidden, NotFound
from domain.installation.environment import Environment
from domain.webhooks.webhook import Webhook


class Access:
    """The rights of one request. A route that answers before it has asked for what it is about is a fault of ours."""

    def __init__(self, cases: UseCases, principal: Principal, action: Action) -> None:
        self._cases = cases
        self._action = action
        self.principal = principal
        self.has_asked = False

    def to(self, environment: str | None, *scopes: Scope, action: Action | None = None) -> None:
        """Of an environment (None: the default one), every one of these scopes; without any, the whole of it.

        Raises Forbidden; NotFound for what the caller may not know of.
        """
        place = self._cases.default_environment if environment is None else environment
        self.has_asked = True
        for scope in scopes or (None,):
            self._cases.authorize.require(self.principal, action or self._action, environment=place, scope=scope)

    def to_all(self) -> None:
        """Of every environment, everything. Raises Forbidden."""
        for environment in {EVERY_ENVIRONMENT, *self.principal.roles}:
            if self._verdict(environment, None) is not Verdict.ALLOWED:
                raise Forbidden(f"{self.principal.name} may not do {self._action} in every environment: name one")
        self.has_asked = True

    def to_context(self, context: Context, *, action: Action | None = None) -> None:
        """Of every scope that a context names. Raises Forbidden, NotFound."""
        named = [Scope("user", context.user_id)] if context.user_id is not None else []
        named += [Scope("collection", one) for one in context.collection_ids]
        self.to(context.environment, Scope("global"), *named, *context.others, action=action)

    def to_reports_about(self, environment: str, whom: Collection[tuple[str | None, str | None]]) -> None:
        """Of users and collections that reports speak of. Raises Forbidden, NotFound."""
        users = {Scope("user", user) for user, _ in whom if user is not None}
        collections = {Scope("collection", collection) for _, collection in whom if collection is not None}
        # Who is bound to nothing may report of everybody: nothing need be looked up.
        named = {*users, *collections} if self.principal.is_bound else set()
        self.to(environment, Scope("global"), *named)

    def to_config(self, config_id: UUID) -> None:
        """Of a config, wherever it stands. Raises Forbidden; NotFound for one that the caller may not know of."""
        self.has_asked = True
        if self.is_unlimited:
            return
        config = self._cases.store.load(Config, config_id)
        if config.version == 0 or self._verdict(config.environment, config.scope) is Verdict.HIDDEN:
            raise NotFound(f"there is no config {config_id}")
        self.to(config.environment, config.scope)

    def to_event(self, event: Recorded) -> None:
        """Of an event of the log. Raises NotFound for one that the caller may not know of."""
        self.has_asked = True
        if not self.sees_event(event.topic, orjson.loads(event.state)):
            raise NotFound(f"there is no event at position {event.position}")

    def sees_event(self, topic: str, payload: dict[str, Any]) -> bool:
        """Whether a listing may show an event: those of keys are for who manages them."""
        if "scope" in payload:
            place = payload["environment"], Scope.recorded(payload["scope"])
            return self._verdict(*place, action=Action.READ_LOG) is Verdict.ALLOWED
        kind = topic.partition(".")[0]
        if kind == ApiKey.TOPIC:
            return holds(self.principal, Action.MANAGE_KEYS)
        if kind == Webhook.TOPIC:
            return self.manages_webhooks(payload.get("environment"))
        return kind != Environment.TOPIC or self.sees_environment(payload["name"])

    def to_webhooks(self, environment: str | None) -> None:
        """Of an environment's webhooks; None for those of every one. Raises Forbidden, NotFound."""
        if environment is None:
            self.to_all()
        else:
            self.to(environment)

    def manages_webhooks(self, environment: str | None) -> bool:
        """Whether a listing may show a webhook, and what became of it."""
        places = {EVERY_ENVIRONMENT, *self.principal.roles} if environment is None else {environment}
        verdicts = {self._verdict(place, None, action=Action.MANAGE_WEBHOOKS) for place in places}
        return verdicts == {Verdict.ALLOWED}

    @property
    def sees_every_event(self) -> bool:
        return self.is_unlimited and holds(self.principal, Action.MANAGE_KEYS)

    def claims(self, environment: str, scope: Scope) -> str | None:
        """Who owns a collection from its first config on, where nobody does: an editor who creates that."""
        editor = self.principal.role_in(environment) is Role.EDITOR
        return self.principal.user_id if editor and scope.kind == "collection" else None

    def to_installation(self) -> None:
        """Of what all environments share. Raises Forbidden."""
        self.has_asked = True
        self._cases.authorize.require(self.principal, self._action)

    def to_definitions(self) -> None:
        """Of config types, which are of every environment. Raises Forbidden."""
        self.has_asked = True
        self._cases.authorize.require(self.principal, Action.DEFINE)

    def administers(self, environment: str) -> bool:
        return self._verdict(environment, None) is Verdict.ALLOWED

    def sees_environment(self, environment: str) -> bool:
        self.has_asked = True
        return self.principal.role_in(environment) is not None

    def sees(self, environment: str, scope: Scope) -> bool:
        """Whether a listing may show what stands at a scope."""
        self.has_asked = True
        return self._verdict(environment, scope) is Verdict.ALLOWED

    def reach(self, environment: str | None) -> Reach | None:
        """What of an environment a listing may show; None for all of it. Raises NotFound."""
        self.to(environment, Scope("global"))
        principal = self.principal
        return Reach(principal.user_id, principal.collection_ids) if principal.is_bound else None

    @property
    def changes(self) -> bool:
        return self._action in CHANGES

    @property
    def is_unlimited(self) -> bool:
        """Whether it may do this everywhere, so that nothing need be looked up."""
        same_everywhere = self.principal.roles.keys() == {EVERY_ENVIRONMENT}
        return same_everywhere and self._verdict(EVERY_ENVIRONMENT, None) is Verdict.ALLOWED

    def _verdict(self, environment: str, scope: Scope | None, *, action: Action | None = None) -> Verdict:
        asked = action or self._action
        return self._cases.authorize.verdict(self.principal, asked, environment=environment, scope=scope)


class Asks:
    """The dependency of a route that does this. Raises Forbidden before the body is looked at."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request, cases: Cases) -> Access:
        principal: Principal = request.scope["state"]["principal"]
        if not holds(principal, self.action):
            raise Forbidden(f"{principal.name} may not do {self.action}: ask an admin for a key with another role")
        request.scope["state"]["access"] = found = Access(cases, principal, self.action)
        return found


ReadsEffective = Annotated[Access, Depends(Asks(Action.READ_EFFECTIVE))]
ReportsUse = Annotated[Access, Depends(Asks(Action.REPORT))]
ReadsReports = Annotated[Access, Depends(Asks(Action.READ_REPORTS))]
ReadsConfigs = Annotated[Access, Depends(Asks(Action.READ_CONFIGS))]
ReadsLog = Annotated[Access, Depends(Asks(Action.READ_LOG))]
ReadsDefinitions = Annotated[Access, Depends(Asks(Action.READ_DEFINITIONS))]
ChangesConfigs = Annotated[Access, Depends(Asks(Action.CHANGE_CONFIGS))]
SwitchesServing = Annotated[Access, Depends(Asks(Action.SWITCH_SERVING))]
HoldsLocks = Annotated[Access, Depends(Asks(Action.LOCK))]
NamesPositions = Annotated[Access, Depends(Asks(Action.NAME_POSITIONS))]
Imports = Annotated[Access, Depends(Asks(Action.IMPORT))]
Governs = Annotated[Access, Depends(Asks(Action.GOVERN))]
Defines = Annotated[Access, Depends(Asks(Action.DEFINE))]
ManagesWebhooks = Annotated[Access, Depends(Asks(Action.MANAGE_WEBHOOKS))]
ManagesKeys = Annotated[Access, Depends(Asks(Action.MANAGE_KEYS))]
Operates = Annotated[Access, Depends(Asks(Action.OPERATE))]
