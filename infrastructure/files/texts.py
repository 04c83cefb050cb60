"""Files that came as text, read as those of a folder are."""

from __future__ import annotations

from domain.documents import Document
from infrastructure.files.document import read_document
from infrastructure.files.env import read_env


class TextFiles:
    def document(self, text: str, *, name: str) -> Document:
        return read_document(text.encode(), name=name)

    def variables(self, text: str, *, name: str) -> dict[str, str]:
        return read_env(text.encode(), name=name)
