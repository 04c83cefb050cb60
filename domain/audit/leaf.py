"""What a leaf of the log's Merkle tree covers: one event with its commit, or a commit that holds no event.

All numbers are big-endian and of 8 bytes, where nothing else is said. A commit's mark is its recorded time in
microseconds, its first and its last position, and SHA-256 over the JSON array of principal, command id, operation and
digest (in hex). A leaf is 0x00 and the mark, for a commit without events; or 0x01, the mark, position, version, the
lengths of stream and topic (2 bytes each), the stream in hex digits, the topic, and the payload as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from struct import Struct

import orjson

_BOUNDS = Struct(">qqq")
_EVENT = Struct(">qqHH")
_LEAF = b"\x00"  # what RFC 6962 puts before a leaf when it is hashed

CommitRow = tuple[int, int, int, str, str, str, bytes]
"""Recorded time in microseconds, first and last position, principal, command id, operation, digest."""

EventRow = tuple[int, str, int, str, bytes]
"""Position, stream in 32 hex digits, version, topic, payload."""


def commit_mark(row: CommitRow) -> bytes:
    """Raises struct.error, TypeError, ValueError or AttributeError for what is no row of a commit log."""
    recorded_us, first, last, principal, command_id, operation, digest = row
    who = orjson.dumps((principal, command_id, operation, digest.hex()))
    return _BOUNDS.pack(recorded_us, first, last) + sha256(who).digest()


def commit_leaf(mark: bytes) -> bytes:
    """The leaf of a commit that holds no event."""
    return b"\x00" + mark


def event_leaf(mark: bytes, event: EventRow) -> bytes:
    """Raises as `commit_mark` does."""
    position, stream, version, topic, state = event
    one, other = stream.encode(), topic.encode()
    return b"\x01" + mark + _EVENT.pack(position, version, len(one), len(other)) + one + other + state


def event_hashes(mark: bytes, events: Iterable[EventRow]) -> list[bytes]:
    """The leaf hashes of a commit's events: `leaf_hash` of each `event_leaf`, without a call for each."""
    head, pack = _LEAF + b"\x01" + mark, _EVENT.pack
    return [
        sha256(head + pack(position, version, len(one), len(other)) + one + other + state).digest()
        for position, stream, version, topic, state in events
        for one, other in ((stream.encode(), topic.encode()),)
    ]
