"""Every role at every route, on its own and on foreign things: who gets what, as docs/access.md says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.callers import Callers
from docs.pages.access import asked_by
from infrastructure.checkpoints import Checkpoints
from tests.api.conftest import NOWHERE, opened, queue
from tests.api.matrix.asking import (
    CALLERS,
    CHUNKING,
    INDEXED,
    OWN,
    TARGETS,
    VARIANTS,
    Asked,
    Caller,
    Furnished,
    evaluation,
    lock,
    webhook,
    who,
)
from tests.api.matrix.of_configs import OF_CONFIGS
from tests.api.matrix.of_profiles import OF_PROFILES
from tests.api.matrix.of_releases import OF_RELEASES
from tests.api.matrix.of_the_installation import OF_THE_INSTALLATION
from tests.master_keys import key_file

ROUTES = {**OF_CONFIGS, **OF_PROFILES, **OF_RELEASES, **OF_THE_INSTALLATION}


def expected(caller: Caller, asked: Asked, target: str) -> int:
    """200, 403 or 404: what docs/access.md promises, said here a second time and without the policy."""
    # An editor reaches maintainers' routes on configs, and is refused there by scope.
    if caller.role not in asked.roles and not (caller.role == "editor" and asked.changes):
        return 403
    if asked.what == "own rights":
        return 200
    if asked.what == "everywhere":  # two environments, of which no caller here has just these two
        if not caller.is_everywhere or caller.bound:
            return 404
        return 403 if asked.changes and caller.role == "editor" else 200
    if asked.what == "installation":
        return 200 if caller.is_everywhere and not caller.bound else 403
    return expected_at(caller, asked, target)


def expected_at(caller: Caller, asked: Asked, target: str) -> int:
    """The same for a place, where the role is the right one."""
    environment, scope = TARGETS[target]
    if not caller.is_everywhere and environment not in caller.environments:
        return 404
    own = OWN[caller.bound] if caller.bound else set()
    if caller.bound and (asked.what in ("environment", "profile") or (scope != "global" and scope not in own)):
        return 404
    if asked.changes and (caller.bound or caller.role == "editor") and scope not in own:
        return 403
    return 200


def hold(there: Furnished, target: str, environment: str, scope: str) -> None:
    """A lock that may be promoted, and one that was."""
    client = there.client
    client.create("pipeline", environment=environment, scope=scope)
    there.candidates[target] = client.post("/api/locks", json=lock(environment, scope, "pipeline")).json()["id"]
    client.create("llm", {"provider_id": "p", "model_id": "m"}, environment=environment, scope=scope)
    if (held := there.promoted.get(f"trial {scope}")) is None:
        client.create("llm", {"provider_id": "p", "model_id": "n"}, environment="trial", scope=scope)
        held = there.promoted[f"trial {scope}"] = client.post("/api/locks", json=lock("trial", scope, "llm")).json()[
            "id"
        ]
    if target in INDEXED:
        for _ in range(2):  # the first is read, the second may be switched to, or dropped
            there.indexes[target] = client.post("/api/indexes", json=who(target)).json()["id"]
            client.post(f"/api/indexes/{there.indexes[target]}/ready", json={})
    promote = {"to_environment": environment, "reason": "measured"}
    there.promoted[target] = client.post(f"/api/locks/{held}/promote", json=promote).json()["id"]


def draft_at(there: Furnished, target: str, environment: str, scope: str) -> None:
    """Change sets about a target: one proposed, one published, and of what is global one on a ramp."""
    drafts: dict[str, dict[str, Any]] = {
        target: {"config_id": there.configs[target]["id"], "description": "drafted"},
        f"published {target}": {**PART, "scope": scope, "name": "p"},
    }
    if scope == "global":
        drafts[f"ramping {target}"] = {**PART, "name": "r", "is_default": True}
    for name, draft in drafts.items():
        new = {"environment": environment, "title": name, "drafts": [draft]}
        there.change_sets[name] = there.client.post("/api/change-sets", json=new).json()
        act, body = ACTS[name.partition(" ")[0]] if " " in name and name != target else ("propose", {})
        there.client.post(f"/api/change-sets/{there.change_sets[name]['id']}/{act}", json=body)


PART = {"config_type": "question_generation", "config_data": {}}
ACTS: dict[str, tuple[str, Any]] = {
    "published": ("publish", {}),
    "ramping": ("publish", {"ramp": {"steps": [1, 100], "bake_minutes": 600}}),
}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    keys = key_file(tmp_path_factory.mktemp("keys") / "keys", "m-1")
    signing = Checkpoints(key=Ed25519PrivateKey.generate())
    with opened("memory:", checkpoints=signing, callers=Callers(), secret_keys=keys, webhooks=NOWHERE) as client:
        client.show(client.admit())
        there = Furnished(client)
        for name in ("staging", "spare"):
            client.post("/api/environments", json={"name": name})
        client.post("/api/imports", json={"kind": "bundle", "bundle": {"varve_bundle": 1, "builtin": ["platform"]}})
        for name in ("staging", "production"):
            client.put(f"/api/environments/{name}/policies/steady", json={"config_type": "llm"})
        for target, (environment, scope) in TARGETS.items():
            there.configs[target] = client.create(data=CHUNKING, environment=environment, scope=scope)
            there.configs[target] = client.change(there.configs[target], description="changed")
            draft_at(there, target, environment, scope)
        client.post("/api/environments", json={"name": "empty"})
        client.post("/api/environments", json={"name": "trial"})
        for target, (environment, scope) in TARGETS.items():
            hold(there, target, environment, scope)
        for collection, user in (("c-1", "u-1"), ("c-2", "u-2")):
            client.put(f"/api/collections/{collection}/owner", json={"user_id": user})
        for environment in ("production", "staging"):
            new = {"environment": environment, "name": "warm", "settings": {}}
            there.profiles[environment] = client.post("/api/profiles", json=new).json()["id"]
            plan = {"environment": environment, "name": "e-1", "variants": VARIANTS}
            there.experiments[environment] = client.post("/api/experiments", json=plan).json()["id"]
            client.post(f"/api/experiments/{there.experiments[environment]}/start", json={})
            there.evaluations[environment] = client.post("/api/evaluations", json=evaluation(environment)).json()["id"]
            there.webhooks[environment] = client.post("/api/webhooks", json=webhook(environment)).json()["id"]
        unused = client.post("/api/profiles", json={"name": "cold", "settings": {}}).json()["id"]
        for user in ("u-1", "u-2"):
            client.put(f"/api/assignments/{user}", json={"profile_id": unused})
        for caller in CALLERS:
            answer = client.post("/api/keys", json=caller.body()).json()
            there.keys[caller], there.key_ids[caller] = answer["api_key"], answer["id"]
        for environment in ("production", "staging"):
            client.create(environment=environment, is_default=False)
        queue(client)
        there.newest = client.newest_position
        client.show(None)
        yield there


def test_the_matrix_has_every_route_that_asks() -> None:
    assert {one.operation for one in asked_by() if one.action is not None} == set(ROUTES)


@pytest.mark.parametrize("operation", ROUTES)
def test_every_role_gets_what_it_may_and_nothing_else(there: Furnished, operation: str) -> None:
    asked = ROUTES[operation]
    cells: Counter[int] = Counter()
    wrong = []
    for caller in CALLERS:
        for target in asked.targets if asked.what in ("scope", "profile", "environment") else ("global",):
            method, path, request = asked.make(there, target)
            headers = {"Authorization": f"Bearer {there.keys[caller]}"}
            answer = there.client.request(method, path, headers=headers, **request)
            wanted = expected(caller, asked, target)
            cells[wanted] += 1
            if (200 if answer.status_code in (201, 202) else answer.status_code) != wanted:
                wrong.append(f"{caller} {target}: {answer.status_code}, not {wanted}: {answer.text[:200]}")
    assert wrong == []
    assert cells[200] > 0
    assert cells[403] + cells[404] > 0


@pytest.mark.parametrize("operation", ROUTES)
def test_nobody_gets_in_without_a_key(there: Furnished, operation: str) -> None:
    method, path, request = ROUTES[operation].make(there, ROUTES[operation].targets[0])
    assert there.client.request(method, path, **request).status_code == 401
