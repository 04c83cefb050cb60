"""An empty store shows a way in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.check_console import expect_value, field
from tests.browser.conftest import DATA
from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def service(tmp_path: Path) -> Iterator[httpx.Client]:
    """Empty, for each test."""
    with Server(f"sqlite:///{tmp_path}/varve.db") as server, httpx.Client(base_url=server.address) as client:
        yield client


def test_the_example_is_loaded_and_shown(page: Page, service: httpx.Client) -> None:
    page.goto("/?context=collection:contracts")
    page.get_by_role("button", name="Load the example").click()
    expect_value(page, "chunking", "max_chunk_size", "1200")
    assert "collection contracts" in field(page, "chunking", "max_chunk_size").inner_text()
    page.get_by_text("Nothing is set here yet").wait_for(state="detached")


def test_a_file_tells_what_it_would_do_before_it_does_it(page: Page, service: httpx.Client) -> None:
    page.goto("/")
    page.get_by_label("File (").set_input_files(DATA / "rag-modulo.env")
    page.get_by_text("rag-modulo.env would set").wait_for()
    page.get_by_text("retrieval: 5 fields").wait_for()
    assert service.get("/api/runtime-configs/effective").json()["resolution_path"]["retrieval"] == "default"
    page.get_by_role("button", name="Import it").click()
    expect_value(page, "retrieval", "retrieval_type", "vector")


def test_a_dropped_file_with_a_fault_is_told_of_with_its_place(page: Page, service: httpx.Client) -> None:
    page.goto("/")
    drop = page.locator(".drop")
    drop.wait_for()
    files = page.evaluate_handle(
        "() => { const d = new DataTransfer(); d.items.add(new File(['[chunking]\\nmax ='], 'mine.toml')); return d; }"
    )
    drop.dispatch_event("drop", {"dataTransfer": files})
    page.get_by_role("alert").get_by_text("mine.toml, line 2").wait_for()


def test_it_stands_in_nobodys_way(page: Page, service: httpx.Client) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": 375, "height": 900})
    for address in ("/", "/settings?part=import"):
        page.goto(address)
        page.locator(".drop").wait_for()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
