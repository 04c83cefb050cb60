"""From the event of an evaluation to its row."""

from __future__ import annotations

from typing import Any

import orjson

from application.evaluation_views import EvaluationRow
from application.ports import Commit, Recorded
from domain.releases.evaluation import Evaluation

TOPIC = Evaluation.Recorded.TOPIC


def evaluation_row(event: Recorded, commit: Commit) -> EvaluationRow:
    facts: dict[str, Any] = orjson.loads(event.state)
    lock_id, change_set_id = ((facts.get(name) or "").replace("-", "") or None for name in ("lock_id", "change_set_id"))
    return EvaluationRow(
        event.stream_hex,
        facts["environment"],
        facts["verdict"],
        facts["dataset_hash"],
        facts["manifest"].get("config_hash"),
        lock_id,
        change_set_id,
        event.state.decode(),
        commit.recorded_us,
        commit.last,
    )
