"""Who may do what, as the roles say it."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from domain.access.policy import Resource, Verdict, decide, holds
from domain.access.principal import Principal, unchecked
from domain.access.roles import GRANTS, Action, Role
from domain.configs.scope import GLOBAL, PROCESS, Scope

U1, U2, C1 = Scope("user", "u-1"), Scope("user", "u-2"), Scope("collection", "c-1")
ALLOWED, FORBIDDEN, HIDDEN = Verdict.ALLOWED, Verdict.FORBIDDEN, Verdict.HIDDEN


def somebody(role: Role, **more: object) -> Principal:
    return Principal("somebody", MappingProxyType({"production": role}), **more)  # type: ignore[arg-type]


def at(scope: Scope | None = None, environment: str = "production", **more: object) -> Resource:
    return Resource(environment, scope, **more)  # type: ignore[arg-type]


READ, CHANGE = Action.READ_CONFIGS, Action.CHANGE_CONFIGS
U1_EDITOR = somebody(Role.EDITOR, user_id="u-1", is_bound=True)


@pytest.mark.parametrize(
    ("principal", "action", "resource", "verdict"),
    [
        (somebody(Role.READER), READ, at(GLOBAL), FORBIDDEN),
        (somebody(Role.VIEWER), READ, at(U2), ALLOWED),
        (somebody(Role.VIEWER), READ, at(U2, "staging"), HIDDEN),
        (somebody(Role.VIEWER), CHANGE, at(GLOBAL), FORBIDDEN),
        (somebody(Role.EDITOR), CHANGE, at(U1), FORBIDDEN),
        (somebody(Role.EDITOR), CHANGE, at(C1, is_unclaimed=True), FORBIDDEN),
        (U1_EDITOR, CHANGE, at(U1), ALLOWED),
        (U1_EDITOR, CHANGE, at(GLOBAL), FORBIDDEN),
        (U1_EDITOR, CHANGE, at(PROCESS), FORBIDDEN),
        (U1_EDITOR, CHANGE, at(U2), HIDDEN),
        (U1_EDITOR, CHANGE, at(C1), HIDDEN),
        (U1_EDITOR, CHANGE, at(C1, owner="u-1"), ALLOWED),
        (U1_EDITOR, CHANGE, at(C1, owner="u-2"), HIDDEN),
        (U1_EDITOR, CHANGE, at(C1, is_unclaimed=True), ALLOWED),
        (U1_EDITOR, READ, at(GLOBAL), ALLOWED),
        (U1_EDITOR, READ, at(), HIDDEN),
        (somebody(Role.MAINTAINER), CHANGE, at(GLOBAL), ALLOWED),
        (somebody(Role.MAINTAINER), CHANGE, at(), ALLOWED),
        (somebody(Role.MAINTAINER, collection_ids=frozenset({"c-1"}), is_bound=True), CHANGE, at(C1), ALLOWED),
        (somebody(Role.MAINTAINER, collection_ids=frozenset({"c-1"}), is_bound=True), CHANGE, at(GLOBAL), FORBIDDEN),
        (somebody(Role.MAINTAINER, collection_ids=frozenset({"c-1"}), is_bound=True), CHANGE, at(), HIDDEN),
        (somebody(Role.ADMIN), Action.DEFINE, Resource(), FORBIDDEN),
        (unchecked("anybody"), Action.DEFINE, Resource(), ALLOWED),
    ],
)
def test_the_policy_decides(principal: Principal, action: Action, resource: Resource, verdict: Verdict) -> None:
    assert decide(principal, action, resource) is verdict


def test_a_role_in_one_environment_goes_before_the_one_for_all() -> None:
    roles = MappingProxyType({"*": Role.ADMIN, "production": Role.VIEWER})
    careful = Principal("careful", roles)
    assert decide(careful, CHANGE, at(GLOBAL)) is FORBIDDEN
    assert decide(careful, CHANGE, at(GLOBAL, "staging")) is ALLOWED


def test_only_readers_and_admins_may_have_secrets() -> None:
    assert {role for role in Role if Action.READ_SECRETS in GRANTS[role]} == {Role.READER, Role.ADMIN}


@pytest.mark.parametrize("action", Action)
def test_an_admin_everywhere_may_do_everything(action: Action) -> None:
    assert holds(unchecked("anybody"), action)
    assert decide(unchecked("anybody"), action, at()) is ALLOWED


@pytest.mark.parametrize("role", list(Role)[2:])
def test_each_role_from_viewer_on_may_do_what_the_one_before_may(role: Role) -> None:
    before = list(Role)[list(Role).index(role) - 1]
    assert GRANTS[before] - {Action.READ_SECRETS} <= GRANTS[role]
