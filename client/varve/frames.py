"""Server-sent events, taken apart as they come in."""

from __future__ import annotations

from typing import NamedTuple

from varve.errors import NotVarve

LONGEST_LINE = 1024 * 1024


class Frame(NamedTuple):
    event: str
    data: str
    id: str


class Frames:
    """Lines may end in any of the three ways, and a frame may come in any number of pieces."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip_newline = False
        self._event, self._data, self._id = "", list[str](), ""

    def fed(self, piece: bytes) -> list[Frame]:
        """The frames that are complete now. Raises NotVarve for lines without an end."""
        if self._skip_newline and piece.startswith(b"\n"):
            piece = piece[1:]
        self._skip_newline = piece.endswith(b"\r")
        *lines, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise NotVarve("a line of the stream does not end")
        return [frame for line in lines if (frame := self._line(line.decode("utf-8", "replace")))]

    def _line(self, line: str) -> Frame | None:
        if not line:
            return self._ended()
        field, _, value = line.removeprefix("\ufeff").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id":
            self._id = value
        return None

    def _ended(self) -> Frame | None:
        event, data = self._event, self._data
        self._event, self._data = "", []
        return Frame(event or "message", "\n".join(data), self._id) if data else None
