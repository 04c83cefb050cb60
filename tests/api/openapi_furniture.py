"""The API document, and what must be there before an operation can be asked for its example."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.app import web
from tests.api.conftest import Client, queue

DOCUMENT: dict[str, Any] = web().openapi()


OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def body_of(name: str) -> Any:
    """The example of an operation's body; None where it takes none."""
    content = OPERATIONS[name][2].get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in content:
        return content["example"]
    reference = content.get("schema", {}).get("$ref", "")
    return DOCUMENT["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("examples", [None])[0]


def of_profiles(client: Client, name: str) -> dict[str, Any]:
    """A profile to ask for, given to a user."""
    new = {"name": f"of-{name}", "settings": {"llm": {"temperature": 0.2}}, "environment": "production"}
    if name == "create_profile":
        return {"json": new}
    made = client.post("/api/profiles", json=new).json()["id"]
    if name not in {"delete_profile", "unassign_profile"}:
        client.put("/api/assignments/u-1", json={"profile_id": made, "reason": "asks long questions"})
    bodies = {
        "update_profile": {"json": {"description": "another"}},
        "assign_profile": {"json": {"profile_id": made}},
        "assign_profile_to_all": {"json": {"profile_id": made, "users": ["u-2"]}},
    }
    return {"path": {"id": made, "user_id": "u-1"}, **bodies.get(name, {})}


def of_webhooks(client: Client, name: str) -> dict[str, Any]:
    """A webhook to ask for."""
    if name == "create_webhook":
        return {"json": body_of(name)}
    made = client.post("/api/webhooks", json=body_of("create_webhook")).json()["id"]
    client.create(is_default=False)
    queue(client)
    delivery = client.service.use_cases.outbox.page(UUID(made).hex, state=None, before=None, limit=1)[0].id
    bodies: dict[str, Any] = {
        "update_webhook": {"is_active": False},
        "rotate_webhook_secret": {},
        "resume_webhooks": {},
    }
    return {"path": {"id": made, "delivery_id": str(UUID(delivery))}, "json": bodies.get(name)}


def of_compliance(client: Client, name: str) -> dict[str, Any]:
    """A policy that is not kept."""
    client.post("/api/imports", json={"kind": "bundle", "bundle": {"varve_bundle": 1, "builtin": ["platform"]}})
    found = OPERATIONS[name][2]["responses"]["200"]["content"]["application/json"]["example"]["items"][0]
    demanded = {key: found[key] for key in ("config_type", "expression", "regimes")} | {"message": found["why"]}
    client.create("security_policy", {"requirements": {found["requirement"]: demanded}})
    return {}


def of_experiments(client: Client, name: str) -> dict[str, Any]:
    """An experiment to ask for, as far as the operation needs it."""
    client.post("/api/profiles", json={"name": "experimental_v1", "settings": {}})
    plan = {**body_of("create_experiment"), "name": f"of-{name}"}
    if name == "create_experiment":
        return {"json": plan}
    made = client.post("/api/experiments", json=plan).json()["id"]
    if name != "start_experiment":
        client.post(f"/api/experiments/{made}/start", json={})
    bodies = {"revise_experiment": {"traffic_percent": 50}, "conclude_experiment": {"adopt": None}}
    return {"path": {"id": made}, **({} if name in ROUTES_WITHOUT_BODY else {"json": bodies.get(name, {})})}


def of_locks(client: Client, name: str) -> dict[str, Any]:
    """A lock to ask for, which was promoted where it must have been."""
    for environment in (name, f"to_{name}"):
        client.post("/api/environments", json={"name": environment})
    there = {"environment": name, "scope": "collection", "collection_id": "c-9"}
    settings = {"chunk_size": 450}
    client.create("chunk_index", settings, **there)
    if name == "create_lock":
        return {"json": {**body_of(name), **there}}
    made = client.post("/api/locks", json={**body_of("create_lock"), **there}).json()["id"]
    promote = {"to_environment": f"to_{name}", "reason": "measured"}
    if name == "roll_lock_back":
        client.create("chunk_index", settings, **{**there, "environment": f"to_{name}"})
        client.post(f"/api/locks/{made}/promote", json=promote)
    if name == "approve_lock":
        return {"path": {"id": made}, "json": promote, "headers": {"Varve-Actor": "u-2"}}
    bodies: dict[str, Any] = {"promote_lock": promote, "unlock": {"reason": "w"}, "roll_lock_back": {"reason": "w"}}
    return {"path": {"id": made}, "json": bodies.get(name)}


def of_evaluations(client: Client, name: str) -> dict[str, Any]:
    """An evaluation that has a baseline."""
    new = body_of("record_evaluation")
    first = client.post("/api/evaluations", json={**new, "baseline": None}).json()["id"]
    given = {**new, "baseline": {"evaluation_id": first}}
    if name == "record_evaluation":
        return {"json": given}
    made = client.post("/api/evaluations", json=given).json()["id"]
    return {"path": {"id": made}, "json": None}


def of_health(client: Client, name: str) -> dict[str, Any]:
    """A report that says something is wrong."""
    client.put("/api/environments/production/health", json=body_of("revise_health"))
    client.post("/api/health-reports", json=body_of("report_health"))
    return {
        "path": {"name": "production"},
        "json": body_of(name) if name in ("report_health", "revise_health") else None,
    }


def of_change_sets(client: Client, name: str) -> dict[str, Any]:
    """A change set to ask for."""
    new = {"title": f"of-{name}", "drafts": [{**DRAFT, "name": f"of-{name}"}], "description": "why"}
    if name == "create_change_set":
        return {"json": new}
    another = {"Varve-Actor": "another"} if name == "approve_change_set" else {}
    made = client.post("/api/change-sets", json=new, headers=another).json()
    if name == "approve_change_set":
        client.post(f"/api/change-sets/{made['id']}/propose", json={}, headers=another)
    if name == "rollback_change_set":
        client.post(f"/api/change-sets/{made['id']}/publish", json={})
    if name == "step_change_set":
        ramp = {"steps": [1, 10, 100], "bake_minutes": 60}
        draft = {"config_type": "question_generation", "name": "n", "config_data": {}, "is_default": True}
        made = client.post("/api/change-sets", json={**new, "drafts": [draft]}).json()
        assert client.post(f"/api/change-sets/{made['id']}/publish", json={"ramp": ramp}).status_code == 200
    bodies = {"draft_in_change_set": {"drafts": [{**DRAFT, "name": "another"}]}}
    without_body = name in {"read_change_set", "impact_of_change_set", "list_change_sets", "remove_draft_of_change_set"}
    path = {"id": made["id"], "subject": made["drafts"][0]["id"]}
    return {"path": path, "json": None if without_body else bodies.get(name, {})}


def of_releases(client: Client, name: str) -> dict[str, Any]:
    """Two environments that differ."""
    client.post("/api/environments", json={"name": "staging"})
    if name == "compare_environments":
        return {"params": {"environments": ["production", "staging"]}}
    return {"json": {"from": "production", "to": "staging", "title": "all"}}


DRAFT: dict[str, Any] = {"config_type": "chunking", "config_data": {"max_chunk_size": 900}}


def of_indexes(client: Client, name: str) -> dict[str, Any]:
    """An index to ask for, beside one that is read."""
    if name in {"route_to_index", "fingerprint_of_index", "list_indexes"}:
        return {"params": {} if name == "list_indexes" else {"collection_id": "c-9"}}
    if name == "register_index":
        return {"json": {"collection_id": name}}
    for _ in range(2):
        made = client.post("/api/indexes", json={"collection_id": name}).json()["id"]
        client.post(f"/api/indexes/{made}/ready", json={})
    bodies: dict[str, Any] = {"read_index": None, "drop_index": None, "progress_of_index": {"chunks": 1}}
    params = {"confirm": made} if name == "drop_index" else {}
    return {"path": {"id": made}, "json": bodies.get(name, {}), "params": params}


MADE_FOR = {
    "index": of_indexes,
    "lock": of_locks,
    "evaluation": of_evaluations,
    "_health": of_health,
    "compliance": of_compliance,
    "change_set": of_change_sets,
    "release": of_releases,
    "compare_environments": of_releases,
    "profile": of_profiles,
    "assignment": of_profiles,
    "webhook": of_webhooks,
    "deliver": of_webhooks,
    "experiment": of_experiments,
}


ROUTES_WITHOUT_BODY = {
    "read_experiment",
    "list_experiments",
    "read_experiment_results",
    "list_experiment_exposures",
    "list_experiment_outcomes",
}
