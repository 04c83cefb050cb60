"""One transaction on the tables of reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from infrastructure.views import views_reached

T = TypeVar("T")


class Transactions:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self, query: sa.Executable) -> Sequence[sa.Row[Any]]:
        """Raises StoreUnavailable."""
        return self.run(lambda connection: connection.execute(query).all(), writes=False)

    def run(self, do: Callable[[sa.Connection], T], *, writes: bool) -> T:
        """Done again where the connection was dead: what is done twice is harmless here. Raises StoreUnavailable."""
        with views_reached():
            try:
                return self._once(do, writes=writes)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._once(do, writes=writes)  # every connection was taken for dead, so this is a new one

    def _once(self, do: Callable[[sa.Connection], T], *, writes: bool) -> T:
        with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
            return do(connection)
