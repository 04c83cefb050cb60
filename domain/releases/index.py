"""An index: what it was built from, how far it is, and whether it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from domain.configs.scope import Scope
from domain.errors import InvalidRequest

BUILDING, READY, LIVE, REPLACED, DROPPED = "building", "ready", "live", "replaced", "dropped"
WATCH_US = 48 * 3600 * 1_000_000
"""How long an index that was replaced is kept, in case one has to go back."""
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Index:
    """One index as its events make it. Times are microseconds since the epoch."""

    id: UUID
    environment: str
    scope: Scope
    fingerprint: str
    table: str | None
    is_shadow: bool  # its table was made here, and is dropped here
    lock_id: UUID | None
    version_label: str | None
    ingest_run_id: str | None
    registered_us: int
    registered_by: str
    chunks: int = 0
    of: int | None = None
    ready_us: int | None = None
    live_us: int | None = None
    replaced_us: int | None = None
    dropped_us: int | None = None

    @property
    def status(self) -> str:
        marks = ((self.dropped_us, DROPPED), (self.replaced_us, REPLACED), (self.live_us, LIVE), (self.ready_us, READY))
        return next((status for since, status in marks if since is not None), BUILDING)

    @property
    def is_kept(self) -> bool:
        return self.dropped_us is None

    @property
    def serves(self) -> bool:
        """Whether reads may go there."""
        return self.is_kept and self.ready_us is not None

    @property
    def confirmation(self) -> str:
        """What is typed to drop it."""
        return self.table or str(self.id)

    @property
    def kept_until_us(self) -> int | None:
        """Until when it is not dropped without force."""
        return None if self.replaced_us is None else self.replaced_us + WATCH_US


def shadow_table(version_label: str) -> str:
    """The name of the table that is built for a lock."""
    return checked_table(f"document_chunks_{version_label.replace('-', '_')}")


def checked_table(name: str) -> str:
    """A name that a table may have without quotes. Raises InvalidRequest."""
    if not _TABLE.fullmatch(name):
        message = "a table's name is 1 to 63 of a-z, 0-9 and _, and begins with a letter or _"
        raise InvalidRequest.at("/table", message, "table_name")
    return name
