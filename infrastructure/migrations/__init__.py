"""The schema of the log, by numbered migrations.

Views have none: a changed view is a new generation, built from the log.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from domain.errors import StoreUnavailable

HEAD = "0008"  # the newest migration in versions/
ADVISORY_LOCK = 0x7661727665  # one process migrates at a time


def migrate(engine: sa.Engine) -> None:
    """Bring the log's schema to HEAD. Raises StoreUnavailable for a store that a newer Varve wrote."""
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        found = revision(connection)
        if found is not None and found > HEAD:
            raise StoreUnavailable(f"the store has schema {found} and this Varve knows {HEAD}: use a newer Varve")
        _upgrade(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- most starts find the schema as it should be, and need not wait for this
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def revision(connection: sa.Connection) -> str | None:
    """The newest migration that a store has; None where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found
