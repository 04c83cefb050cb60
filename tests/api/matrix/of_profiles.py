"""What is asked of profiles, assignments and experiments."""

from __future__ import annotations

from tests.api.matrix.asking import (
    EDITORS,
    MAINTAINERS,
    TARGETS,
    VARIANTS,
    VIEWERS,
    Asked,
    on_experiment,
    on_profile,
    who,
)

OF_PROFILES: dict[str, Asked] = {
    "create_profile": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/profiles",
            {"json": {"environment": TARGETS[t][0], "name": "n", "settings": {}}, "params": {"dry_run": True}},
        ),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "list_profiles": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/profiles", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "read_profile": Asked(VIEWERS, on_profile("GET"), what="profile", targets=("global", "elsewhere")),
    "update_profile": Asked(
        MAINTAINERS,
        on_profile("PUT", {"description": "x"}),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "delete_profile": Asked(
        MAINTAINERS, on_profile("DELETE"), what="profile", changes=True, targets=("global", "elsewhere")
    ),
    "assign_profile": Asked(
        EDITORS,
        lambda there, t: (
            "PUT",
            f"/api/assignments/{who(t)['user_id']}",
            {"json": {"profile_id": there.profiles["production"]}, "params": {"dry_run": True}},
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "assign_profile_to_all": Asked(
        EDITORS,
        lambda there, t: (
            "POST",
            "/api/assignments",
            {
                "json": {"profile_id": there.profiles["production"], "users": [who(t)["user_id"]]},
                "params": {"dry_run": True},
            },
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "unassign_profile": Asked(
        EDITORS,
        lambda _, t: (
            "DELETE",
            f"/api/assignments/{who(t)['user_id']}",
            {"params": {"environment": "production", "dry_run": True}},
        ),
        changes=True,
        targets=("user", "foreign user"),
    ),
    "list_assignments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/assignments", {"params": {"environment": TARGETS[t][0]}}),
        what="environment",
        targets=("global", "elsewhere"),
    ),
    "read_assignment": Asked(
        VIEWERS,
        lambda _, t: ("GET", f"/api/assignments/{who(t)['user_id']}", {"params": {"environment": "production"}}),
        targets=("user", "foreign user"),
    ),
    "create_experiment": Asked(
        MAINTAINERS,
        lambda _, t: (
            "POST",
            "/api/experiments",
            {"json": {"environment": TARGETS[t][0], "name": "n", "variants": VARIANTS}, "params": {"dry_run": True}},
        ),
        what="profile",
        changes=True,
        targets=("global", "elsewhere"),
    ),
    "list_experiments": Asked(
        VIEWERS,
        lambda _, t: ("GET", "/api/experiments", {"params": {"environment": TARGETS[t][0]}}),
        targets=("global", "elsewhere"),
    ),
    "read_experiment": Asked(VIEWERS, on_experiment("GET"), what="profile", targets=("global", "elsewhere")),
    "read_experiment_results": Asked(
        VIEWERS, on_experiment("GET", "/results"), what="profile", targets=("global", "elsewhere")
    ),
    **{
        f"list_experiment_{rows}": Asked(
            VIEWERS, on_experiment("GET", f"/{rows}"), what="environment", targets=("global", "elsewhere")
        )
        for rows in ("exposures", "outcomes")
    },
    "revise_experiment": Asked(
        MAINTAINERS, on_experiment("PUT", body={}), what="profile", changes=True, targets=("global", "elsewhere")
    ),
    **{
        f"{act}_experiment": Asked(
            MAINTAINERS,
            on_experiment("POST", f"/{act}", {}),
            what="profile",
            changes=True,
            targets=("global", "elsewhere"),
        )
        for act in ("start", "pause", "conclude")
    },
}
