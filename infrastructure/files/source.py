"""A file's text, and how a fault in it is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from domain.errors import Fault, InvalidFile

MAX_BYTES = 32 << 20
MAX_NODES = 500_000
"""Values in one file: ten times what a request may hold, since a file may hold a whole installation."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file (lines end with a line feed), under the name that the reader of a message knows it by."""

    name: str
    text: str

    @classmethod
    def of(cls, raw: bytes, *, name: str) -> Source:
        """Raises InvalidFile for bytes that are not UTF-8, and for a byte order mark."""
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode()
            line, column = _place(before, len(before))
            raise refusal(name, "not UTF-8: save the file as UTF-8", line=line, column=column) from None
        if text.startswith("\ufeff"):
            raise refusal(name, "a byte order mark: save the file as UTF-8 without one", line=1, column=1)
        return cls(name, text.replace("\r\n", "\n"))

    def refused(self, message: str, *, offset: int, pointer: str = "", rule: str = "file") -> InvalidFile:
        """The fault at `offset` in the text."""
        line, column = _place(self.text, offset)
        return refusal(self.name, message, line=line, column=column, pointer=pointer, rule=rule)


def refusal(
    name: str, message: str, *, line: int | None = None, column: int = 1, pointer: str = "", rule: str = "file"
) -> InvalidFile:
    """A fault of the file `name`; `line` and `column` count from 1, and None is for a fault of the file as such."""
    where = name if line is None else f"{name}, line {line}, column {column}"
    return InvalidFile(f"{where}: {message}", faults=[Fault(pointer, message, rule)])


def bytes_of(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """What the file holds. Raises InvalidFile when there is none, or it cannot be read, or it is too large."""
    name = str(path)
    if not path.is_file():
        problem = "this is not a file" if path.exists() else "there is no such file"
        raise refusal(name, f"{problem}: check the path")
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise refusal(name, f"it cannot be read: {error.strerror}") from None
    if len(raw) > max_bytes:
        raise refusal(name, f"it is larger than {max_bytes:,} bytes: split it")
    return raw


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
