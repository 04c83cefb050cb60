"""An experiment as it is served."""

from __future__ import annotations

from typing import Any

from application.catalog import Catalog
from domain.experiments.known import KnownExperiment
from domain.experiments.results import shares_of
from domain.times import rfc3339


def experiment_data(known: KnownExperiment, catalog: Catalog, *, problem: str | None = None) -> dict[str, Any]:
    """An experiment; `shares` are those of the users in it, since `weighed_at`; `buckets` say who is.

    `problem` is why it could not be started or paused at its time.
    """
    return {
        "id": str(known.uuid),
        "environment": known.environment,
        "name": known.name,
        **known.plan,
        "status": known.status,
        "schedule_problem": problem,
        "shares": shares_of(known),
        "buckets": {
            "traffic_salt": known.layer,
            "traffic": [(one.start, one.end) for one in catalog.traffic.of_experiment(known)],
            "variant_salt": known.variant_salt,
            "variants": [tuple(one) for one in known.variants],
        },
        "adopted": known.adopted,
        "version": known.version,
        "created_at": rfc3339(known.created_us),
        "created_by": known.created_by,
        "weighed_at": rfc3339(known.weighed_us) if known.weighed_us else None,
        "started_at": None if known.started_us is None else rfc3339(known.started_us),
        "updated_at": rfc3339(known.updated_us),
        "updated_by": known.updated_by,
        "position": known.position,
    }
