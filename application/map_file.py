"""Where a mapping of files comes from: options (`--map rag.chunking=chunking`), or a map file.

A map file is TOML, YAML or JSON:

    ignore = ["metadata"]

    [map."rag.embedding"]
    type = "embedding"
    rename = { timeout_seconds = "timeout" }
    drop = ["cache_size"]

Without a type, a section becomes the type of its own name: `runtime.security` is for `runtime_security`. The path `.`
is the whole file; a part of a path that holds a dot stands in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from application.file_mapping import KeyPath, Mapping, Section, dotted, type_name
from domain.documents import Document
from domain.errors import Fault, InvalidFile, InvalidRequest
from domain.pointers import pointer_of

_PART = re.compile(r'"([^"]+)"|([^".\s][^".]*)')

_WORDS = {
    "extra_forbidden": "this means nothing in a map file: take it out",
    "string_type": "this must be a name, in quotes",
    "list_type": "this must be a list of names",
    "dict_type": "this must be a table",
    "model_type": 'this must be a table, such as { type = "chunking" }',
}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: str | None = None
    rename: dict[str, str] = Field(default_factory=dict)
    drop: list[str] = Field(default_factory=list)


class _MapFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    map: dict[str, _Entry] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list)


def mapping_from_options(options: Iterable[str]) -> Mapping:
    """The mapping that options such as `rag.chunking=chunking` make. Raises InvalidRequest."""
    sections: dict[KeyPath, Section] = {}
    for option in options:
        source, _, config_type = option.partition("=")
        path = _path_of(source)
        if path is None:
            raise _unfit_option(f'--map "{option}" is not a mapping: write PATH=TYPE, such as rag.chunking=chunking')
        if path in sections:
            raise _unfit_option(f"--map names {dotted(path)} twice: keep one")
        sections[path] = Section(path, config_type.strip() or type_name(path))
    return Mapping(tuple(sections.values()))


def mapping_from_document(document: Document, *, name: str) -> Mapping:
    """The mapping in the map file that is called `name` in messages. Raises InvalidFile."""
    try:
        file = _MapFile.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        message = _WORDS.get(first["type"], first["msg"])
        raise _unfit_file(name, tuple(str(key) for key in first["loc"]), message) from None
    sections = tuple(_section(source, entry, name) for source, entry in file.map.items())
    return Mapping(sections, tuple(_checked_path(path, name, ("ignore",)) for path in file.ignore))


def _section(source: str, entry: _Entry, name: str) -> Section:
    path = _checked_path(source, name, ("map", source))
    return Section(path, entry.type or type_name(path), entry.rename, tuple(entry.drop))


def _checked_path(text: str, name: str, at: KeyPath) -> KeyPath:
    path = _path_of(text)
    if path is None:
        raise _unfit_file(name, at, f'"{text}" is not a path: write names with dots between, such as rag.chunking')
    return path


def _path_of(text: str) -> KeyPath | None:
    """The keys of a dotted path, or None."""
    text = text.strip()
    if text == ".":
        return ()
    parts: list[str] = []
    while part := _PART.match(text):
        parts.append(part[1] or part[2])
        text = text[part.end() :]
        if not text:
            return tuple(parts)
        text = text[1:] if text.startswith(".") else ""
    return None


def _unfit_option(message: str) -> InvalidRequest:
    return InvalidRequest.at("", message, "mapping")


def _unfit_file(name: str, at: KeyPath, message: str) -> InvalidFile:
    return InvalidFile(f"{name}, at {dotted(at)}: {message}", faults=[Fault(pointer_of(at), message, "mapping")])
