"""How the sections of a nested document become config documents, when a file of another system is imported.

Where a mapping comes from (options, a map file) stands in `application/map_file.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from domain.documents import Document
from domain.errors import InvalidRequest
from domain.pointers import MISSING, pointer_of

KeyPath: TypeAlias = tuple[str, ...]
"""Keys from the top of a document downward; the empty path is the whole of it."""

_BARE_PART = re.compile(r"[\w-]+")
_NOT_IN_TYPE_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Section:
    """Where a config comes from: a table of the file, the type it is for, and its fields that go by another name."""

    source: KeyPath
    config_type: str
    rename: dict[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """What becomes of a file: the sections that are wanted, in their order, and the paths that nobody wants."""

    sections: tuple[Section, ...] = ()
    ignore: tuple[KeyPath, ...] = ()

    def over(self, other: Mapping) -> Mapping:
        """Both mappings; of two sections with one source, this one's."""
        own = {section.source for section in self.sections}
        kept = tuple(section for section in other.sections if section.source not in own)
        return Mapping(kept + self.sections, other.ignore + self.ignore)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a file gives: documents by type, of types yet to be defined apart, and what is left, by dotted path."""

    configs: dict[str, Document]
    defined: dict[str, Document]
    dropped: tuple[str, ...]
    unmapped: tuple[str, ...]


def is_bundle(document: Document) -> bool:
    """Whether this is what `varve export` writes, and needs no mapping."""
    return "varve_bundle" in document


def apply(document: Document, mapping: Mapping, *, known_types: Collection[str], define: bool = False) -> Mapped:
    """The config documents in `document`.

    The longest path takes its section out of its parent; of two sections for one type the later wins, field by field.
    With `define`, types that are not known are made: for sections mapped to them, and for tables that are not mapped.
    Raises InvalidRequest, naming the section, for a source that is not there or not a table, a type that is not known,
    and a rename that cannot be done.
    """
    cut, rest = _cut(document, [section.source for section in mapping.sections], mapping.ignore)
    configs: dict[str, Document] = {}
    for section in mapping.sections:
        found = _renamed(section, _table(section, cut[section.source]))
        configs[section.config_type] = configs.get(section.config_type, {}) | found
        if section.config_type not in known_types and not define:
            raise _unknown_type(section, known_types)
    if define:
        rest = _made_types(rest, configs, known_types)
    return Mapped(
        configs={name: data for name, data in configs.items() if name in known_types},
        defined={name: data for name, data in configs.items() if name not in known_types},
        dropped=_dropped(mapping, cut),
        unmapped=tuple(dotted((key,)) for key in rest),
    )


def type_name(path: KeyPath) -> str:
    """The name of a type made from the section at `path`: runtime.security → runtime_security."""
    return _NOT_IN_TYPE_NAMES.sub("_", "_".join(path).lower()).strip("_")


def dotted(path: KeyPath) -> str:
    """A path in a message: a part that holds more than letters, digits, _ and - stands in quotes."""
    return ".".join(part if _BARE_PART.fullmatch(part) else f'"{part}"' for part in path) or "."


def _cut(
    document: Document, sources: list[KeyPath], ignored: tuple[KeyPath, ...]
) -> tuple[dict[KeyPath, Any], Document]:
    """What stands at each path, and what is left: longest first, so that a section lacks what was cut out of it."""
    whole = {"": _tables_copied(document)}
    paths = sorted({*sources, *ignored}, key=len, reverse=True)
    cut = {path: _taken(whole, ("", *path)) for path in paths}
    for path in paths:
        for length in range(len(path), 0, -1):
            _without_empty(whole, ("", *path[:length]))
    return cut, whole.get("", {})


def _tables_copied(value: Any) -> Any:
    return {key: _tables_copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def _table_at(whole: Document, path: KeyPath) -> Document:
    for key in path:
        inner = whole.get(key)
        whole = inner if isinstance(inner, dict) else {}
    return whole


def _taken(whole: Document, path: KeyPath) -> Any:
    return _table_at(whole, path[:-1]).pop(path[-1], MISSING)


def _without_empty(whole: Document, path: KeyPath) -> None:
    """Remove the table at `path` if cutting has left nothing in it."""
    if _table_at(whole, path[:-1]).get(path[-1]) == {}:
        del _table_at(whole, path[:-1])[path[-1]]


def _table(section: Section, found: Any) -> Document:
    if found is MISSING:
        raise _refused(section.source, "it is not in the file: check the path, or take it out of the mapping")
    if not isinstance(found, dict):
        raise _refused(section.source, "it is one value, not a table: map the table that holds it")
    return found


def _renamed(section: Section, table: Document) -> Document:
    kept = {key: value for key, value in table.items() if key not in section.drop}
    for field_name in section.rename:
        if field_name not in kept:
            raise _refused(section.source, f"it has no field {field_name} to rename")
    result = {key: value for key, value in kept.items() if key not in section.rename}
    for old, new in section.rename.items():
        if new in result:
            raise _refused(section.source, f"{old} cannot be renamed to {new}, which is there too: drop one of them")
        result[new] = kept[old]
    return result


def _made_types(rest: Document, configs: dict[str, Document], known_types: Collection[str]) -> Document:
    """Add each table of `rest` to `configs` as a type of its own name; answers what is no table, and stays unmapped."""
    for key, table in rest.items():
        if not isinstance(table, dict):
            continue
        name = type_name((key,))
        if not name or name in known_types or name in configs:
            raise _refused(
                (key,), f'the type "{name}" cannot be made from it: map it, with --map {dotted((key,))}=TYPE'
            )
        configs[name] = table
    return {key: value for key, value in rest.items() if not isinstance(value, dict)}


def _dropped(mapping: Mapping, cut: dict[KeyPath, Any]) -> tuple[str, ...]:
    ignored = [path for path in mapping.ignore if cut[path] is not MISSING]
    fields = [
        (*section.source, key) for section in mapping.sections for key in section.drop if key in cut[section.source]
    ]
    return tuple(dotted(path) for path in ignored + fields)


def _unknown_type(section: Section, known_types: Collection[str]) -> InvalidRequest:
    known = ", ".join(sorted(known_types))
    return _refused(
        section.source, f"{section.config_type} is not a type: name one of {known}, or define it with --define"
    )


def _refused(path: KeyPath, message: str) -> InvalidRequest:
    return InvalidRequest.at(pointer_of(path), f"{dotted(path)}: {message}", "mapping")
