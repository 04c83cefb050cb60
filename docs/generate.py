"""Writes the pages of docs/ that follow from the code: `make docs`. A test fails when one of them is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.pages import access, cli, client_types, config_types, errors, events, platform_types, settings

DOCS = Path(__file__).parent
NOTE = "<!-- Generated from the code by `make docs`; changes made here are lost. -->\n\n"
PAGES: dict[str, Callable[[], str]] = {
    "access.md": access.page,
    "cli.md": cli.page,
    "config-types.md": config_types.page,
    "errors.md": errors.page,
    "events.md": events.page,
    "platform-types.md": platform_types.page,
    "settings.md": settings.page,
}
DATA: dict[str, Callable[[], str]] = {
    "../client/varve/types.json": client_types.text,
}


def text_of(name: str) -> str:
    """The page, or the file of data, as it should be."""
    return DATA[name]() if name in DATA else NOTE + PAGES[name]().rstrip() + "\n"


def main() -> None:
    for name in (*PAGES, *DATA):
        (DOCS / name).write_text(text_of(name), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
