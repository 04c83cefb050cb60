"""What the console shows while the service is away, or cannot answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.check_console import CONTRACTS, WHO, expect_value, put
from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

AWAY = "The service does not answer since"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(f"sqlite:///{tmp_path}/varve.db") as found:
        yield found


@pytest.fixture
def service(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address) as client:
        put(client, CONTRACTS, {"max_chunk_size": 1200})
        yield client


def test_what_was_shown_stays_while_the_service_is_away_and_is_renewed_after(
    page: Page, service: httpx.Client, server: Server
) -> None:
    page.goto(WHO)
    page.locator(".live[data-state=live]").wait_for()
    expect_value(page, "chunking", "max_chunk_size", "1200")
    server.kill()
    page.get_by_text(AWAY).wait_for()
    expect_value(page, "chunking", "max_chunk_size", "1200")
    assert "is-old" in (page.locator("main").get_attribute("class") or "")
    server.start()
    with httpx.Client(base_url=server.address) as again:  # the first one's connections are gone
        put(again, CONTRACTS, {"max_chunk_size": 1300})
    page.get_by_text(AWAY).wait_for(state="hidden")
    expect_value(page, "chunking", "max_chunk_size", "1300")


def test_a_service_that_cannot_answer_yet_is_asked_again(page: Page, service: httpx.Client) -> None:
    problem = {"status": 503, "code": "behind", "detail": "the views are at 1, not at 2 yet"}
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503, json=problem, content_type="application/problem+json")

    page.route("**/api/profiles*", refuse)
    page.goto("/profiles")
    page.get_by_text(AWAY).wait_for()
    assert problem["detail"] in page.locator(".absent").inner_text()
    page.unroute("**/api/profiles*")
    page.get_by_text("There are no profiles yet").wait_for()
    page.get_by_text(AWAY).wait_for(state="hidden")
    assert refused


def test_what_was_typed_stays_while_the_service_is_away(page: Page, service: httpx.Client, server: Server) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.goto("/profiles")
    page.get_by_label("Name").fill("deep")
    server.kill()
    page.get_by_role("button", name="Make it").click()
    page.get_by_text(AWAY).wait_for()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    server.start()
    page.get_by_text(AWAY).wait_for(state="hidden")
    assert page.get_by_label("Name").input_value() == "deep"
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("heading", name="deep").wait_for()
