"""The tables of the views: one generation of them stands at one position of the log.

A change of shape here comes with a higher SHAPE: a server that finds views of another shape builds a new generation.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table, Text

SHAPE = 9

VIEWS = MetaData()


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """A text that sorts and compares by its bytes on every store."""
    return Column(name, String(collation="C").with_variant(Text(), "sqlite"), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, autoincrement=False)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


progress = Table(
    "progress",
    VIEWS,
    number("position"),  # every view holds what was recorded up to here
    number("definitions"),  # the position of the newest definition: tells whether what was compiled from them is stale
    number("shape"),
    text("log"),  # which log they were built from: a file may be deleted or restored under them
    Column("id", Integer, primary_key=True),  # one row, id 1: also when two processes make it at once
)

configs = Table(  # current configs, deleted ones included (one may be brought back), and the process layer
    "configs",
    VIEWS,
    Column("id", String(32), primary_key=True),
    text("environment"),
    text("scope_kind"),
    text("scope_id"),
    text("config_type"),
    number("type_version"),
    text("name"),
    text("name_key"),
    text("description", nullable=True),
    text("mode"),
    text("data"),  # JSON, as it was recorded, with placeholders for secrets
    text("unset"),
    flag("is_default"),
    flag("is_active"),
    flag("is_deleted"),
    number("version"),
    number("created_us"),
    text("created_by"),
    number("recorded_us"),  # of the newest event, as are the columns below
    text("actor"),
    text("operation"),
    text("reason", nullable=True),
    text("command_id"),
    number("restores", nullable=True),
    number("position"),  # the last of its commit
    Index("configs_by_slot", "environment", "config_type", "scope_kind", "scope_id", "name_key"),
    Index("configs_by_position", "position"),  # what changed since a process last looked
)

config_versions = Table(  # validity intervals: a version was the newest from `position` on until before `valid_to`
    "config_versions",
    VIEWS,
    Column("id", String(32), nullable=False),
    number("version"),
    number("position"),
    number("type_version"),
    text("name"),
    text("name_key"),
    text("description", nullable=True),
    text("mode"),
    text("data"),
    text("unset"),
    flag("is_default"),
    flag("is_active"),
    flag("is_deleted"),
    number("recorded_us"),
    text("actor"),
    text("operation"),
    text("reason", nullable=True),
    text("command_id"),
    number("restores", nullable=True),
    number("valid_to", nullable=True),
    # An index and not a key, so that a rebuild can make it last: rows come in the order of the log, not of this.
    Index("config_versions_by_id", "id", "version", unique=True),
)

slots = Table(  # the effective-config view: what is in force in each slot
    "slots",
    VIEWS,
    text("environment"),
    text("scope_kind"),
    text("scope_id"),
    text("config_type"),
    Column("id", String(32), nullable=False),
    number("version"),
    text("mode"),
    text("data"),
    text("unset"),
    number("recorded_us"),
    text("actor"),
    text("operation"),
    text("reason", nullable=True),
    number("position"),
    PrimaryKeyConstraint("environment", "scope_kind", "scope_id", "config_type"),
)

slot_versions = Table(  # which version was in force in each slot, from which position on; none where id is null
    "slot_versions",
    VIEWS,
    text("environment"),
    text("scope_kind"),
    text("scope_id"),
    text("config_type"),
    number("valid_from"),
    Column("id", String(32), nullable=True),
    number("version", nullable=True),
    Index("slot_versions_by_slot", "environment", "scope_kind", "scope_id", "config_type", "valid_from", unique=True),
)

definitions = Table(  # what the whole installation agrees on: types, environments, the ladder, the resolver, keys
    "definitions",
    VIEWS,
    text("kind"),
    text("name"),
    number("version"),
    number("valid_from"),
    text("body"),
    number("recorded_us"),
    text("actor"),
    text("reason", nullable=True),
    PrimaryKeyConstraint("kind", "name", "version"),
)

collection_owners = Table(  # whose each collection is that has, or had, an owner
    "collection_owners",
    VIEWS,
    text("environment"),
    text("collection_id"),
    text("owner", nullable=True),
    PrimaryKeyConstraint("environment", "collection_id"),
    Index("collection_owners_by_owner", "environment", "owner"),
)

assignments = Table(  # which profile each user was given, from which position on; none where it is null
    "assignments",
    VIEWS,
    text("environment"),
    text("user_id"),
    number("valid_from"),
    text("profile", nullable=True),
    number("recorded_us"),
    text("actor"),
    text("reason", nullable=True),
    Index("assignments_by_user", "environment", "user_id", "valid_from", unique=True),
    Index("assignments_by_profile", "environment", "profile", "user_id"),
    Index("assignments_by_position", "valid_from"),  # what changed since a process last looked
)

change_sets = Table(
    "change_sets",
    VIEWS,
    Column("id", String(32), primary_key=True),
    text("environment"),
    text("title"),
    text("state"),
    number("version"),
    number("created_us"),
    text("created_by"),
    number("recorded_us"),  # of the newest event, as are the columns below
    text("actor"),
    number("position"),
    number("due_us", nullable=True),  # when the service has to do something about it
    Index("change_sets_by_due", "due_us"),
    Index("change_sets_by_environment", "environment", "created_us", "id"),
)

evaluations = Table(
    "evaluations",
    VIEWS,
    Column("id", String(32), primary_key=True),
    text("environment"),
    text("verdict"),
    text("dataset_hash"),
    text("config_hash", nullable=True),
    Column("lock_id", String(32), nullable=True),
    Column("change_set_id", String(32), nullable=True),
    text("body"),  # the payload, in JSON
    number("recorded_us"),
    number("position"),
    Index("evaluations_by_environment", "environment", "position"),
    Index("evaluations_by_lock", "lock_id", "position"),
)
