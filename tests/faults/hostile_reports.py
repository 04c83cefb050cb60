"""Reports made to cost a server much."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.faults.hostile_inputs import get, sent

FAILURES, USAGE = "/api/failures", "/api/usage"
AT = "2026-11-20T10:00:00Z"
TAKEN = 202


def failure(number: int, **fields: Any) -> dict[str, Any]:
    known = {"at": AT, "config_type": "llm", "layer": "global", "position": 1, "error": "E", "version": 1}
    return {"id": str(UUID(int=number)), "config_id": str(UUID(int=number)), **known, **fields}


def record(number: int, configs: int = 0) -> dict[str, Any]:
    used = [
        {"config_type": "t", "config_id": str(UUID(int=one)), "version": 1, "layer": "global"} for one in range(configs)
    ]
    return {"request_id": f"r-{number}", "at": AT, "position": 1, "digest": "9f", "configs": used}


REPORTS = [
    sent(
        "a thousand failures of a thousand configs",
        TAKEN,
        "POST",
        FAILURES,
        lambda: {"failures": [failure(n) for n in range(1_000)]},
    ),
    sent(
        "a thousand failures with long errors",
        TAKEN,
        "POST",
        FAILURES,
        lambda: {"failures": [failure(n, error="x" * 700) for n in range(1_000)]},
    ),
    sent(
        "a failure with an error of a megabyte",
        TAKEN,
        "POST",
        FAILURES,
        lambda: {"failures": [failure(2_000, error="x" * 1_000_000)]},
    ),
    sent(
        "a thousand failures that do not fit",
        400,
        "POST",
        FAILURES,
        lambda: {"failures": [{name: [] for name in failure(n)} for n in range(1_000)]},
    ),
    sent(
        "too many failures",
        400,
        "POST",
        FAILURES,
        lambda: {"failures": [{} for _ in range(40_000)]},
    ),
    sent("a thousand records", TAKEN, "POST", USAGE, lambda: {"records": [record(n, 4) for n in range(1_000)]}),
    sent(
        "a thousand records of a thousand contexts",
        TAKEN,
        "POST",
        USAGE,
        lambda: {
            "records": [{**record(n), "user_id": f"u-{n}", "collection_id": f"c-{n}"} for n in range(3_000, 4_000)]
        },
    ),
    sent(
        "what three types change for a thousand contexts seen",
        200,
        "POST",
        "/api/runtime-configs/impact",
        lambda: {
            "changes": [
                {"action": "put", "config_type": "chunking", "config_data": {"max_chunk_size": 700}},
                {"action": "put", "config_type": "retrieval", "config_data": {"number_of_results": 7}},
                {"action": "put", "config_type": "open", "config_data": {"a": 1}},
            ]
        },
    ),
    sent(
        "what a change for fifty users and their collections does to a thousand contexts seen",
        200,
        "POST",
        "/api/runtime-configs/impact",
        lambda: {
            "changes": [
                {"action": "put", "scope": f"{kind}:{kind[0]}-{n}", "config_type": "open", "config_data": {"a": n}}
                for n in range(3_950, 4_000)
                for kind in ("user", "collection")
            ]
        },
    ),
    sent(
        "records with very many configs",
        TAKEN,
        "POST",
        USAGE,
        lambda: {"records": [record(n, 100) for n in range(2_000, 2_080)]},
    ),
    sent("too many configs in a record", 400, "POST", USAGE, lambda: {"records": [record(n, 101) for n in range(70)]}),
    get("a sum of all failures", 200, f"{FAILURES}/summary?limit=100"),
    get("five hundred failures", 200, f"{FAILURES}?limit=500"),
    get("five hundred records", 200, f"{USAGE}?limit=500&config_type=t"),
]
