"""The SQL behind the port `Views`: each answer is one statement, so it is true at one position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from application.views import (
    ChangedConfig,
    Claim,
    ConfigFilter,
    ConfigView,
    DefinitionRow,
    LayerRow,
    LayerRows,
    Page,
    Reach,
)
from domain.access.policy import SHARED
from domain.configs.config import name_key
from domain.configs.scope import Scope
from domain.errors import StoreUnavailable
from infrastructure.layer_queries import layers_at, layers_now, places_at
from infrastructure.projections.tables import (
    collection_owners,
    config_versions,
    configs,
    definitions,
    progress,
    slot_versions,
    slots,
)

LAYER_COLUMNS = [slots.c[name] for name in LayerRow._fields]
ROWS_A_FETCH = 2_000
IDENTITY = ("environment", "scope_kind", "scope_id", "config_type", "created_us", "created_by")
KEPT = [configs.c[name] for name in IDENTITY]  # what is the same in every version


def _versions_of(config_id: UUID) -> sa.Select[Any]:
    """The versions of a config, newest first, each in the shape of a row of `configs`."""
    return (
        sa.select(*KEPT, *config_versions.c)
        .join(configs, configs.c.id == config_versions.c.id)
        .where(config_versions.c.id == config_id.hex, configs.c.scope_kind != "process")
        .order_by(config_versions.c.version.desc())
    )


@contextmanager
def views_reached() -> Iterator[None]:
    """Raises StoreUnavailable where the store that holds the views is gone."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise StoreUnavailable("the views cannot be reached: try again in a moment") from error


class SqlViews:
    """Reads the generation that is served."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def _read(self, query: sa.Select[Any], values: dict[str, Any] | None = None) -> Sequence[sa.Row[Any]]:
        with views_reached():
            try:
                return self._rows(query, values)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._rows(query, values)  # every connection was taken for dead, so this is a new one

    def _rows(self, query: sa.Select[Any], values: dict[str, Any] | None) -> Sequence[sa.Row[Any]]:
        with self._engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.execute(query, values).all()

    def config(self, config_id: UUID, *, position: int | None = None, version: int | None = None) -> ConfigView | None:
        if version is not None:
            query = _versions_of(config_id).where(config_versions.c.version == version)
        elif position is None:
            query = sa.select(configs).where(configs.c.id == config_id.hex, configs.c.scope_kind != "process")
        else:
            query = _versions_of(config_id).where(config_versions.c.position <= position).limit(1)
        found = self._read(query)
        return config_view(found[0]._mapping) if found else None

    def configs(self, wanted: ConfigFilter, *, after: UUID | None, limit: int, position: int | None = None) -> Page:
        query = _configs_now(wanted) if position is None else _configs_at(wanted, position)
        if after is not None:
            query = query.where(configs.c.id > after.hex)
        found = self._read(query.order_by(configs.c.id).limit(limit + 1))
        items = tuple(config_view(row._mapping) for row in found[:limit])
        at = position if position is not None else found[0].at if found else self._position()
        return Page(items, items[-1].id if len(found) > limit else None, at)

    def _position(self) -> int:
        found: int = self._read(sa.select(progress.c.position))[0][0]
        return found

    def layers(self, environment: str, scopes: Sequence[Scope], *, users: Sequence[str] = ()) -> LayerRows:
        keys = orjson.dumps([(scope.kind, scope.id) for scope in scopes]).decode()
        of_users = orjson.dumps([(user,) for user in users]).decode()
        query = layers_now(self._engine().dialect.name)
        asked = {"in_environment": environment, "keys": keys, "of_users": of_users}
        found = [tuple(row) for row in self._read(query, asked)]
        position, definitions_at = found[0][:2]
        profiles = {user: profile for _, _, user, profile, *_ in found if user is not None and profile is not None}
        rows = {row[4:7]: LayerRow._make(row[4:]) for row in found if row[4] is not None}
        return LayerRows(position, definitions_at, list(rows.values()), profiles)

    def layers_at(
        self, environment: str, scopes: Sequence[Scope], types: Sequence[str], *, position: int
    ) -> list[LayerRow]:
        asked = {
            "in_environment": environment,
            "upto": position,
            "keys": orjson.dumps([(scope.kind, scope.id, name) for scope in scopes for name in types]).decode(),
        }
        found = map(tuple, self._read(layers_at(self._engine().dialect.name), asked))
        return [LayerRow._make(row) for row in found if row[3] is not None]

    def changes(self, environment: str, scopes: Sequence[Scope], *, after: int, upto: int) -> list[int]:
        v = slot_versions.c
        of_scopes = sa.tuple_(v.scope_kind, v.scope_id).in_([(scope.kind, scope.id) for scope in scopes])
        query = sa.select(v.valid_from).where(
            v.environment == environment, of_scopes, v.valid_from > after, v.valid_from <= upto
        )
        return [int(row[0]) for row in self._read(query.distinct().order_by(v.valid_from))]

    def changed_since(self, environment: str, *, position: int) -> list[ChangedConfig]:
        v = config_versions.c
        then = (
            sa.select(sa.func.max(v.version))
            .where(v.id == configs.c.id, v.position <= position)
            .correlate(configs)
            .scalar_subquery()
        )
        place = (configs.c.scope_kind, configs.c.scope_id, configs.c.config_type, configs.c.position)
        query = sa.select(configs.c.id, *place, then).where(
            configs.c.environment == environment, configs.c.position > position, configs.c.scope_kind != "process"
        )
        return [ChangedConfig._make((UUID(row[0]), *row[1:])) for row in self._read(query.order_by(configs.c.id))]

    def history(self, config_id: UUID, *, before: int | None, limit: int) -> list[ConfigView]:
        query = _versions_of(config_id)
        if before is not None:
            query = query.where(config_versions.c.version < before)
        return [config_view(row._mapping) for row in self._read(query.limit(limit))]

    def in_force(self, environment: str | None, config_type: str | None) -> Iterator[tuple[str, LayerRow]]:
        query = sa.select(slots.c.environment, *LAYER_COLUMNS)
        if environment is not None:
            query = query.where(slots.c.environment == environment)
        if config_type is not None:
            query = query.where(slots.c.config_type == config_type)
        with views_reached(), self._engine().connect() as connection:
            result = connection.execution_options(stream_results=True).execute(query)
            for row in result.yield_per(ROWS_A_FETCH):
                yield row[0], LayerRow._make(row[1:])

    def places(self, environment: str, types: Sequence[str], *, position: int, limit: int) -> list[Scope]:
        found = self._read(places_at(environment, types, position=position, limit=limit))
        return [Scope(*row) for row in found]

    def scope_kinds(self) -> frozenset[str]:
        query = sa.select(configs.c.scope_kind).where(sa.not_(configs.c.is_deleted)).distinct()
        return frozenset(str(row[0]) for row in self._read(query))

    def claim_on(self, environment: str, collection_id: str) -> Claim:
        o, c = collection_owners.c, configs.c
        owner = sa.select(o.owner).where(o.environment == environment, o.collection_id == collection_id)
        scope = (c.environment == environment, c.scope_kind == "collection", c.scope_id == collection_id)
        used = sa.select(c.id).where(*scope, sa.not_(c.is_deleted)).exists()
        found = self._read(sa.select(owner.scalar_subquery(), used))[0]
        owned_by, is_used = tuple(found)
        return Claim(owned_by, bool(is_used))

    def definitions(self) -> Sequence[DefinitionRow]:
        query = sa.select(definitions).order_by(definitions.c.valid_from, definitions.c.version)
        return [DefinitionRow._make(row) for row in self._read(query)]


def _configs_now(wanted: ConfigFilter) -> sa.Select[Any]:
    query = sa.select(configs, progress.c.position.label("at")).join_from(configs, progress, sa.true())
    return query.where(*conditions(wanted, configs))


def _configs_at(wanted: ConfigFilter, position: int) -> sa.Select[Any]:
    v = config_versions.c
    valid = sa.and_(v.id == configs.c.id, v.position <= position, sa.or_(v.valid_to.is_(None), v.valid_to > position))
    query = sa.select(*KEPT, *config_versions.c).join_from(configs, config_versions, valid)
    return query.where(*conditions(wanted, config_versions))


def conditions(wanted: ConfigFilter, versions: sa.Table) -> Iterator[sa.ColumnElement[bool]]:
    """What a filter asks of a config; what may change is asked of `versions`."""
    c, v = configs.c, versions.c
    yield sa.not_(v.is_deleted)
    yield c.scope_kind != "process"
    exact = {
        c.environment: wanted.environment,
        c.scope_kind: wanted.scope_kind,
        c.scope_id: wanted.scope_id,
        c.config_type: wanted.config_type,
        v.is_active: wanted.is_active,
        v.is_default: wanted.is_default,
    }
    for column, value in exact.items():
        if value is not None:
            yield column == value
    if wanted.seen_by is not None:
        yield _within(wanted.seen_by)
    if wanted.name is not None:
        yield v.name_key.contains(name_key(wanted.name), autoescape=True)


def _within(reach: Reach) -> sa.ColumnElement[bool]:
    c, o = configs.c, collection_owners.c
    ways: list[sa.ColumnElement[bool]] = [c.scope_kind.in_(SHARED)]
    if reach.collection_ids:
        ways.append(sa.and_(c.scope_kind == "collection", c.scope_id.in_(sorted(reach.collection_ids))))
    if reach.user_id is not None:
        owned = sa.select(o.owner).where(
            o.environment == c.environment, o.collection_id == c.scope_id, o.owner == reach.user_id
        )
        ways.append(sa.and_(c.scope_kind == "user", c.scope_id == reach.user_id))
        ways.append(sa.and_(c.scope_kind == "collection", owned.exists()))
    return sa.or_(*ways)


def config_view(r: Mapping[Any, Any]) -> ConfigView:
    """A row of `configs`, or of the past, by the names of its columns."""
    return ConfigView(
        UUID(r["id"]),
        r["environment"],
        r["scope_kind"],
        r["scope_id"],
        r["config_type"],
        r["type_version"],
        r["name"],
        r["description"],
        r["mode"],
        orjson.loads(r["data"]),
        tuple(orjson.loads(r["unset"])),
        r["is_default"],
        r["is_active"],
        r["is_deleted"],
        r["version"],
        r["created_us"],
        r["created_by"],
        r["recorded_us"],
        r["actor"],
        r["operation"],
        r["reason"],
        r["command_id"],
        r["restores"],
        r["position"],
    )
