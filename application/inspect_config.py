"""A config as one command left it."""

from __future__ import annotations

from uuid import UUID

from application.commands import Outcome
from application.ports import Replay, Views
from application.views import ConfigView


class InspectConfig:
    def __init__(self, views: Views, replay: Replay) -> None:
        self._views = views
        self._replay = replay

    def after(self, config_id: UUID, outcome: Outcome) -> ConfigView:
        """The config as of the commit: also when it has changed since, and when the views are behind."""
        view = self._views.config(config_id) if outcome.visible else None
        if view is not None and view.position > outcome.position:
            view = self._views.config(config_id, position=outcome.position)
        view = view or self._replay.config(config_id, position=outcome.position)
        assert view is not None, "the command was accepted, so the config is there"
        return view
