"""What a client tells the service: failed calls, what requests were answered with, and what experiments need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from varve.effective import Effective, facts_of
from varve.facts import Layer, Trace

Outcome = Literal["ok", "failed", "healed"]
OUTCOMES = ("ok", "failed", "healed")
LONGEST_ERROR = 500
LONGEST_ID = 255
LARGEST_VALUE = 1e15


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
    checked_text(request_id, "request_id")
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


def exposure_report(user: str | None, experiment: str, variant: str, *, at: datetime) -> dict[str, Any]:
    return {"user_id": user, "experiment": experiment, "variant": variant, "at": at.isoformat()}


def outcome_report(metric: object, value: object, *, user: object, id_: UUID | str | None) -> dict[str, Any]:
    """Raises ValueError for what the service would not take."""
    if not isinstance(value, int | float) or not abs(value) <= LARGEST_VALUE:
        raise ValueError(f"value: a number of at most {LARGEST_VALUE:g} either way is needed, not {value!r:.100}")
    return {
        "id": str(uuid4() if id_ is None else checked_uuid(id_)),
        "at": now(),
        "user_id": checked_text(user, "user"),
        "metric": checked_text(metric, "metric"),
        "value": value * 1.0,
    }


def checked_uuid(id_: UUID | str) -> UUID:
    """Raises ValueError."""
    try:
        return UUID(str(id_))
    except ValueError:
        raise ValueError(f"id: a UUID is needed, not {id_!r:.100}") from None


def checked_text(text: object, name: str) -> str:
    """Raises ValueError."""
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_ID:
        raise ValueError(f"{name}: a text of 1 to {LONGEST_ID} characters is needed, not {text!r:.100}")
    return text


def now() -> str:
    return datetime.now(UTC).isoformat()
