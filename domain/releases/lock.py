"""A lock: what was frozen, where, how it was measured, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Final, Literal
from uuid import UUID

from domain.canonical_json import canonical
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import InvalidRequest
from domain.secrets.envelope import shown

Kind = Literal["candidate", "production"]
CANDIDATE: Final = "candidate"
PRODUCTION: Final = "production"

HELD, UNLOCKED, SUPERSEDED, ROLLED_BACK = "held", "unlocked", "superseded", "rolled_back"

HASH_DIGITS = 8  # of the config's hash, in the id of an ingest run
_LABEL = re.compile(r"\d{4}-\d{2}-\d{2}(-\d{6})?-v\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The config that was in force before a promotion, as it was then."""

    config_id: UUID
    version: int

    @classmethod
    def of(cls, config_id: UUID | None, version: int | None) -> Replaced | None:
        """From the fields of an event."""
        return None if config_id is None or version is None else cls(config_id, version)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock as its events make it. Times are microseconds since the epoch."""

    id: UUID
    environment: str
    scope: Scope
    config_type: str
    config_id: UUID
    config_version: int
    kind: Kind
    version_label: str
    config_hash: str
    embedder_name: str
    tokenizer_name: str
    tokenizer_hash: str | None
    baseline_metrics: Document
    checks: dict[str, str]
    locked_us: int
    locked_by: str
    reason: str | None
    promoted_from: UUID | None = None
    replaced: Replaced | None = None
    promoted_to: tuple[tuple[str, UUID], ...] = ()  # environment and lock, the newest last
    approvals: tuple[tuple[str, str], ...] = ()  # environment that it may go to, and who says so
    status: str = HELD
    ended_us: int | None = None
    ended_by: str | None = None
    ended_because: str | None = None
    evidence: Document | None = None  # where the service rolled it back by itself

    @property
    def slot(self) -> tuple[Scope, str]:
        return self.scope, self.config_type

    @property
    def is_held(self) -> bool:
        return self.status == HELD

    @property
    def ingest_run_id(self) -> str:
        return f"{self.version_label}-{self.config_hash[:HASH_DIGITS]}"

    def approved_for(self, environment: str) -> frozenset[str]:
        """Who has approved of its promotion to there."""
        return frozenset(who for where, who in self.approvals if where == environment)

    @property
    def told(self) -> str:
        """What it says of itself to whoever is refused because of it."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.config_type} at {self.scope} in {self.environment} is locked ({self.version_label}){why}"


def config_hash(data: Document) -> str:
    """SHA-256, in lower-case hex, of the RFC 8785 form of the config's document; secrets by their commitments."""
    return sha256(canonical(shown(data))).hexdigest()


def version_label(at_us: int, *, taken: Container[str]) -> str:
    """`YYYY-MM-DD-HHMMSS-vN`: when a config was locked (UTC), and which lock of that second it is."""
    moment = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    labels = (f"{moment:%Y-%m-%d-%H%M%S}-v{number}" for number in count(1))
    return next(label for label in labels if label not in taken)


def checked_label(label: str) -> str:
    """A label as somebody else made it. Raises InvalidRequest."""
    if not _LABEL.fullmatch(label):
        message = "version_label is YYYY-MM-DD-HHMMSS-vN, such as 2026-11-20-100000-v1: leave it out to have it made"
        raise InvalidRequest.at("/version_label", message, "version_label")
    return label
