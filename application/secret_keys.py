"""What the use cases need of the keys of a log."""

from __future__ import annotations

from typing import NamedTuple, Protocol
from uuid import UUID

from domain.documents import Document


class Rotation(NamedTuple):
    """The data key that seals from now on, the master key that wraps every key, and how many were wrapped anew."""

    key: str
    master: str
    rewrapped: int


class Secrets(Protocol):
    """Seals and opens the secrets of one log. All but the flags raise KeysMissing where a key is not to be had."""

    can_seal: bool
    """Whether there are keys at all."""
    request_key: bytes | None
    """What digests of requests are made under; None without keys."""

    def outdated_masters(self) -> list[str]:
        """The master keys, besides the first, that a key still lies under."""

    def commitment(self, text: str) -> str:
        """What stands for the secret in digests and listings."""

    def seal(self, text: str, *, stream: UUID, version: int, pointer: str) -> Document:
        """An envelope for this field of this stream, of this version or a later one."""

    def open(self, envelope: Document, *, stream: UUID, version: int, pointer: str) -> str:
        """The secret. Raises SecretUnreadable."""

    def rotate(self, key: str, *, dry_run: bool = False) -> Rotation:
        """Take a new data key, of this id, and wrap every key under the first master key.

        One that is there already is not made twice.
        """
