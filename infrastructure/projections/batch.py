"""What a run of events does to every view: folded in memory first, then written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from application.advance import ANY_TYPE
from application.change_set_views import ChangeSetRow
from application.evaluation_views import EvaluationRow
from application.ports import Commit, Recorded
from domain.access.api_key import ApiKey
from domain.access.collection import Collection
from domain.config_types.config_type import ConfigType
from domain.configs.scope import Scope
from domain.experiments.experiment import Experiment
from domain.installation.environment import Environment
from domain.installation.ladder import LadderLog
from domain.installation.resolver import Resolver
from domain.installation.serving import Serving
from domain.profiles.assignment import Assignment
from domain.profiles.profile import Profile
from domain.releases.change_set import ChangeSet
from domain.secrets.envelope import shown_json
from domain.webhooks.webhook import Webhook
from infrastructure.projections.change_set_rows import TOPICS as CHANGE_SETS
from infrastructure.projections.change_set_rows import next_change_set
from infrastructure.projections.evaluation_rows import TOPIC as EVALUATION
from infrastructure.projections.evaluation_rows import evaluation_row
from infrastructure.projections.fold import CONFIG_TOPICS, ConfigRow, next_row
from infrastructure.projections.tables import config_versions

Slot = tuple[str, str, str, str]  # environment, scope kind, scope id, config type

VERSION_COLUMNS = [column.name for column in config_versions.c if column.name != "valid_to"]
DEFINITIONS = {
    ConfigType.Defined.TOPIC: "config_type",
    **{event.TOPIC: event.TOPIC for event in Environment.EVENTS},
    Environment.Created.TOPIC: "environment",
    Serving.Changed.TOPIC: "serving",
    LadderLog.Changed.TOPIC: "ladder",
    Resolver.Adopted.TOPIC: "resolver",
    ApiKey.Issued.TOPIC: "api_key",
    ApiKey.Revoked.TOPIC: "api_key",
    Profile.Created.TOPIC: "profile",
    Profile.Updated.TOPIC: "profile",
    Profile.Deleted.TOPIC: "profile",
    # Which of them it is tells what it does.
    **{event.TOPIC: event.TOPIC for event in (ChangeSet.Ramped, ChangeSet.RampEnded)},
    **{event.TOPIC: event.TOPIC for event in (*Experiment.EVENTS, *Webhook.EVENTS)},
}
# Their names are of an environment, or they have none.
NAMED_BY_STREAM = frozenset(
    {
        *("profile", "serving", ChangeSet.Ramped.TOPIC, ChangeSet.RampEnded.TOPIC),
        *(event.TOPIC for event in (*Experiment.EVENTS, *Webhook.EVENTS)),
    }
)
ASSIGNMENTS = frozenset({Assignment.Assigned.TOPIC, Assignment.Unassigned.TOPIC})


class Definition(msgspec.Struct):
    """What a definition's row says in columns; its body is the whole payload."""

    actor: str
    reason: str | None = None
    name: str = ""
    key_id: str = ""
    environment: str = ""


class Owned(msgspec.Struct):
    """Whose a collection is from now on."""

    environment: str
    scope: str
    owner: str | None


class Assigned(msgspec.Struct):
    """Which profile a user is given from now on."""

    environment: str
    scope: str
    actor: str
    profile: str | None = None
    reason: str | None = None


decode_definition = msgspec.json.Decoder(Definition).decode
decode_owned = msgspec.json.Decoder(Owned).decode
decode_assigned = msgspec.json.Decoder(Assigned).decode


version_values = attrgetter(*VERSION_COLUMNS)
"""From a row of `configs` to one of `config_versions`, as a tuple that lacks only `valid_to`."""


@dataclass
class Batch:
    """The writes of one run of events. `state` holds the rows before it, and after it the rows as they are."""

    state: dict[str, ConfigRow]
    open: dict[str, ConfigRow] = field(default_factory=dict)  # as this batch leaves them
    ended: list[tuple[Any, ...]] = field(default_factory=list)  # versions that began and ended in this batch
    closed: list[tuple[str, int, int]] = field(default_factory=list)  # id, version, valid_to: of rows before this batch
    slots: dict[Slot, ConfigRow | None] = field(default_factory=dict)
    slot_versions: dict[tuple[str, str, str, str, int], tuple[str | None, int | None]] = field(default_factory=dict)
    definitions: list[tuple[str, str, int, int, str, int, str, str | None]] = field(default_factory=list)
    owners: dict[tuple[str, str], str | None] = field(default_factory=dict)  # by environment and collection
    assignments: dict[tuple[str, str, int], tuple[str | None, int, str, str | None]] = field(default_factory=dict)
    change_sets: dict[str, ChangeSetRow] = field(default_factory=dict)  # as `state`, of those that events are about
    evaluations: list[EvaluationRow] = field(default_factory=list)
    _changed: dict[str, bool] = field(default_factory=dict)  # by this commit: whether it was in force before

    def fold(self, pairs: Iterable[tuple[Recorded, Commit]]) -> None:
        commit_at = 0
        for event, commit in pairs:
            if event.topic in CHANGE_SETS:
                before = self.change_sets.get(event.stream_hex)
                self.change_sets[event.stream_hex] = next_change_set(before, event, commit)
            if event.topic in CONFIG_TOPICS:
                if commit.last != commit_at:
                    self._settle()
                    commit_at = commit.last
                self._config(event, commit)
            elif kind := DEFINITIONS.get(event.topic):
                self._definition(kind, event, commit)
            elif event.topic == EVALUATION:
                self.evaluations.append(evaluation_row(event, commit))
            elif event.topic in ASSIGNMENTS:
                self._assignment(event, commit)
            elif event.topic == Collection.Owned.TOPIC:
                owned = decode_owned(event.state)
                self.owners[owned.environment, Scope.recorded(owned.scope).id] = owned.owner
        self._settle()

    def _config(self, event: Recorded, commit: Commit) -> None:
        key = event.stream_hex
        before = self.state.get(key)
        after = next_row(before, event, commit)
        if before is not None:
            if key in self.open:
                self.ended.append((*version_values(before), commit.last))
            else:
                self.closed.append((key, before.version, commit.last))
        self.state[key] = self.open[key] = after
        if key not in self._changed:
            self._changed[key] = before is not None and before.in_force

    def _settle(self) -> None:
        """What a commit did to slots, once it is whole: its events come in the order of streams, not of defaults."""
        rows = [(self.state[key], was_in_force) for key, was_in_force in self._changed.items()]
        for row, was_in_force in rows:
            if was_in_force and not row.in_force:
                self.slots[row.slot] = None
                self.slot_versions[*row.slot, row.position] = None, None
        for row, _ in rows:
            if row.in_force:
                self.slots[row.slot] = row
                self.slot_versions[*row.slot, row.position] = row.id, row.version
        self._changed.clear()

    def _definition(self, kind: str, event: Recorded, commit: Commit) -> None:
        payload = decode_definition(event.state)
        body = shown_json(event.state).decode()  # no view ever holds an envelope
        facts = (commit.last, body, commit.recorded_us, payload.actor, payload.reason)
        name = event.stream_hex if kind in NAMED_BY_STREAM else payload.name or payload.key_id or payload.environment
        self.definitions.append((kind, name, event.version, *facts))

    def _assignment(self, event: Recorded, commit: Commit) -> None:
        made = decode_assigned(event.state)
        key = (made.environment, Scope.recorded(made.scope).id, commit.last)
        self.assignments[key] = (made.profile, commit.recorded_us, made.actor, made.reason)

    @property
    def versions(self) -> list[tuple[Any, ...]]:
        """The rows of `config_versions` that this batch adds."""
        return self.ended + [(*version_values(row), None) for row in self.open.values()]

    @property
    def touched(self) -> frozenset[Slot]:
        """The slots of all that changed; of a user with another profile, that of ANY_TYPE."""
        users = {(environment, "user", user, ANY_TYPE) for environment, user, _ in self.assignments}
        return frozenset(users | {row.slot for row in self.open.values()})
