"""What a file that was handed in asks for: a bundle, variables, or a document whose sections bear names of types."""

from __future__ import annotations

from pathlib import PurePath
from typing import Protocol

from domain.config_types.environment_variables import VARIABLES
from domain.documents import Document

ENV = ".env"


class TextFiles(Protocol):
    """Reads files by the end of their names. Raises InvalidFile with line and column."""

    def document(self, text: str, *, name: str) -> Document:
        """Of TOML, YAML or JSON."""

    def variables(self, text: str, *, name: str) -> dict[str, str]:
        """Of environment variables."""


def holds_variables(name: str) -> bool:
    """Whether a file is called `.env`, or ends so."""
    return ENV in (PurePath(name).name.lower(), PurePath(name).suffix.lower())


def settings_among(variables: dict[str, str]) -> dict[str, str]:
    """What Varve has a field for: such files often hold passwords too, which are looked at no further."""
    return {name: value for name, value in variables.items() if name in VARIABLES}


def named_sections(document: Document, *, types: frozenset[str]) -> list[str]:
    """A map of the sections that bear the name of a type to that type."""
    return [f"{key}={key}" for key, section in document.items() if key in types and isinstance(section, dict)]
