"""Change sets as they stand in the API document."""

from __future__ import annotations

from typing import Any

from api.rest.examples import CHUNKING, CONFIG_ID

DRAFTS: list[dict[str, Any]] = [
    {"config_type": "chunking", "name": "main", "config_data": CHUNKING, "is_default": True},
    {"kind": "profile", "name": "long_documents", "settings": {"retrieval": {"number_of_results": 25}}},
]
NEW: dict[str, Any] = {
    "environment": "production",
    "title": "longer chunks",
    "description": "clauses were cut in half",
    "drafts": DRAFTS,
    "reason": "RAG-812",
}


MORE: dict[str, Any] = {"drafts": DRAFTS}
FACTS: dict[str, Any] = {
    "id": "8c1d8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
    "environment": "production",
    "title": "longer chunks",
    "state": "draft",
    "version": 3,
    "created_at": "2026-11-20T10:00:00.000001Z",
    "created_by": "u-1",
    "updated_at": "2026-11-20T10:00:00.000001Z",
    "updated_by": "u-1",
    "position": 1042,
}
LISTED = {**FACTS, "due_at": None}
CHANGE_SET: dict[str, Any] = {
    **FACTS,
    "description": "clauses were cut in half",
    "origin": None,
    "drafts": [
        {
            "id": CONFIG_ID,
            "kind": "config",
            "operation": "create",
            "name": "main",
            "scope": "global",
            "config_type": "chunking",
            "base_version": 0,
            "base": None,
            "wanted": {
                "name": "main",
                "description": None,
                "mode": "replace",
                "unset": [],
                "is_active": True,
                "config_data": CHUNKING,
                "default": CONFIG_ID,
            },
            "author": "u-1",
        }
    ],
    "authors": ["u-1"],
    "approved_by": ["u-2"],
    "publish_at": None,
    "ramp": {
        "steps": [1, 10, 50, 100],
        "bake_minutes": 30,
        "guardrails": [{"name": "latency_ms", "better": "lower", "tolerated_change_percent": 5}],
        "percent": 10,
    },
    "problem": None,
    "rolled_back": None,
}
EXAMPLE_OF_CHECK: dict[str, Any] = {
    "ok": False,
    "problems": [
        {
            "pointer": "/drafts/0/config_data/max_chunk_size",
            "message": "/config_data/max_chunk_size of the chunking config main at global was changed …",
            "rule": "changed_since",
            "base": 500,
            "theirs": 900,
            "ours": 700,
        }
    ],
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "approvals": {"demanded": 2, "counting": ["u-2"], "lapsed": ["u-3"]},
}
