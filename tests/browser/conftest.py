"""A server with real settings, a browser, and a page that may ask nobody else, break no policy and say no error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.engine import browser
from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DATA = Path(__file__).parent.parent / "data"
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (found) =>
  window.violations.push(found.violatedDirective + " " + found.blockedURI));
"""
REFUSED = "Failed to load resource"  # the browser says this of every 4xx, also of those that the page expects


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service of its own for each module, with the variables of a real RAG application."""
    folder = tmp_path_factory.mktemp("store")
    variables = dict(
        line.split("=", 1)
        for line in (DATA / "rag-modulo.env").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    with Server(f"sqlite:///{folder}/varve.db") as server, httpx.Client(base_url=server.address) as client:
        client.headers["Varve-Actor"] = "ann"
        client.post("/api/imports", json={"kind": "env", "variables": variables}).raise_for_status()
        yield client


@pytest.fixture
def others() -> tuple[str, ...]:
    """Addresses besides the service's that a page may go to."""
    return ()


@pytest.fixture
def page(chromium: Browser, service: httpx.Client, others: tuple[str, ...]) -> Iterator[Page]:
    with watched(chromium, service, others) as page:
        yield page


@pytest.fixture
def another_page(chromium: Browser, service: httpx.Client, others: tuple[str, ...]) -> Iterator[Page]:
    """In a browser of its own: for a second person."""
    with watched(chromium, service, others) as page:
        yield page


@contextmanager
def watched(chromium: Browser, service: httpx.Client, others: tuple[str, ...]) -> Iterator[Page]:
    """A page of the service. Where it asked another host, broke a policy or said an error, the test fails."""
    address = str(service.base_url).rstrip("/")
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    wrong: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((address, "data:", "blob:", *others)) else wrong.append(host(request.url))
        ),
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type == "error" and REFUSED not in said.text else None,
    )
    page.add_init_script(WATCH)
    yield page
    wrong += page.evaluate("window.violations ?? []")
    context.close()
    assert wrong == []


def host(url: str) -> str:
    return f"asked {urlsplit(url).netloc}"
