"""Results of an experiment as they are served, wherever they were computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from domain.experiments.results import MetricResult, Results, VariantResult

COMPARISON = ("difference", "relative", "interval", "p_value", "anytime_interval", "anytime_p_value")
OF_EXPERIMENT = ("id", "environment", "name", "status", "started_at")


def results_data(experiment: Mapping[str, Any], found: Results) -> dict[str, Any]:
    """Of an experiment as it is served."""
    return {
        **{name: experiment[name] for name in OF_EXPERIMENT},
        "users": found.users,
        "users_in_several_variants": found.crossed,
        "shares": {"due": experiment["shares"], "p_value": found.shares_p_value, "match": found.shares_match},
        "metrics": list(map(metric_data, found.metrics)),
    }


def metric_data(one: MetricResult) -> dict[str, Any]:
    return {
        "name": one.metric["name"],
        "better": one.metric["better"],
        "kind": one.metric.get("kind", "mean"),
        "tolerated_change_percent": one.metric.get("tolerated_change_percent"),
        "variants": list(map(variant_data, one.variants)),
    }


def variant_data(one: VariantResult) -> dict[str, Any]:
    comparison = dict.fromkeys(COMPARISON) if one.comparison is None else asdict(one.comparison)
    mean = one.sample.mean if one.sample.users else None
    return {"name": one.name, "users": one.sample.users, "mean": mean, **comparison, "verdict": one.verdict}
