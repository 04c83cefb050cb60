"""Tables and examples as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def example(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def code(value: Any) -> str:
    """A value as JSON, in the way of code."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())
