"""Files of master keys, as tests need them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from infrastructure.master_keys import new_line


def key_file(path: Path, *names: str, lines: Iterable[str] = ()) -> Path:
    """A file with a new key for each name, and after them the lines of others."""
    path.write_text("\n".join([*map(new_line, names), *lines]) + "\n")
    path.chmod(0o600)
    return path


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()
