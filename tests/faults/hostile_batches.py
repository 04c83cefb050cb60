"""Batches and streams made to cost a server much."""

from __future__ import annotations

from typing import Any

from tests.faults.hostile_inputs import CONFIGS, get, sent

EFFECTIVE, OK = f"{CONFIGS}effective", 200


def batch(count: int, collections: int, **more: Any) -> dict[str, Any]:
    """So many users, each with so many collections that nobody else has; of types that no other row has defined."""
    ids = [[f"c-{n}-{m}" for m in range(collections)] for n in range(count)]
    contexts = [{"user_id": f"u-{n}", "collection_ids": one} for n, one in enumerate(ids)]
    return {"contexts": contexts, "config_types": ["chunking", "pipeline", "retrieval"], **more}


BATCHES = [
    sent("a thousand contexts", OK, "POST", EFFECTIVE, lambda: batch(1000, 1)),
    sent("a thousand contexts with layers", OK, "POST", EFFECTIVE, lambda: batch(1000, 0, layers=True)),
    sent("contexts of 10,000 ids", OK, "POST", EFFECTIVE, lambda: batch(1000, 9)),
    sent("contexts of 21,000 ids", 400, "POST", EFFECTIVE, lambda: batch(1000, 20)),
    sent("a thousand bad contexts", OK, "POST", EFFECTIVE, lambda: {"contexts": [{"user_id": ""}] * 1000}),
    sent("10,000 contexts", 400, "POST", EFFECTIVE, lambda: {"contexts": [{}] * 10_000}),
    get("a stream from long ago", OK, "/api/stream?seconds=0", **{"Last-Event-ID": "0"}),
    get("a stream from a number of 90 digits", OK, "/api/stream?seconds=0", **{"Last-Event-ID": "9" * 90}),
]
