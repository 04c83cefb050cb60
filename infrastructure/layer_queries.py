"""What is or was in force in some slots: for each slot one look-up in an index, never a scan.

The slots asked for are a JSON list of keys, so that a statement is the same for any number of them. Outer joins keep
the planner to their order, keys first: SQLite would otherwise read all slots, or all of the past, for each key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from application.views import LayerRow
from domain.access.policy import SHARED
from infrastructure.projections.tables import assignments, config_versions, progress, slot_versions, slots

SCOPE = ("scope_kind", "scope_id")
SLOT = (*SCOPE, "config_type")


@cache
def layers_now(dialect: str) -> sa.Select[Any]:
    """Takes `in_environment`, `keys`: a list of [scope kind, scope id], and `of_users`: a list of [user id].

    The profile that a user is given is one key more. Position, definitions, the user and its profile come first.
    """
    named, users, a = _list(dialect, "keys"), _list(dialect, "of_users"), assignments.c
    of_user = (a.environment == sa.bindparam("in_environment"), a.user_id == _part(users, 0))
    newest = sa.select(a.profile).where(*of_user).order_by(a.valid_from.desc()).limit(1)
    array = sa.func.jsonb_build_array if dialect == "postgresql" else sa.func.json_array
    profile = array(sa.literal_column("'profile'"), newest.correlate(users).scalar_subquery())
    nobody = sa.cast(sa.null(), sa.String())
    given = sa.select(profile.label("value"), _part(users, 0).label("user"))
    keys = sa.union_all(sa.select(named.c.value, nobody.label("user")), given).subquery("keys")
    found = progress.join(keys, sa.true()).outerjoin(slots, sa.and_(*_of_key(slots, keys, SCOPE)))
    columns = [slots.c[name] for name in LayerRow._fields]
    first = (progress.c.position, progress.c.definitions, keys.c.user, _part(keys, 1))
    return sa.select(*first, *columns).select_from(found)


@cache
def layers_at(dialect: str) -> sa.Select[Any]:
    """Takes `in_environment`, `upto`, and `keys`: a list of [scope kind, scope id, config type]."""
    return _at_in_postgres() if dialect == "postgresql" else _at_in_sqlite()


def places_at(environment: str, types: Sequence[str], *, position: int, limit: int) -> sa.Select[Any]:
    """The kind and the id of each scope at which one of these types was in force, but those that all share."""
    v = slot_versions.c
    slot = (v.scope_kind, v.scope_id, v.config_type)
    wanted = (v.environment == environment, v.config_type.in_(types), sa.not_(v.scope_kind.in_(SHARED)))
    newest = (
        sa.select(*slot, sa.func.max(v.valid_from).label("valid_from"))
        .where(*wanted, v.valid_from <= position)
        .group_by(*slot)
        .subquery("newest")
    )
    same = [v[name] == newest.c[name] for name in (*SLOT, "valid_from")]
    found = sa.select(v.scope_kind, v.scope_id).join(newest, sa.and_(*same)).where(*wanted, v.id.is_not(None))
    return found.distinct().order_by(v.scope_kind, v.scope_id).limit(limit)


def _at_in_postgres() -> sa.Select[Any]:
    keys, v = _list("postgresql", "keys"), slot_versions.c
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
    keys, earlier = _list("sqlite", "keys"), slot_versions.alias("earlier")
    newest = (
        sa.select(sa.func.max(earlier.c.valid_from))
        .where(*_of_key(earlier, keys, SLOT), earlier.c.valid_from <= sa.bindparam("upto"))
        .correlate(keys)
        .scalar_subquery()
    )
    at = sa.and_(*_of_key(slot_versions, keys, SLOT), slot_versions.c.valid_from == newest)
    found = keys.outerjoin(slot_versions, at).outerjoin(config_versions, _same_version(slot_versions))
    return sa.select(*_columns(keys)).select_from(found)


def _list(dialect: str, name: str) -> Any:
    """The elements of a list that is given as JSON under this name."""
    asked: sa.BindParameter[str] = sa.bindparam(name, type_=sa.String())
    if dialect == "postgresql":
        return sa.func.jsonb_array_elements(sa.cast(asked, JSONB)).table_valued("value", name=name)
    return sa.func.json_each(asked).table_valued("value", name=name)


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
