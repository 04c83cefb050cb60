"""What a store tells of itself: whether its schema is the one that this Varve needs, and how large it is."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from infrastructure.migrations import HEAD, revision
from infrastructure.views import views_reached


class Vitals:
    """Asks over the engine that the store was migrated with; one in memory has no schema and no size."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._file = Path(engine.url.database) if engine.url.database else None
        self._in_memory = engine.dialect.name == "sqlite" and self._file is None

    def schema_problem(self) -> str | None:
        """Raises StoreUnavailable. A newer schema is none: servers of two versions run side by side in an upgrade."""
        if self._in_memory:
            return None
        with views_reached(), self._engine.connect() as connection:
            found = revision(connection)
        if found is not None and found >= HEAD:
            return None
        return f"the store has schema {found} and this Varve needs {HEAD}: run varve migrate"

    def size_bytes(self) -> int:
        """The log and its views; on PostgreSQL, the database. Raises StoreUnavailable."""
        if self._engine.dialect.name == "postgresql":
            with views_reached(), self._engine.connect() as connection:
                size: int = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
                return size
        if self._file is None:
            return 0
        return sum(path.stat().st_size for path in self._file.parent.glob(f"{self._file.name}*"))
