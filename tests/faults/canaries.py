"""Values that must never be found again, and the search for them in whatever form a store, a log or an answer has."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ALIGNMENTS = (0, 1, 2)


@dataclass
class Canaries:
    """Each value has a core of its own, which is looked for: around it stands what has to be escaped in JSON."""

    cores: dict[str, str] = field(default_factory=dict)

    def value(self, way: str) -> str:
        """A new value, for one way that takes values."""
        core = self.cores[way] = f"Canary{os.urandom(9).hex()}"
        return f'"\\{core}/é\u2028'

    def found_in(self, places: Mapping[str, bytes]) -> list[str]:
        """Which of them are where, and in which form."""
        return [
            f"{way} in {place}, {form}"
            for way, core in self.cores.items()
            for form, needle in forms(core)
            for place, content in places.items()
            if needle in content
        ]


def forms(core: str) -> Iterator[tuple[str, bytes]]:
    """A text as it may stand: raw, in base64 at each of three alignments, in hex, escaped in JSON."""
    raw = core.encode()
    yield "raw", raw
    yield "UTF-16", core.encode("utf-16-le")
    for alignment in ALIGNMENTS:
        padded = b64encode(b"\0" * alignment + raw)
        yield f"base64 at {alignment}", padded[alignment and 4 : len(padded) // 4 * 4 - 4]
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "JSON escapes", "".join(f"\\u{ord(one):04x}" for one in core).encode()


def files_under(*folders: Path) -> dict[str, bytes]:
    """Every file, with its content as it is now."""
    found = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): path.read_bytes() for path in found}


def in_every_form(core: str) -> Iterable[tuple[str, bytes]]:
    """Contents in each of which a search must find the value: the control that it can fail."""
    text = f'x"{core}"y'
    yield "text", text.encode()
    yield "UTF-16", text.encode("utf-16-le")
    for shift in ALIGNMENTS:
        yield f"base64 {shift}", b64encode(b"abc"[:shift] + text.encode())
    yield "hex", text.encode().hex().encode()
    yield "HEX", text.encode().hex().upper().encode()
    yield "JSON", json.dumps({"a": text}).encode()
    yield "escaped", "".join(f"\\u{ord(one):04x}" for one in text).encode()
