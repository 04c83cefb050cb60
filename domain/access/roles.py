"""What each role may do. `reader` is what an application needs; the others each add to the one before."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a caller asks to do; every route asks for one."""

    READ_EFFECTIVE = "effective.read"
    READ_SECRETS = "secrets.read"
    REPORT = "telemetry.report"  # failures, and what requests were answered with
    READ_REPORTS = "telemetry.read"
    READ_CONFIGS = "configs.read"  # with what they would do, and where their fields come from
    READ_LOG = "log.read"  # events, history, answers about the past and who changed them, proofs
    READ_DEFINITIONS = "definitions.read"  # types, environments, the ladder, tags, the state of the views
    CHANGE_CONFIGS = "configs.change"
    LOCK = "locks.change"  # of a slot; and the indexes that are built from what is locked
    NAME_POSITIONS = "positions.name"
    SWITCH_SERVING = "serving.switch"  # who may change every setting may take all of them out of use
    IMPORT = "settings.import"
    DEFINE = "definitions.change"  # types, environments, the ladder
    GOVERN = "environments.govern"  # what one demands of changes, and whether it is frozen
    MANAGE_KEYS = "keys.manage"  # and the owners of collections
    MANAGE_WEBHOOKS = "webhooks.manage"  # where events are sent
    OPERATE = "service.operate"  # rebuild and verify views and the log, cut checkpoints


class Role(StrEnum):
    """What a principal is in an environment."""

    READER = "reader"
    VIEWER = "viewer"
    EDITOR = "editor"  # changes what is its own
    MAINTAINER = "maintainer"  # changes every scope
    ADMIN = "admin"


_USES = frozenset({Action.READ_EFFECTIVE, Action.REPORT})
_VIEWS = _USES | {Action.READ_CONFIGS, Action.READ_LOG, Action.READ_DEFINITIONS, Action.READ_REPORTS}
_MAINTAINS = _VIEWS | {Action.CHANGE_CONFIGS, Action.LOCK, Action.NAME_POSITIONS, Action.SWITCH_SERVING}

GRANTS: dict[Role, frozenset[Action]] = {
    # Secrets are for programs that use them: who looks at settings, or changes them, need not see them.
    Role.READER: _USES | {Action.READ_SECRETS},
    Role.VIEWER: _VIEWS,
    Role.EDITOR: _VIEWS | {Action.CHANGE_CONFIGS},
    Role.MAINTAINER: _MAINTAINS,
    Role.ADMIN: frozenset(Action),
}
EVERY_SCOPE = frozenset({Role.MAINTAINER, Role.ADMIN})  # the roles that change what is not their own
EVERY_ENVIRONMENT = "*"
CHANGES = frozenset({Action.CHANGE_CONFIGS})  # of one scope: an editor's must be its own
INSTALLATION = frozenset({Action.NAME_POSITIONS, Action.DEFINE, Action.OPERATE})  # concern every environment
