"""The tokenizers that are installed here: files in a folder, and what a package ships. Nothing is downloaded."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from application.check_locks import TriedTokenizer

_NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*){0,2}", re.ASCII)  # never out of the folder
FILES = ("tokenizer.json", "tokenizer.model", "vocab.txt")
PROBE = "Varve counts tokens: 3.14, naïve, 設定.\n"
EXTRA = "pip install 'varve-server[tokenizers]' at the service, and lock again"


class InstalledTokenizers:
    """`FOLDER/NAME/tokenizer.json`, or another of `FILES`; what is not there may be one that a package ships."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def tried(self, name: str) -> TriedTokenizer | None:
        """Its file's SHA-256, and what came of cutting a text with it; None where it is not installed."""
        if self._folder is not None and _NAME.fullmatch(name):
            for file in (self._folder / name / one for one in FILES):
                if file.is_file():
                    content = file.read_bytes()
                    return TriedTokenizer(sha256(content).hexdigest(), _problem(file.name, content))
        return _shipped(name)


def _problem(file: str, content: bytes) -> str | None:
    """Why a text could not be cut with this file; None where it could."""
    if file != FILES[0]:
        return f"{file} cannot be tried: put the {FILES[0]} beside it"
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 -- an extra
    except ImportError:
        return f"its hash is known, and it was not tried: {EXTRA}"
    try:
        ids = Tokenizer.from_buffer(content).encode(PROBE).ids
    except Exception as error:  # noqa: BLE001 -- the library raises nothing narrower
        return f"{file} does not work: {error}"
    return None if ids else f"{file} does not work: it finds no token in a text"


@lru_cache(maxsize=64)  # a package does not change while it is in use
def _shipped(name: str) -> TriedTokenizer | None:
    """By the name of an encoding, or of a model; None too for one whose vocabulary would have to be downloaded."""
    try:
        import bpe_openai  # type: ignore[import-untyped] # noqa: PLC0415 -- an extra
    except ImportError:
        return None
    try:
        encoding = bpe_openai.encoding_name_for_model(name)
    except KeyError:
        return None
    file = files("bpe_openai.data") / f"{encoding}.tiktoken.gz"
    if not file.is_file():
        return None
    tokenizer = bpe_openai.get_encoding(encoding)
    comes_back = tokenizer.decode(tokenizer.encode(PROBE)) == PROBE
    problem = None if comes_back else "a text that is cut with it does not come back the same"
    return TriedTokenizer(sha256(gzip.decompress(file.read_bytes())).hexdigest(), problem)
