"""Every role at every route, on its own and on foreign things: who gets what, as docs/access.md says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.callers import Callers
from docs.pages.access import asked_by
from infrastructure.checkpoints import Checkpoints
from tests.api.conftest import CONFIGS, NOWHERE, Client, opened, queue
from tests.master_keys import key_file

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
ROUTES: dict[str, Asked] = {
    "register_index": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/indexes", {"json": who(t), "params": {"dry_run": True}}),
        targets=INDEXED,
    ),
    "read_index": on_index("GET"),
    "progress_of_index": on_index("POST", "/progress", {"chunks": 1}),
    "ready_index": on_index("POST", "/ready", {}),
    "switch_index": on_index("POST", "/switch", {}),
    "drop_index": on_index("DELETE"),
    "route_to_index": Asked(READERS, lambda _, t: ("GET", "/api/indexes/route", {"params": who(t)}), targets=INDEXED),
    "fingerprint_of_index": Asked(
        VIEWERS, lambda _, t: ("GET", "/api/indexes/fingerprint", {"params": who(t)}), targets=INDEXED
    ),
    "list_indexes": Asked(VIEWERS, plain("GET", "/api/indexes"), what="own rights"),
    "create_lock": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/locks", {"json": lock(*TARGETS[t], "chunking"), "params": {"dry_run": True}}),
    ),
    "read_lock": on_lock(),
    "report_health": Asked(
        READERS,
        lambda _, t: ("POST", "/api/health-reports", {"json": {"environment": TARGETS[t][0], "metrics": {}}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_health_reports": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/health-reports", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_health": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/health", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "revise_health": Asked(
        ADMINS,
        lambda _, t: (
            "PUT",
            f"/api/environments/{TARGETS[t][0]}/health",
            {"json": {"auto_rollback": False}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "record_evaluation": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/evaluations", {"json": evaluation(TARGETS[t][0]), "params": {"dry_run": True}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_evaluations": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/evaluations", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_evaluation": Asked(
        VIEWERS,
        lambda there, t: ("GET", f"/api/evaluations/{there.evaluations[TARGETS[t][0]]}", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "unlock": on_lock("/unlock", lambda _: {}),
    "promote_lock": on_lock("/promote", lambda t: {"to_environment": TARGETS[t][0]}),
    "roll_lock_back": on_lock("/rollback", lambda _: {}, promoted=True),
    "list_locks": Asked(VIEWERS, plain("GET", "/api/locks"), what="own rights"),
    "declare_embedder": Asked(ADMINS, dry("PUT", "/api/embedders", {"name": "m"}), what="installation"),
    "list_embedders": Asked(VIEWERS, plain("GET", "/api/embedders"), what="own rights"),
    "create_config": Asked(
        EDITORS,
        lambda _, t: ("POST", CONFIGS, {"json": {**place(t), **DRAFT, "name": "n"}, "params": {"dry_run": True}}),
        changes=True,
    ),
    "read_config": Asked(VIEWERS, on_config("GET")),
    "update_config": Asked(EDITORS, on_config("PUT", body={"description": "x"}), changes=True),
    "delete_config": Asked(EDITORS, on_config("DELETE"), changes=True),
    "set_default": Asked(EDITORS, on_config("PUT", "/default", {"is_default": True}), changes=True),
    "set_active": Asked(EDITORS, on_config("PUT", "/active", {"is_active": True}), changes=True),
    "rollback_config": Asked(EDITORS, on_config("POST", "/rollback", {"to_version": 1}), changes=True),
    "config_history": Asked(VIEWERS, on_config("GET", "/history")),
    "list_configs": Asked(
        VIEWERS,
        lambda _, t: ("GET", CONFIGS, {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "effective_without_user": Asked(READERS, lambda _, t: ("GET", f"{CONFIGS}effective", {"params": who(t)})),
    "report_failures": Asked(
        READERS,
        lambda _, t: ("POST", "/api/failures", {"json": {"environment": TARGETS[t][0], "failures": [failure(t)]}}),
    ),
    "report_usage": Asked(
        READERS, lambda _, t: ("POST", "/api/usage", {"json": {"environment": TARGETS[t][0], "records": [record(t)]}})
    ),
    "report_exposures": Asked(
        READERS,
        lambda _, t: ("POST", "/api/exposures", {"json": {"environment": TARGETS[t][0], "exposures": [exposure(t)]}}),
        targets=("user", "foreign user"),
    ),
    "report_outcomes": Asked(
        READERS,
        lambda _, t: ("POST", "/api/outcomes", {"json": {"environment": TARGETS[t][0], "outcomes": [outcome(t)]}}),
        targets=("user", "foreign user"),
    ),
    **{
        operation: Asked(
            VIEWERS,
            lambda _, t, path=path: ("GET", path, {"params": {"environment": TARGETS[t][0]}}),  # type: ignore[misc]
            what="environment",
            targets=("global", "elsewhere"),
        )
        for operation, path in (
            ("list_failures", "/api/failures"),
            ("summarise_failures", "/api/failures/summary"),
            ("list_usage", "/api/usage"),
        )
    },
    "effective_of_user": Asked(
        READERS,
        lambda _, t: ("GET", f"{CONFIGS}effective/{who(t)['user_id']}", {"params": {"environment": "production"}}),
        targets=("user", "foreign user"),
    ),
    "evaluate_flag": Asked(
        READERS, lambda _, t: ("POST", "/ofrep/v1/evaluate/flags/chunking.max_chunk_size", {"json": flags(t)})
    ),
    "flag_events": Asked(
        READERS,
        lambda _, t: (
            "GET",
            "/ofrep/v1/events",
            {"params": {"environment": TARGETS[t][0], "scope": TARGETS[t][1], "seconds": 0}},
        ),
    ),
    "evaluate_flags": Asked(READERS, lambda _, t: ("POST", "/ofrep/v1/evaluate/flags", {"json": flags(t)})),
    "effective_of_each": Asked(  # a context that is refused spoils no other: test_effective_batch.py
        READERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}effective",
            {"json": {"environment": TARGETS[t][0], "contexts": [{}]}},
        ),
        targets=("global", "elsewhere"),
    ),
    "stream": Asked(
        READERS,
        lambda _, t: ("GET", "/api/stream", {"params": {"environment": TARGETS[t][0], "seconds": 0}}),
        targets=("global", "elsewhere"),
    ),
    "timeline": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}effective/{who(t)['user_id']}/timeline", {}),
        targets=("user", "foreign user"),
    ),
    "timeline_without_user": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}timeline", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "diff": Asked(VIEWERS, lambda _, t: ("POST", "/api/diff", {"json": {"left": who(t), "right": who(t)}})),
    "blame": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            "/api/blame",
            {"json": {"context": who(t), "config_type": "chunking", "pointer": "/max_chunk_size"}},
        ),
    ),
    "bisect": Asked(
        VIEWERS,
        lambda there, t: (
            "POST",
            "/api/bisects",
            {
                "json": {
                    "context": who(t),
                    "good": f"position:{there.position(t)}",
                    "bad": f"position:{there.newest}",
                    "verdict": {"config_type": "chunking", "pointer": "/max_chunk_size", "at_least": 1e9},
                }
            },
        ),
    ),
    "counterfactual": Asked(
        VIEWERS,
        lambda there, t: (
            "POST",
            "/api/counterfactuals",
            {"json": {"contexts": [who(t)], "draft": {**place(t), **DRAFT}}},
        ),
    ),
    "audit_replay": Asked(VIEWERS, lambda _, t: ("POST", "/api/audits/replay", {"json": who(t)})),
    "audit_receipts": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            "/api/audits/receipts",
            {"json": {"receipts": [{**who(t), "position": 12, "digest": "0" * 64}]}},
        ),
    ),
    "prove_event": Asked(VIEWERS, lambda there, t: ("GET", f"/api/audits/proof/{there.position(t)}", {})),
    "undo_event": Asked(
        EDITORS,
        lambda there, t: ("POST", f"/api/events/{there.position(t)}/undo", {"json": {}, "params": {"dry_run": True}}),
        changes=True,
    ),
    "test_config": Asked(VIEWERS, lambda _, t: ("POST", f"{CONFIGS}test", {"json": {**place(t), **DRAFT}})),
    "impact_of_changes": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}impact",
            {"json": {"environment": TARGETS[t][0], "changes": [{"action": "put", "scope": "global", **DRAFT}]}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_redundant_configs": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}redundant", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "export_settings": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/exports", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "create_profile": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/profiles",
            {"json": {"environment": TARGETS[t][0], "name": "n", "settings": {}}, "params": {"dry_run": True}},
        ),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "list_profiles": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/profiles", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "read_profile": Asked(VIEWERS, on_profile("GET"), what="profile", targets=("global", "elsewhere")),
    "update_profile": Asked(
        MAINTAINERS,
        on_profile("PUT", {"description": "x"}),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "delete_profile": Asked(
        MAINTAINERS, on_profile("DELETE"), what="profile", changes=True, targets=("global", "elsewhere")
    ),
    "assign_profile": Asked(
        EDITORS,
        lambda there, t: (
            "PUT",
            f"/api/assignments/{who(t)['user_id']}",
            {"json": {"profile_id": there.profiles["production"]}, "params": {"dry_run": True}},
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "assign_profile_to_all": Asked(
        EDITORS,
        lambda there, t: (
            "POST",
            "/api/assignments",
            {
                "json": {"profile_id": there.profiles["production"], "users": [who(t)["user_id"]]},
                "params": {"dry_run": True},
            },
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "unassign_profile": Asked(
        EDITORS,
        lambda _, t: (
            "DELETE",
            f"/api/assignments/{who(t)['user_id']}",
            {"params": {"environment": "production", "dry_run": True}},
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "list_assignments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/assignments", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_assignment": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/assignments/{who(t)['user_id']}", {"params": {"environment": "production"}}),
        targets=("user", "foreign user"),
    ),
    "create_experiment": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/experiments",
            {"json": {"environment": TARGETS[t][0], "name": "n", "variants": VARIANTS}, "params": {"dry_run": True}},
        ),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "list_experiments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/experiments", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "read_experiment": Asked(VIEWERS, on_experiment("GET"), what="profile", targets=("global", "elsewhere")),
    "read_experiment_results": Asked(
        VIEWERS, on_experiment("GET", "/results"), what="profile", targets=("global", "elsewhere")
    ),
    **{
        f"list_experiment_{rows}": Asked(
            VIEWERS, on_experiment("GET", f"/{rows}"), what="environment", targets=("global", "elsewhere")
        )
        for rows in ("exposures", "outcomes")
    },
    "revise_experiment": Asked(
        MAINTAINERS, on_experiment("PUT", body={}), what="profile", changes=True, targets=("global", "elsewhere")
    ),
    **{
        f"{act}_experiment": Asked(
            MAINTAINERS,
            on_experiment("POST", f"/{act}", {}),
            what="profile",
            changes=True,
            targets=("global", "elsewhere"),
        )
        for act in ("start", "pause", "conclude")
    },
    "create_change_set": Asked(
        EDITORS,
        lambda _, t: (
            "POST",
            "/api/change-sets",
            {
                "json": {"environment": TARGETS[t][0], "title": "t", "drafts": [{**DRAFT, **draft_place(t)}]},
                "params": {"dry_run": True},
            },
        ),
        changes=True,
    ),
    "create_release": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/releases",
            {
                "json": {
                    "from": TARGETS[t][0],
                    "to": "empty",
                    "scopes": ["global"],
                    "title": "t",
                },
                "params": {"dry_run": True},
            },
        ),
        what="everywhere",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "compare_environments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/compare", {"params": {"environments": [TARGETS[t][0], "empty"]}}),
        what="everywhere",
        targets=("global", "elsewhere"),
    ),
    "list_change_sets": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/change-sets", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_change_set": Asked(VIEWERS, on_change_set("GET")),
    "draft_in_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("POST", "/drafts", {"drafts": [{**DRAFT, **draft_place(t)}]})(there, t),
        changes=True,
    ),
    "remove_draft_of_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("DELETE", f"/drafts/{there.change_sets[t]['drafts'][0]['id']}")(there, t),
        changes=True,
    ),
    **{
        f"{act}_change_set": Asked(EDITORS, on_change_set("POST", f"/{act}", {}), changes=True)
        for act in ("propose", "check", "publish", "discard")
    },
    "rollback_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("POST", "/rollback", {})(there, f"published {t}"),
        changes=True,
    ),
    "step_change_set": Asked(
        MAINTAINERS,
        lambda there, t: on_change_set("POST", "/step", {"percent": 50})(there, f"ramping {t}"),
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "approve_change_set": Asked(
        MAINTAINERS,
        on_change_set("POST", "/approve", {}),
        what="environment",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "rollback_environment": Asked(
        EDITORS,
        lambda there, t: (
            "POST",
            "/api/rollbacks",
            {
                "json": {
                    "environment": TARGETS[t][0],
                    "scopes": [TARGETS[t][1]],
                    "position": there.newest,
                },
                "params": {"dry_run": True},
            },
        ),
        changes=True,
    ),
    "sync_defaults": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}sync-defaults",
            {"json": {"environment": TARGETS[t][0]}, "params": {"dry_run": True}},
        ),
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "import_settings": Asked(
        ADMINS,
        lambda _, t: (
            "POST",
            "/api/imports",
            {"json": {"kind": "env", "variables": {}, "environment": TARGETS[t][0]}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "check_go_live": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/go-live", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "compliance": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/compliance", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "issue_key": Asked(
        ADMINS,
        lambda _, t: (
            "POST",
            "/api/keys",
            {"json": {"label": "x", "role": "reader", "environments": [TARGETS[t][0]]}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_key": Asked(
        ADMINS,
        lambda there, t: ("GET", f"/api/keys/{there.key_ids[Caller('reader', (TARGETS[t][0],))]}", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "revoke_key": Asked(
        ADMINS,
        lambda there, t: (
            "DELETE",
            f"/api/keys/{there.key_ids[Caller('reader', (TARGETS[t][0],))]}",
            {"params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "assign_owner": Asked(
        ADMINS,
        lambda _, t: (
            "PUT",
            "/api/collections/c-3/owner",
            {"json": {"environment": TARGETS[t][0], "user_id": "u-1"}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "create_webhook": Asked(
        ADMINS,
        lambda _, t: ("POST", "/api/webhooks", {"json": webhook(TARGETS[t][0]), "params": {"dry_run": True}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_webhook": on_webhook("GET"),
    "update_webhook": on_webhook("PUT", body={"is_active": False}),
    "delete_webhook": on_webhook("DELETE"),
    "rotate_webhook_secret": on_webhook("POST", "/rotate-secret", {}),
    "test_webhook": on_webhook("POST", "/test"),
    "list_deliveries": on_webhook("GET", "/deliveries"),
    "redeliver": Asked(
        ADMINS,
        lambda there, t: (
            "POST",
            f"/api/webhooks/{there.webhooks[TARGETS[t][0]]}/deliveries/{there.delivery(t)}/redeliver",
            {},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "webhook_status": Asked(ADMINS, plain("GET", "/api/webhooks/status"), what="own rights"),
    "resume_webhooks": Asked(ADMINS, plain("POST", "/api/webhooks/resume", json={}), what="installation"),
    "list_webhooks": Asked(ADMINS, plain("GET", "/api/webhooks"), what="own rights"),
    "read_serving": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/serving", {}),
        targets=("global", "elsewhere"),
    ),
    "switch_serving": Asked(
        MAINTAINERS,
        lambda _, t: (
            "PUT",
            f"/api/environments/{TARGETS[t][0]}/serving",
            {"json": {"serving": "defaults"}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_keys": Asked(ADMINS, plain("GET", "/api/keys"), what="own rights"),
    "list_events": Asked(VIEWERS, plain("GET", "/api/events"), what="own rights"),
    "read_ladder": Asked(VIEWERS, plain("GET", "/api/ladder"), what="own rights"),
    "list_environments": Asked(VIEWERS, plain("GET", "/api/environments"), what="own rights"),
    "list_config_types": Asked(VIEWERS, plain("GET", "/api/config-types"), what="own rights"),
    "read_config_type": Asked(VIEWERS, plain("GET", "/api/config-types/chunking"), what="own rights"),
    "list_shipped_bundles": Asked(VIEWERS, plain("GET", "/api/imports/builtin"), what="own rights"),
    "list_tags": Asked(VIEWERS, plain("GET", "/api/tags"), what="own rights"),
    "metrics": Asked(VIEWERS, plain("GET", "/metrics"), what="own rights"),
    "projection_status": Asked(VIEWERS, plain("GET", "/api/projections"), what="own rights"),
    "read_checkpoint": Asked(VIEWERS, plain("GET", "/api/audits/checkpoint"), what="own rights"),
    "prove_consistency": Asked(
        VIEWERS, plain("GET", "/api/audits/consistency", params={"first": 1}), what="own rights"
    ),
    "verify_config_type": Asked(
        VIEWERS,
        plain("POST", "/api/config-types/chunking/verify", json={"schema": {"type": "object", "properties": {}}}),
        what="installation",
    ),
    "change_ladder": Asked(
        ADMINS, dry("PUT", "/api/ladder", {"kinds": ["global", "user", "collection"]}), what="installation"
    ),
    "add_environment": Asked(ADMINS, dry("POST", "/api/environments", {"name": "third"}), what="installation"),
    "retire_environment": Asked(
        ADMINS, plain("DELETE", "/api/environments/spare", params={"dry_run": True}), what="installation"
    ),
    **{
        operation: Asked(
            VIEWERS,
            lambda _, t, tail=tail: (  # type: ignore[misc]
                "GET",
                f"/api/environments/{TARGETS[t][0]}/policies{tail}",
                {},
            ),
            targets=("global", "elsewhere"),
        )
        for operation, tail in (("list_policies", ""), ("read_policy", "/steady"))
    },
    "read_environment": Asked(
        VIEWERS, lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}", {}), targets=("global", "elsewhere")
    ),
    **{
        operation: Asked(
            ADMINS,
            lambda _, t, method=method, tail=tail, body=body: (  # type: ignore[misc]
                method,
                f"/api/environments/{TARGETS[t][0]}{tail}",
                {"json": body, "params": {"dry_run": True}},
            ),
            what="environment",
            targets=("global", "elsewhere"),
        )
        for operation, method, tail, body in (
            ("revise_environment", "PUT", "", {}),
            ("freeze_environment", "POST", "/freeze", {}),
            ("thaw_environment", "POST", "/thaw", {}),
            ("set_policy", "PUT", "/policies/steady", {"config_type": "llm"}),
            ("delete_policy", "DELETE", "/policies/steady", None),
        )
    },
    "define_config_type": Asked(
        ADMINS,
        dry("PUT", "/api/config-types/mine", {"schema": {"type": "object", "properties": {}}}),
        what="installation",
    ),
    "name_position": Asked(MAINTAINERS, dry("PUT", "/api/tags/there", {}), what="installation"),
    "verify_log": Asked(ADMINS, plain("POST", "/api/audits/verify", json={}), what="installation"),
    "rotate_secrets": Asked(ADMINS, dry("POST", "/api/secrets/rotations", {}), what="installation"),
    "rebuild_projections": Asked(ADMINS, plain("POST", "/api/projections/rebuild"), what="installation"),
    "rebuild_projection": Asked(ADMINS, plain("POST", "/api/projections/configs/rebuild"), what="installation"),
    "verify_projections": Asked(ADMINS, plain("POST", "/api/projections/verify"), what="installation"),
}


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
