"""The examples that the OpenAPI document shows."""

from __future__ import annotations

from typing import Any

CONFIG_ID = "0b9e8a52-6f0e-5d0a-9a53-0f7c2f0f7b11"
CHUNKING = {"strategy": "semantic", "min_chunk_size": 200, "max_chunk_size": 1500, "chunk_overlap": 150}

CREATE: dict[str, Any] = {
    "environment": "production",
    "scope": "collection",
    "collection_id": "c-9",
    "config_type": "chunking",
    "name": "contracts",
    "description": "long clauses",
    "mode": "replace",
    "config_data": CHUNKING,
    "is_default": True,
    "reason": "clauses were cut in half",
}
CONFIG: dict[str, Any] = {
    "id": CONFIG_ID,
    "environment": "production",
    "scope": "collection",
    "user_id": None,
    "collection_id": "c-9",
    "scope_kind": "collection",
    "scope_id": "c-9",
    "config_type": "chunking",
    "type_version": 1,
    "name": "contracts",
    "description": "long clauses",
    "mode": "replace",
    "config_data": CHUNKING,
    "unset": [],
    "is_default": True,
    "is_global": False,
    "is_active": True,
    "in_force": True,
    "in_force_reason": None,
    "version": 1,
    "parent_version": None,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "u-1",
    "updated_at": "2026-11-20T10:00:00.000001Z",
    "updated_by": "u-1",
    "position": 1042,
}
DRY_RUN = {
    "dry_run": True,
    "events": [{"type": "config.deleted", "stream_id": CONFIG_ID, "stream_version": 2, "data": {"actor": "u-1"}}],
}
PROBLEM = {
    "type": "https://varve.dev/errors/invalid-config",
    "title": "Invalid configuration",
    "status": 400,
    "code": "invalid_config",
    "detail": "chunking is not valid: max_chunk_size must be greater than min_chunk_size",
    "errors": [
        {
            "pointer": "/config_data/max_chunk_size",
            "message": "max_chunk_size must be greater than min_chunk_size",
            "rule": "max_above_min",
        }
    ],
}
EFFECTIVE = {
    "chunking": {**CHUNKING, "semantic_threshold": 0.5},
    "resolution_path": {"chunking": "collection:c-9"},
    "environment": "production",
    "user_id": "u-1",
    "collection_id": "c-9",
    "position": 1042,
    "epoch": 1,
    "as_of": None,
    "final": True,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "degraded": [],
}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "message": {"type": "string"},
                    "rule": {"type": "string"},
                },
            },
        },
    },
}
ANY_TIME = (401, 403, 429, 431, 503)  # of whatever is asked
COMMAND_FAULTS = (400, 404, 409, 412, 413, 415, 422, 423, 428, 503)
MEANINGS = {
    400: "The request is not valid; each fault is named.",
    401: "No key or token, or none that is good.",
    403: "The caller may not.",
    404: "Nothing is there, or nothing that the caller may see.",
    408: "The body did not arrive in time.",
    409: "Something stands in the way.",
    412: "If-Match names another version.",
    413: "The body, or what it would record, is too large.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key was used for another request.",
    423: "The environment is frozen, or the settings are locked.",
    428: "The environment demands If-Match.",
    429: "The caller asks too often.",
    431: "Address and headers are too long.",
    503: "The service cannot answer now: try again.",
}

PROBLEMS = {
    401: ("unauthenticated", "Not authenticated", "send a key or a token: Authorization: Bearer …"),
    403: ("forbidden", "Forbidden", "key:1f0c… may not do configs.change on global in production: ask an admin"),
    404: ("not_found", "Not found", f"there is no config {CONFIG_ID}"),
    408: ("timeout", "Timeout", "the body stalled for 10 s: send it again, without pauses"),
    409: ("name_taken", "Name taken", "this name is taken in its slot: choose another"),
    412: ("stale_version", "Stale version", "this config is at version 2, and If-Match names 1: read it again"),
    413: ("too_large", "Too large", "the body may have 1,024 KiB: send less, or in parts"),
    415: ("unsupported_media_type", "Unsupported media type", "send JSON, with Content-Type: application/json"),
    422: ("idempotency_key_reused", "Idempotency key reused", "this key was used for another request: take a new one"),
    423: ("frozen", "Frozen", "production is frozen since 2026-12-23T18:00:00.000001Z by u-1: the holidays; …"),
    428: ("if_match_required", "If-Match required", "a change in production says which version it is about: …"),
    429: ("rate_limited", "Rate limited", "too many requests at once: wait 1 s, and ask less often"),
    431: ("head_too_large", "Head too large", "address and headers may have 64 KiB together: shorten them"),
    503: ("behind", "Views behind", "the views are at 1041, not at 1042 yet: try again in a moment"),
}


def problem_example(status: int) -> dict[str, Any]:
    """A problem as it is served with this status."""
    if status not in PROBLEMS:
        return PROBLEM
    code, title, detail = PROBLEMS[status]
    address = f"https://varve.dev/errors/{code.replace('_', '-')}"
    return {"type": address, "title": title, "status": status, "code": code, "detail": detail}


def leads_to(*operations: str, **parameters: str) -> dict[str, Any]:
    """OpenAPI links: operations that take something out of this answer, by runtime expressions."""
    return {name: {"operationId": name, "parameters": parameters} for name in operations}


def responses(
    *statuses: int, ok: dict[int, tuple[str, Any]] | None = None, empty: dict[int, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a route: problems by status, successes with an example, and those without a body.

    What any route may be answered with is added: a body can be late wherever it can be too large.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for status, (meaning, example) in (ok or {}).items():
        found[status] = {"description": meaning, "content": {"application/json": {"example": example}}}
    for status, meaning in (empty or {}).items():
        found[status] = {"description": meaning}
    late = {408} if 413 in statuses else set()
    for status in sorted({*statuses, *late, *ANY_TIME}):
        content = {"application/problem+json": {"schema": PROBLEM_SCHEMA, "example": problem_example(status)}}
        found[status] = {"description": MEANINGS[status], "content": content}
    return found


OFREP_FAILURE = {
    "key": "llm.temprature",
    "errorCode": "FLAG_NOT_FOUND",
    "errorDetails": "there is no flag llm.temprature",
}
OFREP_SCHEMA = {
    "type": "object",
    "required": ["errorCode", "errorDetails"],
    "properties": {
        "key": {"type": "string"},
        "errorCode": {"enum": ["PARSE_ERROR", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"]},
        "errorDetails": {"type": "string"},
    },
}
BEFORE_OFREP = 431  # refused before the address is looked at


def ofrep_responses(
    *statuses: int, ok: dict[int, tuple[str, Any]], empty: dict[int, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The same for OFREP, whose refusals have a form of their own."""
    found = responses(400, *statuses, ok=ok, empty=empty)
    for status in found.keys() - {*ok, *(empty or {}), BEFORE_OFREP}:
        code = {400: "INVALID_CONTEXT", 404: "FLAG_NOT_FOUND"}.get(int(status), "GENERAL")
        found[status]["content"] = {
            "application/json": {"schema": OFREP_SCHEMA, "example": {**OFREP_FAILURE, "errorCode": code}}
        }
    return found
