"""Files of environment variables (`.env`), as shells and docker read them."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from domain.errors import InvalidFile
from infrastructure.files.source import Source, bytes_of, refusal

_MAX_BYTES = 1 << 20


def read_env_file(path: Path) -> dict[str, str]:
    """The variables in a `.env` file: name → value, of a name that stands twice the last.

    `export`, quotes and comments are understood. `${NAME}` is kept as it stands: what a file says must not depend on
    who reads it. Raises InvalidFile with the line at fault.
    """
    return read_env(bytes_of(path, max_bytes=_MAX_BYTES), name=str(path))


def read_env(raw: bytes, *, name: str) -> dict[str, str]:
    """The same of the bytes of a file that is called `name`."""
    source = Source.of(raw, name=name)
    variables: dict[str, str] = {}
    for binding in parse_stream(StringIO(source.text)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise _refused(source, binding, "not a variable: write NAME=value, with the value in quotes if it has any")
        if binding.key is None or binding.value is None:  # a comment, or blank lines
            continue
        if "\0" in binding.key + binding.value:
            raise _refused(source, binding, "a variable holds the character NUL: leave it out")
        variables[binding.key] = binding.value
    return variables


def _refused(source: Source, binding: Binding, message: str) -> InvalidFile:
    said = binding.original.string
    blank = said[: len(said) - len(said.lstrip())]  # the lines skipped before the binding belong to it
    line = binding.original.line + blank.count("\n")
    column = len(blank) - blank.rfind("\n")
    return refusal(source.name, message, line=line, column=column, rule="syntax")
