"""What a client tells the service: calls that failed, and what requests were answered with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from varve.effective import Effective, facts_of
from varve.facts import Layer, Trace

Outcome = Literal["ok", "failed", "healed"]
OUTCOMES = ("ok", "failed", "healed")
LONGEST_ERROR = 500
LONGEST_ID = 255


def described(error: Exception) -> str:
    """The class and what it says."""
    return f"{type(error).__name__}: {error}"


def failure_report(
    effective: Effective,
    config_type: str,
    layer: Layer,
    *,
    error: str,
    healed_by: str | None,
    circuit: str,
    counts: bool,
) -> dict[str, Any]:
    context = effective.context
    return {
        "id": str(uuid4()),
        "at": now(),
        "config_type": config_type,
        "config_id": layer.config_id,
        "version": layer.version,
        "layer": layer.layer,
        "user_id": context.user,
        "collection_id": next(iter(context.collections), None),
        "position": facts_of(effective).position or 0,
        "error": error[:LONGEST_ERROR],
        "healed_by": healed_by,
        "circuit": circuit,
        "counts": counts,
    }


def usage_record(request_id: object, trace: Trace, *, outcome: str) -> dict[str, Any]:
    """Raises ValueError for what the service would not take."""
    if not isinstance(request_id, str) or not 1 <= len(request_id) <= LONGEST_ID:
        raise ValueError(f"request_id: a text of 1 to {LONGEST_ID} characters is needed, not {request_id!r:.100}")
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome: one of {', '.join(OUTCOMES)} is needed, not {outcome!r}")
    first = trace.collection if isinstance(trace.collection, str) else next(iter(trace.collection or ()), None)
    return {
        "request_id": request_id,
        "at": now(),
        "user_id": trace.user,
        "collection_id": first,
        "position": trace.position or 0,
        "digest": trace.digest or "",
        "configs": [used._asdict() for used in trace.configs],
        "experiment": trace.experiment,
        "variant": trace.variant,
        "outcome": outcome,
    }


def now() -> str:
    return datetime.now(UTC).isoformat()
