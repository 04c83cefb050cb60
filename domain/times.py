"""Recorded times: microseconds since the epoch, and RFC 3339 in UTC where people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(text: str) -> int | None:
    """A time in RFC 3339 as microseconds since the epoch; None for what is none, or has no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - EPOCH) // timedelta(microseconds=1)


def rfc3339(at_us: int) -> str:
    """Microseconds since the epoch as RFC 3339 in UTC, such as 2026-11-20T10:00:00.000001Z."""
    moment = EPOCH + timedelta(microseconds=at_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
