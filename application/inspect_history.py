"""What happened to a config, version by version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.ports import Views
from application.views import ConfigView
from domain.configs.config import BESIDES
from domain.configs.diff import Operation, equal, patch
from domain.documents import Document
from domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class Step:
    """One version beside the one before it; `before` is None for the first."""

    before: ConfigView | None
    after: ConfigView

    @property
    def old_data(self) -> Document | None:
        return self.before.data if self.before and not self.before.is_deleted else None

    @property
    def new_data(self) -> Document | None:
        return None if self.after.is_deleted else self.after.data

    @property
    def diff(self) -> list[Operation]:
        """From the old data to the new, by RFC 6902; what is not there counts as an empty document."""
        return patch(self.old_data or {}, self.new_data or {})

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """What else the event changed: old and new by name."""
        if self.before is None:
            return {}
        sides = {name: (getattr(self.before, name), getattr(self.after, name)) for name in (*BESIDES, "is_default")}
        return {name: side for name, side in sides.items() if not equal(*side)}


@dataclass(frozen=True, slots=True)
class History:
    """Steps, newest first, and the version below which more follow."""

    steps: tuple[Step, ...]
    next: int | None


class InspectHistory:
    def __init__(self, views: Views) -> None:
        self._views = views

    def of_config(self, config_id: UUID, *, before: int | None, limit: int) -> History:
        """The versions below one, newest first; of a deleted config too. Raises NotFound."""
        found = self._views.history(config_id, before=before, limit=limit + 1)
        if not found and before is None:
            raise NotFound(f"there is no config {config_id}")
        older = [*found[1:], None]
        steps = tuple(Step(before, after) for after, before in zip(found, older, strict=False))[:limit]
        return History(steps, steps[-1].after.version if len(found) > limit else None)
