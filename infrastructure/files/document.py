"""A file that holds one document, in the format that its suffix names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from domain.documents import Document
from infrastructure.files.json import read_json
from infrastructure.files.source import MAX_BYTES, Source, bytes_of, refusal
from infrastructure.files.toml import read_toml
from infrastructure.files.yaml import read_yaml

_READERS: dict[str, Callable[[Source], Any]] = {
    ".toml": read_toml,
    ".yaml": read_yaml,
    ".yml": read_yaml,
    ".json": read_json,
}
SUFFIXES = tuple(_READERS)


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> Document:
    """The document in the file at `path`. Raises InvalidFile with the file's name, and line and column of a fault."""
    _reader_of(str(path))
    return read_document(bytes_of(path, max_bytes=max_bytes), name=str(path))


def read_document(raw: bytes, *, name: str) -> Document:
    """The document in the bytes of a file; the suffix of `name` says in which format."""
    read = _reader_of(name)
    value = read(Source.of(raw, name=name))
    if not isinstance(value, dict):
        raise refusal(name, "the whole file must be one object (a table, a mapping)", line=1, rule="object")
    return value


def _reader_of(name: str) -> Callable[[Source], Any]:
    suffix = PurePath(name).suffix.lower()
    if suffix not in _READERS:
        raise refusal(name, f"the name must end in one of {', '.join(SUFFIXES)}", rule="suffix")
    return _READERS[suffix]
