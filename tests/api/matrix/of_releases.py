"""What is asked of change sets, locks, indexes, evaluations and health."""

from __future__ import annotations

from tests.api.matrix.asking import (
    ADMINS,
    DRAFT,
    EDITORS,
    INDEXED,
    MAINTAINERS,
    READERS,
    TARGETS,
    VIEWERS,
    Asked,
    draft_place,
    dry,
    evaluation,
    lock,
    on_change_set,
    on_index,
    on_lock,
    plain,
    who,
)

OF_RELEASES: dict[str, Asked] = {
    "register_index": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/indexes", {"json": who(t), "params": {"dry_run": True}}),
        targets=INDEXED,
    ),
    "read_index": on_index("GET"),
    "progress_of_index": on_index("POST", "/progress", {"chunks": 1}),
    "ready_index": on_index("POST", "/ready", {}),
    "switch_index": on_index("POST", "/switch", {}),
    "drop_index": on_index("DELETE"),
    "route_to_index": Asked(READERS, lambda _, t: ("GET", "/api/indexes/route", {"params": who(t)}), targets=INDEXED),
    "fingerprint_of_index": Asked(
        VIEWERS, lambda _, t: ("GET", "/api/indexes/fingerprint", {"params": who(t)}), targets=INDEXED
    ),
    "list_indexes": Asked(VIEWERS, plain("GET", "/api/indexes"), what="own rights"),
    "create_lock": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/locks", {"json": lock(*TARGETS[t], "chunking"), "params": {"dry_run": True}}),
    ),
    "read_lock": on_lock(),
    "report_health": Asked(
        READERS,
        lambda _, t: ("POST", "/api/health-reports", {"json": {"environment": TARGETS[t][0], "metrics": {}}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_health_reports": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/health-reports", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_health": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/health", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "revise_health": Asked(
        ADMINS,
        lambda _, t: (
            "PUT",
            f"/api/environments/{TARGETS[t][0]}/health",
            {"json": {"auto_rollback": False}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "record_evaluation": Asked(
        MAINTAINERS,
        lambda _, t: ("POST", "/api/evaluations", {"json": evaluation(TARGETS[t][0]), "params": {"dry_run": True}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_evaluations": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/evaluations", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_evaluation": Asked(
        VIEWERS,
        lambda there, t: ("GET", f"/api/evaluations/{there.evaluations[TARGETS[t][0]]}", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "unlock": on_lock("/unlock", lambda _: {}),
    "approve_lock": on_lock("/approve", lambda t: {"to_environment": TARGETS[t][0]}),
    "promote_lock": on_lock("/promote", lambda t: {"to_environment": TARGETS[t][0]}),
    "roll_lock_back": on_lock("/rollback", lambda _: {}, promoted=True),
    "list_locks": Asked(VIEWERS, plain("GET", "/api/locks"), what="own rights"),
    "declare_embedder": Asked(ADMINS, dry("PUT", "/api/embedders", {"name": "m"}), what="installation"),
    "list_embedders": Asked(VIEWERS, plain("GET", "/api/embedders"), what="own rights"),
    "create_change_set": Asked(
        EDITORS,
        lambda _, t: (
            "POST",
            "/api/change-sets",
            {
                "json": {"environment": TARGETS[t][0], "title": "t", "drafts": [{**DRAFT, **draft_place(t)}]},
                "params": {"dry_run": True},
            },
        ),
        changes=True,
    ),
    "create_release": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/releases",
            {
                "json": {
                    "from": TARGETS[t][0],
                    "to": "empty",
                    "scopes": ["global"],
                    "title": "t",
                },
                "params": {"dry_run": True},
            },
        ),
        what="everywhere",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "compare_environments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/compare", {"params": {"environments": [TARGETS[t][0], "empty"]}}),
        what="everywhere",
        targets=("global", "elsewhere"),
    ),
    "list_change_sets": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/change-sets", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_change_set": Asked(VIEWERS, on_change_set("GET")),
    "impact_of_change_set": Asked(
        VIEWERS, on_change_set("GET", "/impact"), what="environment", targets=("global", "elsewhere")
    ),
    "draft_in_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("POST", "/drafts", {"drafts": [{**DRAFT, **draft_place(t)}]})(there, t),
        changes=True,
    ),
    "remove_draft_of_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("DELETE", f"/drafts/{there.change_sets[t]['drafts'][0]['id']}")(there, t),
        changes=True,
    ),
    **{
        f"{act}_change_set": Asked(EDITORS, on_change_set("POST", f"/{act}", {}), changes=True)
        for act in ("propose", "check", "publish", "discard")
    },
    "rollback_change_set": Asked(
        EDITORS,
        lambda there, t: on_change_set("POST", "/rollback", {})(there, f"published {t}"),
        changes=True,
    ),
    "step_change_set": Asked(
        MAINTAINERS,
        lambda there, t: on_change_set("POST", "/step", {"percent": 50})(there, f"ramping {t}"),
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "approve_change_set": Asked(
        MAINTAINERS,
        on_change_set("POST", "/approve", {}),
        what="environment",
        changes=True,
        targets=("global", "elsewhere"),
    ),
}
