"""Values as they stand on the wire."""

from __future__ import annotations

from typing import Any

from application.views import ConfigView
from domain.times import rfc3339


def config_data(view: ConfigView) -> dict[str, Any]:
    """A config, with its scope in every form that callers know."""
    kind, id_ = view.scope_kind, view.scope_id
    return {
        "id": str(view.id),
        "environment": view.environment,
        "scope": kind,
        "user_id": id_ if kind == "user" else None,
        "collection_id": id_ if kind == "collection" else None,
        "scope_kind": kind,
        "scope_id": id_ or None,
        "config_type": view.config_type,
        "type_version": view.type_version,
        "name": view.name,
        "description": view.description,
        "mode": view.mode,
        "config_data": view.data,
        "unset": list(view.unset),
        "is_default": view.is_default,
        "is_global": kind == "global",
        "is_active": view.is_active,
        "in_force": view.in_force_reason is None,
        "in_force_reason": view.in_force_reason,
        "version": view.version,
        "parent_version": view.version - 1 or None,
        "created_at": rfc3339(view.created_us),
        "created_by": view.created_by,
        "updated_at": rfc3339(view.updated_us),
        "updated_by": view.updated_by,
        "position": view.position,
    }
