"""What an import asks of the API, made from the options and a document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli.failures import Misused
from domain.documents import Document


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """One command. `line` is the one it was made of, in a file of lines."""

    body: dict[str, Any]
    key: str | None = None
    caller_time: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class How:
    """What the options say of every file."""

    map: tuple[str, ...]
    mapping: Document
    define: bool
    scope: str
    environment: str | None
    name: str | None
    reason: str | None
    atomic: bool
    time: str | None

    def require_mapping(self, file: Path) -> None:
        """Raises Misused where nothing says what a document is for."""
        if not (self.map or self.mapping or self.define):
            message = f"{file} is no bundle, and nothing says what its sections are for"
            raise Misused(f"{message}: add --map PATH=TYPE, --map-file FILE, or --define")


def is_bundle(document: Document) -> bool:
    """Whether `varve export` wrote it."""
    return "varve_bundle" in document


def document_request(document: Document, how: How, *, name: str) -> ImportRequest:
    """The command that imports one document; `name` is for its configs, where the options give none."""
    if is_bundle(document):
        return ImportRequest({"kind": "bundle", "bundle": document, "atomic": how.atomic, "reason": how.reason})
    return ImportRequest(
        {
            "kind": "document",
            "document": document,
            "mapping": how.mapping,
            "map": how.map,
            "define": how.define,
            "environment": how.environment,
            "scope": how.scope,
            "name": how.name or name,
            "reason": how.reason,
        }
    )
