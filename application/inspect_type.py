"""A config type as one command left it."""

from __future__ import annotations

import orjson

from application.ports import Commit, EventStore
from application.views import DefinitionRow
from domain.config_types.config_type import config_type_id


def definition_after(store: EventStore, name: str, *, commit: Commit) -> DefinitionRow:
    """The definition as of the commit: from the log, since it may have changed since, and the views may be behind."""
    event = next(one for one in reversed(store.stream(config_type_id(name))) if one.position <= commit.last)
    its_commit = store.commits(after=event.position - 1, limit=1)[0]
    facts = orjson.loads(event.state)
    return DefinitionRow(
        "config_type",
        name,
        event.version,
        its_commit.last,
        event.state.decode(),
        its_commit.recorded_us,
        facts["actor"],
        facts.get("reason"),
    )
