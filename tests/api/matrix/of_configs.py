"""What is asked of configs: changed, read, explained, and looked at in time."""

from __future__ import annotations

from tests.api.conftest import CONFIGS
from tests.api.matrix.asking import (
    DRAFT,
    EDITORS,
    READERS,
    TARGETS,
    VIEWERS,
    Asked,
    exposure,
    failure,
    flags,
    on_config,
    outcome,
    place,
    record,
    who,
)

OF_CONFIGS: dict[str, Asked] = {
    "create_config": Asked(
        EDITORS,
        lambda _, t: ("POST", CONFIGS, {"json": {**place(t), **DRAFT, "name": "n"}, "params": {"dry_run": True}}),
        changes=True,
    ),
    "read_config": Asked(VIEWERS, on_config("GET")),
    "update_config": Asked(EDITORS, on_config("PUT", body={"description": "x"}), changes=True),
    "delete_config": Asked(EDITORS, on_config("DELETE"), changes=True),
    "set_default": Asked(EDITORS, on_config("PUT", "/default", {"is_default": True}), changes=True),
    "set_active": Asked(EDITORS, on_config("PUT", "/active", {"is_active": True}), changes=True),
    "rollback_config": Asked(EDITORS, on_config("POST", "/rollback", {"to_version": 1}), changes=True),
    "config_history": Asked(VIEWERS, on_config("GET", "/history")),
    "list_configs": Asked(
        VIEWERS,
        lambda _, t: ("GET", CONFIGS, {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "effective_without_user": Asked(READERS, lambda _, t: ("GET", f"{CONFIGS}effective", {"params": who(t)})),
    "report_failures": Asked(
        READERS,
        lambda _, t: ("POST", "/api/failures", {"json": {"environment": TARGETS[t][0], "failures": [failure(t)]}}),
    ),
    "report_usage": Asked(
        READERS, lambda _, t: ("POST", "/api/usage", {"json": {"environment": TARGETS[t][0], "records": [record(t)]}})
    ),
    "report_exposures": Asked(
        READERS,
        lambda _, t: ("POST", "/api/exposures", {"json": {"environment": TARGETS[t][0], "exposures": [exposure(t)]}}),
        targets=("user", "foreign user"),
    ),
    "report_outcomes": Asked(
        READERS,
        lambda _, t: ("POST", "/api/outcomes", {"json": {"environment": TARGETS[t][0], "outcomes": [outcome(t)]}}),
        targets=("user", "foreign user"),
    ),
    **{
        operation: Asked(
            VIEWERS,
            lambda _, t, path=path: ("GET", path, {"params": {"environment": TARGETS[t][0]}}),  # type: ignore[misc]
            what="environment",
            targets=("global", "elsewhere"),
        )
        for operation, path in (
            ("list_failures", "/api/failures"),
            ("summarise_failures", "/api/failures/summary"),
            ("list_usage", "/api/usage"),
        )
    },
    "effective_of_user": Asked(
        READERS,
        lambda _, t: ("GET", f"{CONFIGS}effective/{who(t)['user_id']}", {"params": {"environment": "production"}}),
        targets=("user", "foreign user"),
    ),
    "evaluate_flag": Asked(
        READERS, lambda _, t: ("POST", "/ofrep/v1/evaluate/flags/chunking.max_chunk_size", {"json": flags(t)})
    ),
    "flag_events": Asked(
        READERS,
        lambda _, t: (
            "GET",
            "/ofrep/v1/events",
            {"params": {"environment": TARGETS[t][0], "scope": TARGETS[t][1], "seconds": 0}},
        ),
    ),
    "evaluate_flags": Asked(READERS, lambda _, t: ("POST", "/ofrep/v1/evaluate/flags", {"json": flags(t)})),
    "effective_of_each": Asked(  # a context that is refused spoils no other: test_effective_batch.py
        READERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}effective",
            {"json": {"environment": TARGETS[t][0], "contexts": [{}]}},
        ),
        targets=("global", "elsewhere"),
    ),
    "stream": Asked(
        READERS,
        lambda _, t: ("GET", "/api/stream", {"params": {"environment": TARGETS[t][0], "seconds": 0}}),
        targets=("global", "elsewhere"),
    ),
    "timeline": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}effective/{who(t)['user_id']}/timeline", {}),
        targets=("user", "foreign user"),
    ),
    "timeline_without_user": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}timeline", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "diff": Asked(VIEWERS, lambda _, t: ("POST", "/api/diff", {"json": {"left": who(t), "right": who(t)}})),
    "blame": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            "/api/blame",
            {"json": {"context": who(t), "config_type": "chunking", "pointer": "/max_chunk_size"}},
        ),
    ),
    "bisect": Asked(
        VIEWERS,
        lambda there, t: (
            "POST",
            "/api/bisects",
            {
                "json": {
                    "context": who(t),
                    "good": f"position:{there.position(t)}",
                    "bad": f"position:{there.newest}",
                    "verdict": {"config_type": "chunking", "pointer": "/max_chunk_size", "at_least": 1e9},
                }
            },
        ),
    ),
    "counterfactual": Asked(
        VIEWERS,
        lambda there, t: (
            "POST",
            "/api/counterfactuals",
            {"json": {"contexts": [who(t)], "draft": {**place(t), **DRAFT}}},
        ),
    ),
    "audit_replay": Asked(VIEWERS, lambda _, t: ("POST", "/api/audits/replay", {"json": who(t)})),
    "audit_receipts": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            "/api/audits/receipts",
            {"json": {"receipts": [{**who(t), "position": 12, "digest": "0" * 64}]}},
        ),
    ),
    "prove_event": Asked(VIEWERS, lambda there, t: ("GET", f"/api/audits/proof/{there.position(t)}", {})),
    "undo_event": Asked(
        EDITORS,
        lambda there, t: ("POST", f"/api/events/{there.position(t)}/undo", {"json": {}, "params": {"dry_run": True}}),
        changes=True,
    ),
    "test_config": Asked(VIEWERS, lambda _, t: ("POST", f"{CONFIGS}test", {"json": {**place(t), **DRAFT}})),
    "impact_of_changes": Asked(
        VIEWERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}impact",
            {"json": {"environment": TARGETS[t][0], "changes": [{"action": "put", "scope": "global", **DRAFT}]}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_redundant_configs": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"{CONFIGS}redundant", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "rollback_environment": Asked(
        EDITORS,
        lambda there, t: (
            "POST",
            "/api/rollbacks",
            {
                "json": {
                    "environment": TARGETS[t][0],
                    "scopes": [TARGETS[t][1]],
                    "position": there.newest,
                },
                "params": {"dry_run": True},
            },
        ),
        changes=True,
    ),
}
