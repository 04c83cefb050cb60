"""Trials of a tuning run, as tuners write them: one JSON object a line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from api.cli.failures import Failed

TOLD = {"timestamp", "metrics", "score", "eval_time_seconds", "dataset_path", "dataset_hash", "run_id", "seed"}
MODELS = {"model": "generator", "reranker_model": "reranker"}


def trials_in(file: Path) -> list[dict[str, Any]]:
    """Every trial, in the order of the file. Raises Failed, with the line that is none."""
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.append(_trial(line, f"{file}:{number}"))
    return found


def evaluation_of(trial: dict[str, Any]) -> dict[str, Any]:
    """The body that records it. Whatever a trial says beside its measurements is kept among the settings."""
    settings = {name: value for name, value in trial.items() if name not in TOLD | MODELS.keys() | {"config"}}
    config = dict(trial.get("config") or {})
    rerank = config.pop("rerank", {})
    measured = {"score": trial.get("score"), "eval_time_seconds": trial.get("eval_time_seconds")}
    return {
        "name": trial.get("run_id"),
        "ran_at": trial["timestamp"],
        "manifest": {
            "models": {use: trial[name] for name, use in MODELS.items() if trial.get(name)},
            "rerank": rerank,
            "settings": {**config, **settings},
            "seed": trial.get("seed"),
        },
        "dataset": trial.get("dataset_path"),
        "dataset_hash": trial["dataset_hash"],
        "metrics": {**trial["metrics"], **{name: value for name, value in measured.items() if value is not None}},
    }


def trial_key(trial: dict[str, Any], named: dict[str, Any]) -> str:
    """The same trial, recorded the same way, is the same command."""
    return sha256(json.dumps([trial, named], sort_keys=True).encode()).hexdigest()


def _trial(line: str, place: str) -> dict[str, Any]:
    try:
        trial: dict[str, Any] = json.loads(line)
        at = datetime.fromisoformat(trial["timestamp"])
        lacking = [name for name in ("metrics", "dataset_hash") if name not in trial]
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(f"{place} is no trial: a JSON object with timestamp, metrics and dataset_hash") from error
    if lacking:
        raise Failed(f"{place} lacks {', '.join(lacking)}")
    # Tuners write the time without an offset: it is UTC.
    return {**trial, "timestamp": (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()}
