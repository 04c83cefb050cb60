"""Which moment of the past is meant: always a boundary between two commits."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from application.ports import Command, Commit, Decision, EventStore, Progress
from domain.errors import InvalidRequest, NotFound, StoreUnavailable
from domain.installation.tags import TAGS_ID, Tags
from domain.times import microseconds, rfc3339

SERVER = "varve"  # the principal of what the service records by itself
TAG = "tag:"
LONGEST_POSITION = 19  # digits


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit boundary.

    `as_of` is the time that was asked for; `final` when nothing can be recorded before it any more. `rounded_from` is
    the position that was asked for where it lies inside a commit. `preview`: the time has not come, and what is known
    of it now is told.
    """

    position: int
    as_of: str | None = None
    final: bool = True
    rounded_from: int | None = None
    preview: bool = False


class Moments:
    """What is known to have passed is not asked for again: a read of the past costs one look into the commit log."""

    def __init__(self, store: EventStore, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._passed_us = 0  # the newest recorded time that was seen: nothing can be recorded before it any more

    def at(self, *, as_of: str | None = None, position: int | None = None, preview: bool = False) -> Moment | None:
        """The moment that is named, by a time, `tag:NAME`, or a position; None where none is.

        Raises InvalidRequest for a time with no offset, in the future (unless it is for a `preview`), or before the
        first event; for a position beyond the log; where both are given. Raises NotFound for an unknown tag.
        """
        if as_of is not None and position is not None:
            raise InvalidRequest.at("/position", "name the moment once: by as_of, or by position", "one_moment")
        if as_of is not None:
            tag = as_of.startswith(TAG)
            return (
                self._at_position(self._tagged(as_of.removeprefix(TAG)))
                if tag
                else self._at_time(as_of, preview=preview)
            )
        return None if position is None else self._at_position(position)

    def named(self, text: str) -> Moment:
        """As `at`, for a moment in one text: a time, `tag:NAME`, or `position:N`."""
        kind, _, number = text.partition(":")
        if kind == "position" and number.isascii() and number.isdigit() and len(number) < LONGEST_POSITION:
            return self._at_position(int(number))
        return self._at_position(self._tagged(number)) if kind == "tag" else self._at_time(text)

    def _tagged(self, name: str) -> int:
        position = self._store.load(Tags, TAGS_ID).positions.get(name)
        if position is None:
            raise NotFound(f"there is no tag {name[:64]}: GET /api/tags lists what there is")
        return position

    def _at_position(self, position: int) -> Moment:
        if position > self._progress.visible and position > (head := self._newest().last):
            message = f"the log ends at position {head}: name one up to that"
            raise InvalidRequest.at("/position", message, "beyond_the_log")
        commit = self._store.commit_at(position=position)
        at = commit.last if commit else 0
        return Moment(at, rounded_from=None if at == position else position)

    def _at_time(self, text: str, *, preview: bool = False) -> Moment:
        asked = parsed_us(text)
        if asked <= self._passed_us:
            return Moment(self._before(asked).last, rfc3339(asked))
        newest = self._newest()
        if asked > max(self._store.now_us(), newest.recorded_us):
            if preview:
                return Moment(newest.last, rfc3339(asked), final=False, preview=True)
            message = "as_of lies in the future: name a moment that has passed, or ask for a preview"
            raise InvalidRequest.at("/as_of", message, "future")
        final = newest.recorded_us >= asked or self._tick()
        # Asked for last: until the tick, others may record something that belongs to before the moment.
        return Moment(self._before(asked).last, rfc3339(asked), final)

    def _before(self, asked_us: int) -> Commit:
        commit = self._store.commit_at(recorded_us=asked_us)
        if commit is None:
            message = "as_of lies before the first event: there was nothing yet"
            raise InvalidRequest.at("/as_of", message, "before_the_log")
        return commit

    def _tick(self) -> bool:
        """Record that time has passed, so that nothing can come before it any more; whether that could be done."""
        try:
            self._store.record(Command(SERVER, uuid4().hex, "tick", b""), Decision())
        except StoreUnavailable:
            return False
        return True

    def _newest(self) -> Commit:
        newest = self._store.newest()
        assert newest is not None, "a log that is served holds its first definitions"
        self._passed_us = max(self._passed_us, newest.recorded_us)
        return newest


def parsed_us(text: str) -> int:
    """A time in RFC 3339, as microseconds since the epoch. Raises InvalidRequest where it has no offset."""
    found = microseconds(text)
    if found is None:
        message = "as_of is a time with its offset, such as 2026-11-20T10:00:00Z, or tag:NAME"
        raise InvalidRequest.at("/as_of", message, "time")
    return found
