"""What is or was in force in some slots: for each slot one look-up in an index, never a scan.

The slots asked for are a JSON list of keys, so that a statement is the same for any number of them. Outer joins keep
the planner to their order, keys first: SQLite would otherwise read all slots, or all of the past, for each key.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from application.views import LayerRow
from infrastructure.projections.tables import config_versions, progress, slot_versions, slots

SCOPE = ("scope_kind", "scope_id")
SLOT = (*SCOPE, "config_type")


@cache
def layers_now(dialect: str) -> sa.Select[Any]:
    """Takes `in_environment`, and `keys`: a list of [scope kind, scope id]. Position and definitions come first."""
    keys = _keys(dialect)
    found = progress.join(keys, sa.true()).outerjoin(slots, sa.and_(*_of_key(slots, keys, SCOPE)))
    columns = [slots.c[name] for name in LayerRow._fields]
    return sa.select(progress.c.position, progress.c.definitions, *columns).select_from(found)


@cache
def layers_at(dialect: str) -> sa.Select[Any]:
    """Takes `in_environment`, `upto`, and `keys`: a list of [scope kind, scope id, config type]."""
    return _at_in_postgres() if dialect == "postgresql" else _at_in_sqlite()


def _at_in_postgres() -> sa.Select[Any]:
    keys, v = _keys("postgresql"), slot_versions.c
    newest = (
        sa.select(v.id, v.version)
        .where(*_of_key(slot_versions, keys, SLOT), v.valid_from <= sa.bindparam("upto"))
        .order_by(v.valid_from.desc())
        .limit(1)
        .lateral("newest")
    )
    found = keys.join(newest, sa.true()).join(config_versions, _same_version(newest))
    return sa.select(*_columns(keys)).select_from(found)


def _at_in_sqlite() -> sa.Select[Any]:
    keys, earlier = _keys("sqlite"), slot_versions.alias("earlier")
    newest = (
        sa.select(sa.func.max(earlier.c.valid_from))
        .where(*_of_key(earlier, keys, SLOT), earlier.c.valid_from <= sa.bindparam("upto"))
        .correlate(keys)
        .scalar_subquery()
    )
    at = sa.and_(*_of_key(slot_versions, keys, SLOT), slot_versions.c.valid_from == newest)
    found = keys.outerjoin(slot_versions, at).outerjoin(config_versions, _same_version(slot_versions))
    return sa.select(*_columns(keys)).select_from(found)


def _keys(dialect: str) -> Any:
    asked: sa.BindParameter[str] = sa.bindparam("keys", type_=sa.String())
    if dialect == "postgresql":
        return sa.func.jsonb_array_elements(sa.cast(asked, JSONB)).table_valued("value", name="keys")
    return sa.func.json_each(asked).table_valued("value", name="keys")


def _part(keys: Any, at: int) -> sa.ColumnElement[str]:
    part: sa.ColumnElement[str] = keys.c.value.op("->>", return_type=sa.String())(sa.literal_column(str(at)))
    return part


def _of_key(table: Any, keys: Any, names: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    own = [table.c[name] == _part(keys, at) for at, name in enumerate(names)]
    return [table.c.environment == sa.bindparam("in_environment"), *own]


def _same_version(newest: Any) -> sa.ColumnElement[bool]:
    return sa.and_(config_versions.c.id == newest.c.id, config_versions.c.version == newest.c.version)


def _columns(keys: Any) -> list[sa.ColumnElement[Any]]:
    own = {name: _part(keys, at).label(name) for at, name in enumerate(SLOT)}
    return [own[name] if name in own else config_versions.c[name] for name in LayerRow._fields]
