"""The tokenizers that are installed here: files in a folder, as they were published. Nothing is downloaded."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

_NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*){0,2}", re.ASCII)  # never out of the folder
FILES = ("tokenizer.json", "tokenizer.model", "vocab.txt")


class TokenizerFolder:
    """`FOLDER/NAME/tokenizer.json`, or another of `FILES`; without a folder none is installed."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def hash_of(self, name: str) -> str | None:
        """SHA-256 of the first of the files that is there."""
        if self._folder is None or not _NAME.fullmatch(name):
            return None
        for file in (self._folder / name / one for one in FILES):
            if file.is_file():
                return sha256(file.read_bytes()).hexdigest()
        return None
