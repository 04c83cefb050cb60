"""Who asks, for what, and where: what the tables of routes are written with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from tests.api.conftest import CONFIGS, Client

READERS = ("reader", "viewer", "editor", "maintainer", "admin")
VIEWERS, EDITORS, MAINTAINERS, ADMINS = READERS[1:], READERS[2:], READERS[3:], READERS[4:]
TARGETS = {  # environment and scope of what is asked for
    "global": ("production", "global"),
    "user": ("production", "user:u-1"),
    "collection": ("production", "collection:c-1"),
    "foreign user": ("production", "user:u-2"),
    "foreign collection": ("production", "collection:c-2"),
    "elsewhere": ("staging", "global"),
}
OWN = {  # by what a caller is bound to; u-1 owns c-1, and a key for c-1 knows of no user
    "user": {"user:u-1", "collection:c-1"},
    "collection": {"collection:c-1"},
}
CHUNKING = {"max_chunk_size": 400}  # the default: while an index is in use, what shapes it may not change
AT = "2026-11-20T10:00:00Z"
FAILURE = {"at": AT, "config_type": "llm", "layer": "global", "position": 1, "error": "E: e"}
RECORD = {"at": AT, "position": 1, "digest": "9f86"}


@dataclass(frozen=True)
class Caller:
    role: str
    environments: tuple[str, ...] = ("production",)
    bound: Literal["user", "collection"] | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.environments == ("*",)

    def body(self) -> dict[str, Any]:
        binding = {"user": {"user_id": "u-1"}, "collection": {"collection_id": "c-1"}, None: {}}[self.bound]
        return {"label": str(self), "role": self.role, "environments": list(self.environments), **binding}


CALLERS = [
    caller
    for role in READERS
    for caller in (
        Caller(role),
        Caller(role, ("*",)),
        Caller(role, ("staging",)),
        Caller(role, bound="user"),
        Caller(role, bound="collection"),
    )
]


@dataclass(frozen=True)
class Asked:
    """A request for a target. `what`: a scope of an environment, all of an environment, or the installation."""

    roles: tuple[str, ...]
    make: Callable[[Furnished, str], tuple[str, str, dict[str, Any]]]
    what: Literal["scope", "profile", "environment", "installation", "everywhere", "own rights"] = "scope"
    changes: bool = False
    targets: tuple[str, ...] = tuple(TARGETS)


@dataclass
class Furnished:
    """A service with something at every target."""

    client: Client
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    change_sets: dict[str, dict[str, Any]] = field(default_factory=dict)  # with one draft at each target
    profiles: dict[str, str] = field(default_factory=dict)  # an id in each environment
    experiments: dict[str, str] = field(default_factory=dict)
    webhooks: dict[str, str] = field(default_factory=dict)
    evaluations: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, str] = field(default_factory=dict)  # a lock at each target
    promoted: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    keys: dict[Caller, str] = field(default_factory=dict)
    key_ids: dict[Caller, str] = field(default_factory=dict)
    newest: int = 0

    def delivery(self, target: str) -> str:
        """One to the webhook of the target's environment."""
        cases = self.client.service.use_cases
        return cases.outbox.page(UUID(self.webhooks[TARGETS[target][0]]).hex, state=None, before=None, limit=1)[0].id

    def config(self, target: str) -> str:
        return str(self.configs[target]["id"])

    def position(self, target: str) -> int:
        """Where the config was changed, some time after it was created."""
        return int(self.configs[target]["position"])


def place(target: str) -> dict[str, Any]:
    environment, scope = TARGETS[target]
    return {"environment": environment, "scope": scope}


def who(target: str) -> dict[str, Any]:
    """The context that names the target's scope."""
    environment, scope = TARGETS[target]
    kind, _, id_ = scope.partition(":")
    return {"environment": environment, **({f"{kind}_id": id_} if id_ else {})}


def flags(target: str) -> dict[str, Any]:
    """The same, as OpenFeature says it."""
    context = who(target)
    user = {"targetingKey": context.pop("user_id")} if "user_id" in context else {}
    return {"context": {**context, **user}}


def failure(target: str) -> dict[str, Any]:
    """A report of whom the target is."""
    about = {key: value for key, value in who(target).items() if key != "environment"}
    return {**FAILURE, **about, "id": str(uuid4())}


def record(target: str) -> dict[str, Any]:
    about = {key: value for key, value in who(target).items() if key != "environment"}
    return {**RECORD, **about, "request_id": uuid4().hex}


def exposure(target: str) -> dict[str, Any]:
    return {"user_id": who(target)["user_id"], "experiment": "e-1", "variant": "warm"}


def outcome(target: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "user_id": who(target)["user_id"], "metric": "accepted", "value": 1}


def webhook(environment: str) -> dict[str, Any]:
    return {"environment": environment, "event_types": ["config.*"], "url": "https://hooks.example.com/varve"}


def on_config(method: str, tail: str = "", body: Any = None) -> Callable[[Furnished, str], Any]:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        dry = {"params": {"dry_run": True}} if method != "GET" else {}
        return method, f"{CONFIGS}{there.config(target)}{tail}", {**dry, **({} if body is None else {"json": body})}

    return make


def on_experiment(method: str, tail: str = "", body: Any = None) -> Callable[[Furnished, str], Any]:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        dry = {"params": {"dry_run": True}} if method != "GET" else {}
        path = f"/api/experiments/{there.experiments[TARGETS[target][0]]}{tail}"
        return method, path, {**dry, **({} if body is None else {"json": body})}

    return make


def on_change_set(method: str, tail: str = "", body: Any = None) -> Callable[[Furnished, str], Any]:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        dry = {"params": {"dry_run": True}} if method != "GET" else {}
        path = f"/api/change-sets/{there.change_sets[target]['id']}{tail}"
        return method, path, {**dry, **({} if body is None else {"json": body})}

    return make


def draft_place(target: str) -> dict[str, Any]:
    """Where a draft for the target's scope is, in its environment."""
    return {"scope": TARGETS[target][1], "name": "n"}


def on_profile(method: str, body: Any = None) -> Callable[[Furnished, str], Any]:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        dry = {"params": {"dry_run": True}} if method != "GET" else {}
        path = f"/api/profiles/{there.profiles[TARGETS[target][0]]}"
        return method, path, {**dry, **({} if body is None else {"json": body})}

    return make


def lock(environment: str, scope: str, config_type: str) -> dict[str, Any]:
    models = {"embedder_name": "e", "tokenizer_name": "t"}
    return {"environment": environment, "scope": scope, "config_type": config_type, **models}


def evaluation(environment: str) -> dict[str, Any]:
    return {"environment": environment, "manifest": {}, "dataset_hash": "fc16", "metrics": {"f1": 0.25}}


def on_lock(tail: str = "", body: Callable[[str], Any] | None = None, *, promoted: bool = False) -> Asked:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        path = f"/api/locks/{(there.promoted if promoted else there.candidates)[target]}{tail}"
        if body is None:
            return "GET", path, {}
        return "POST", path, {"params": {"dry_run": True}, "json": {"reason": "measured", **body(target)}}

    return Asked(VIEWERS if body is None else MAINTAINERS, make)


INDEXED = ("global", "collection", "foreign collection", "elsewhere")


def on_index(method: str, tail: str = "", body: Any = None) -> Asked:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        path, id_ = f"/api/indexes/{there.indexes[target]}{tail}", there.indexes[target]
        params = {} if method == "GET" else {"dry_run": True, **({"confirm": id_} if method == "DELETE" else {})}
        return method, path, {"params": params, **({} if body is None else {"json": body})}

    return Asked(VIEWERS if method == "GET" else MAINTAINERS, make, targets=INDEXED)


def on_webhook(method: str, tail: str = "", body: Any = None) -> Asked:
    def make(there: Furnished, target: str) -> tuple[str, str, dict[str, Any]]:
        dry = {"params": {"dry_run": True}} if method != "GET" and tail in ("", "/rotate-secret") else {}
        path = f"/api/webhooks/{there.webhooks[TARGETS[target][0]]}{tail}"
        return method, path, {**dry, **({} if body is None else {"json": body})}

    return Asked(ADMINS, make, what="environment", targets=("global", "elsewhere"))


def plain(method: str, path: str, **request: Any) -> Callable[[Furnished, str], Any]:
    return lambda _, __: (method, path, request)


def dry(method: str, path: str, body: Any) -> Callable[[Furnished, str], Any]:
    return plain(method, path, json=body, params={"dry_run": True})


VARIANTS = [{"name": "control", "weight": 1, "is_control": True}, {"name": "warm", "weight": 1, "profile": "warm"}]
DRAFT = {"config_type": "retrieval", "config_data": {}}
