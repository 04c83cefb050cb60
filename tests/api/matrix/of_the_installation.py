"""What is asked of environments, keys, webhooks, types, the log and the views."""

from __future__ import annotations

from tests.api.conftest import CONFIGS
from tests.api.matrix.asking import (
    ADMINS,
    MAINTAINERS,
    TARGETS,
    VIEWERS,
    Asked,
    Caller,
    dry,
    on_webhook,
    plain,
    webhook,
)

OF_THE_INSTALLATION: dict[str, Asked] = {
    "export_settings": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/exports", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "sync_defaults": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            f"{CONFIGS}sync-defaults",
            {"json": {"environment": TARGETS[t][0]}, "params": {"dry_run": True}},
        ),
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "import_settings": Asked(
        ADMINS,
        lambda _, t: (
            "POST",
            "/api/imports",
            {"json": {"kind": "env", "variables": {}, "environment": TARGETS[t][0]}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "check_go_live": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/go-live", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "compliance": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/compliance", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "issue_key": Asked(
        ADMINS,
        lambda _, t: (
            "POST",
            "/api/keys",
            {"json": {"label": "x", "role": "reader", "environments": [TARGETS[t][0]]}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_key": Asked(
        ADMINS,
        lambda there, t: ("GET", f"/api/keys/{there.key_ids[Caller('reader', (TARGETS[t][0],))]}", {}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "revoke_key": Asked(
        ADMINS,
        lambda there, t: (
            "DELETE",
            f"/api/keys/{there.key_ids[Caller('reader', (TARGETS[t][0],))]}",
            {"params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "assign_owner": Asked(
        ADMINS,
        lambda _, t: (
            "PUT",
            "/api/collections/c-3/owner",
            {"json": {"environment": TARGETS[t][0], "user_id": "u-1"}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "create_webhook": Asked(
        ADMINS,
        lambda _, t: ("POST", "/api/webhooks", {"json": webhook(TARGETS[t][0]), "params": {"dry_run": True}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_webhook": on_webhook("GET"),
    "update_webhook": on_webhook("PUT", body={"is_active": False}),
    "delete_webhook": on_webhook("DELETE"),
    "rotate_webhook_secret": on_webhook("POST", "/rotate-secret", {}),
    "test_webhook": on_webhook("POST", "/test"),
    "list_deliveries": on_webhook("GET", "/deliveries"),
    "redeliver": Asked(
        ADMINS,
        lambda there, t: (
            "POST",
            f"/api/webhooks/{there.webhooks[TARGETS[t][0]]}/deliveries/{there.delivery(t)}/redeliver",
            {},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "webhook_status": Asked(ADMINS, plain("GET", "/api/webhooks/status"), what="own rights"),
    "resume_webhooks": Asked(ADMINS, plain("POST", "/api/webhooks/resume", json={}), what="installation"),
    "list_webhooks": Asked(ADMINS, plain("GET", "/api/webhooks"), what="own rights"),
    "read_serving": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}/serving", {}),
        targets=("global", "elsewhere"),
    ),
    "switch_serving": Asked(
        MAINTAINERS,
        lambda _, t: (
            "PUT",
            f"/api/environments/{TARGETS[t][0]}/serving",
            {"json": {"serving": "defaults"}, "params": {"dry_run": True}},
        ),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "list_keys": Asked(ADMINS, plain("GET", "/api/keys"), what="own rights"),
    "list_events": Asked(VIEWERS, plain("GET", "/api/events"), what="own rights"),
    "read_ladder": Asked(VIEWERS, plain("GET", "/api/ladder"), what="own rights"),
    "list_environments": Asked(VIEWERS, plain("GET", "/api/environments"), what="own rights"),
    "list_config_types": Asked(VIEWERS, plain("GET", "/api/config-types"), what="own rights"),
    "read_config_type": Asked(VIEWERS, plain("GET", "/api/config-types/chunking"), what="own rights"),
    "list_shipped_bundles": Asked(VIEWERS, plain("GET", "/api/imports/builtin"), what="own rights"),
    "list_tags": Asked(VIEWERS, plain("GET", "/api/tags"), what="own rights"),
    "metrics": Asked(VIEWERS, plain("GET", "/metrics"), what="own rights"),
    "projection_status": Asked(VIEWERS, plain("GET", "/api/projections"), what="own rights"),
    "read_checkpoint": Asked(VIEWERS, plain("GET", "/api/audits/checkpoint"), what="own rights"),
    "prove_consistency": Asked(
        VIEWERS, plain("GET", "/api/audits/consistency", params={"first": 1}), what="own rights"
    ),
    "verify_config_type": Asked(
        VIEWERS,
        plain("POST", "/api/config-types/chunking/verify", json={"schema": {"type": "object", "properties": {}}}),
        what="installation",
    ),
    "change_ladder": Asked(
        ADMINS, dry("PUT", "/api/ladder", {"kinds": ["global", "user", "collection"]}), what="installation"
    ),
    "add_environment": Asked(ADMINS, dry("POST", "/api/environments", {"name": "third"}), what="installation"),
    "retire_environment": Asked(
        ADMINS, plain("DELETE", "/api/environments/spare", params={"dry_run": True}), what="installation"
    ),
    **{
        operation: Asked(
            VIEWERS,
            lambda _, t, tail=tail: (  # type: ignore[misc]
                "GET",
                f"/api/environments/{TARGETS[t][0]}/policies{tail}",
                {},
            ),
            targets=("global", "elsewhere"),
        )
        for operation, tail in (("list_policies", ""), ("read_policy", "/steady"))
    },
    "read_environment": Asked(
        VIEWERS, lambda _, t: ("GET", f"/api/environments/{TARGETS[t][0]}", {}), targets=("global", "elsewhere")
    ),
    **{
        operation: Asked(
            ADMINS,
            lambda _, t, method=method, tail=tail, body=body: (  # type: ignore[misc]
                method,
                f"/api/environments/{TARGETS[t][0]}{tail}",
                {"json": body, "params": {"dry_run": True}},
            ),
            what="environment",
            targets=("global", "elsewhere"),
        )
        for operation, method, tail, body in (
            ("revise_environment", "PUT", "", {}),
            ("freeze_environment", "POST", "/freeze", {}),
            ("thaw_environment", "POST", "/thaw", {}),
            ("set_policy", "PUT", "/policies/steady", {"config_type": "llm"}),
            ("delete_policy", "DELETE", "/policies/steady", None),
        )
    },
    "define_config_type": Asked(
        ADMINS,
        dry("PUT", "/api/config-types/mine", {"schema": {"type": "object", "properties": {}}}),
        what="installation",
    ),
    "name_position": Asked(MAINTAINERS, dry("PUT", "/api/tags/there", {}), what="installation"),
    "verify_log": Asked(ADMINS, plain("POST", "/api/audits/verify", json={}), what="installation"),
    "rotate_secrets": Asked(ADMINS, dry("POST", "/api/secrets/rotations", {}), what="installation"),
    "rebuild_projections": Asked(ADMINS, plain("POST", "/api/projections/rebuild"), what="installation"),
    "rebuild_projection": Asked(ADMINS, plain("POST", "/api/projections/configs/rebuild"), what="installation"),
    "verify_projections": Asked(ADMINS, plain("POST", "/api/projections/verify"), what="installation"),
}
