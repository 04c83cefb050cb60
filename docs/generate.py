"""Writes the pages of docs/ that follow from the code: `make docs`. A test fails when one of them is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.pages import access, cli, config_types, errors, events, settings

DOCS = Path(__file__).parent
NOTE = "<!-- Generated from the code by `make docs`; changes made here are lost. -->\n\n"
PAGES: dict[str, Callable[[], str]] = {
    "access.md": access.page,
    "cli.md": cli.page,
    "config-types.md": config_types.page,
    "errors.md": errors.page,
    "events.md": events.page,
    "settings.md": settings.page,
}


def text_of(name: str) -> str:
    """The page as it should be."""
    return NOTE + PAGES[name]().rstrip() + "\n"


def main() -> None:
    for name in PAGES:
        (DOCS / name).write_text(text_of(name), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
