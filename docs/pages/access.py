"""access.md: what each role may do, and what each route asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.access import Asks
from api.app import ROUTERS
from docs.pages.markdown import table
from domain.access.roles import GRANTS, INSTALLATION, Action, Role

HEAD = """# Roles and routes

A key or a token gives a role in an environment, or in every one (`*`); a role in one environment goes before the one
for all. What a caller may not see is answered 404, as if it were not there; what it sees and may not do, 403.

- **reader**: what an application needs, and nothing else. Readers, and admins, may also ask for secrets.
- **viewer**: sees everything of its environments but secrets.
- **editor**: changes what is its own: the user's own scope, and collections that the user owns. Without a user or a
  collection, that is nothing.
- **maintainer**: changes every scope of its environments.
- **admin**: everything. What concerns the whole installation needs an admin of every environment.

A key may be **bound** to a user or to a collection. It then reaches what is its own, and of the rest only what all
share (global and the environment variables). A token whose roles are reader or editor is bound to its user.
"""
MEANING = {
    Action.READ_EFFECTIVE: "effective configs",
    Action.READ_SECRETS: "the secrets in them",
    Action.REPORT: "report failures, what requests were answered with, exposures and outcomes",
    Action.READ_REPORTS: "read these reports, and the results of experiments",
    Action.READ_CONFIGS: "configs, what a change of them would do, where fields come from, exports",
    Action.READ_LOG: "events, history, differences over time, audits, proofs",
    Action.READ_DEFINITIONS: "types, environments, the ladder, tags, the state of the views",
    Action.CHANGE_CONFIGS: "create, change, delete, roll back, undo",
    Action.NAME_POSITIONS: "tags",
    Action.SWITCH_SERVING: "have clients of an environment use their defaults, or the settings again",
    Action.LOCK: "locks, indexes",
    Action.IMPORT: "imports",
    Action.DEFINE: "types, environments, the ladder",
    Action.GOVERN: "what an environment demands of changes; its policies; freeze and thaw it",
    Action.MANAGE_KEYS: "API keys, owners of collections",
    Action.MANAGE_WEBHOOKS: "webhooks, their deliveries and their secrets",
    Action.OPERATE: "rebuild and verify the views, verify the log",
}


class Asked(NamedTuple):
    """One route; `action` is None where it is open to all."""

    operation: str
    method: str
    path: str
    action: Action | None


def asked_by() -> Iterator[Asked]:
    """Every route, with the action that it asks for."""
    for router in ROUTERS:
        for route in (one for one in router.routes if isinstance(one, APIRoute)):
            actions = [call.action for call in calls(route.dependant) if isinstance(call, Asks)]
            method = next(iter(route.methods or {"GET"}))
            yield Asked(str(route.operation_id), method, route.path_format, actions[0] if actions else None)


def calls(dependant: Dependant) -> Iterator[object]:
    """Everything that a route depends on."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def page() -> str:
    return "\n".join([HEAD, "## Actions\n", _actions(), "\n## Routes\n", _routes()])


def _actions() -> str:
    rows = (
        (f"`{one}`", MEANING[one], ", ".join(role for role in Role if one in GRANTS[role]), _where(one))
        for one in Action
    )
    return table(("action", "what", "roles", "where"), rows)


def _where(action: Action) -> str:
    return "the whole installation" if action in INSTALLATION else "environment, scope"


def _routes() -> str:
    rows = ((one.method, f"`{one.path}`", f"`{one.action}`" if one.action else "open to all") for one in asked_by())
    return table(("method", "route", "action"), sorted(rows, key=lambda row: row[1]))
