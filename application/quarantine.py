"""Takes a config that keeps failing out of force, by a command like any other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from application.edit_configs import EditConfigs
from application.moments import SERVER
from application.ports import Command, EventStore, Views
from application.reports import ConfigVersion
from application.views import ConfigView
from domain.configs.diff import equal
from domain.errors import NotFound, StaleVersion

OPERATION = "quarantine_config"
LOOKED_BACK = 500  # versions
# The class at the head of an error's text. Letters alone: what comes from an application may hold a secret.
CLASS = re.compile(r"([A-Za-z]{1,64}(?:\.[A-Za-z]{1,64}){0,8})(?::|$)")


@dataclass(frozen=True, slots=True)
class Failing:
    """A version that failed so many times of late."""

    subject: ConfigVersion
    failures: int
    seconds: float
    error: str


class Quarantine:
    """A version goes once, whichever server sees it first, and whatever it was sees it again."""

    def __init__(self, store: EventStore, views: Views, edit_configs: EditConfigs) -> None:
        self._store = store
        self._views = views
        self._edit_configs = edit_configs

    def take_out(self, found: Failing) -> bool:
        """Whether it was taken out of force; one that moved on, or that somebody brought back, is left alone.

        Raises Refusal where that cannot be done now.
        """
        config_id, version = found.subject.config_id, found.subject.version
        config = self._views.config(config_id)
        if config is None or config.version != version or config.in_force_reason or self._was_brought_back(config):
            return False
        known_as, reason = command_id(config_id, version), reason_of(found)
        command = Command(SERVER, known_as, OPERATION, b"", reason, correlation_id=alert_id(found.subject))
        try:
            switched_off = {"is_active": False}
            self._edit_configs.update(config_id, switched_off, command=command, expected_version=version, force=True)
        except (NotFound, StaleVersion):
            return False
        return True

    def position_of(self, config_id: UUID, version: int) -> int | None:
        """Where a version was taken out of force; None where it was not."""
        commit = self._store.commit_of(SERVER, command_id(config_id, version))
        return None if commit is None else commit.last

    def _was_brought_back(self, config: ConfigView) -> bool:
        """Whether the same document was taken out before: who set it active again knows why."""
        earlier = self._views.history(config.id, before=config.version, limit=LOOKED_BACK)
        return any(is_quarantine(one) and same_document(one, config) for one in earlier)


def command_id(config_id: UUID, version: int) -> str:
    return f"quarantine:{config_id}:{version}"


def alert_id(subject: ConfigVersion) -> str:
    """What joins the line in the log of the service with the event."""
    return f"failing:{subject.config_id}:{subject.version}"


def reason_of(found: Failing) -> str:
    """Says how often which version failed, and with which class of error; no text of an application's."""
    times = f"version {found.subject.version} failed {found.failures} times within {found.seconds:g} s"
    return f"{times}, at last with {error_class(found.error)}"


def error_class(error: str) -> str:
    found = CLASS.match(error)
    return found[1] if found else "an error"


def is_quarantine(one: ConfigView) -> bool:
    return one.updated_by == SERVER and one.command_id.startswith("quarantine:")


def same_document(one: ConfigView, other: ConfigView) -> bool:
    return (one.mode, one.unset) == (other.mode, other.unset) and equal(one.data, other.data)
