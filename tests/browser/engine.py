"""The Chromium that pages are looked at in: the one that is named, Debian's, or the one that `make browser` fetched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FETCHED = Path(__file__).parents[2] / "build" / "chromium"


@contextmanager
def browser() -> Iterator[Browser]:
    """Raises FileNotFoundError where there is none."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- the other tests are collected without it

    path = Path(os.environ.get("VARVE_TEST_CHROMIUM") or shutil.which("chromium") or FETCHED / "chromium")
    if not path.exists():
        message = "no Chromium: install one, name it in VARVE_TEST_CHROMIUM, or let `make browser` fetch it"
        raise FileNotFoundError(message)
    own = {"LD_LIBRARY_PATH": f"{FETCHED}/lib", "FONTCONFIG_PATH": str(FETCHED)} if path.parent == FETCHED else {}
    with (
        sync_playwright() as engine,
        engine.chromium.launch(
            executable_path=path,
            chromium_sandbox=False,
            args=["--disable-dev-shm-usage"],
            env={**os.environ, **own},
        ) as launched,
    ):
        yield launched
