"""The documentation of the API: it shows every operation, and tries one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Page

STEP = 500  # pixels: less than the page's height, so that nothing is passed over


def test_every_operation_is_shown_and_one_can_be_tried(page: Page, service: httpx.Client) -> None:
    """Of a long document only what is in sight is drawn: it is read from the beginning to the end."""
    page.goto("/docs")
    page.wait_for_selector(".opblock")
    paths = service.get("/openapi.json").json()["paths"]
    shown: set[str] = set()
    for y in range(0, page.evaluate("document.querySelector('.models').offsetTop"), STEP):
        page.evaluate(f"scrollTo(0, {y})")
        page.wait_for_timeout(50)
        shown |= set(page.eval_on_selector_all(".opblock", "all => all.map(one => one.id)"))
    assert len(shown) == sum(map(len, paths.values()))
    page.locator("#operations-health-live button.opblock-summary-control").click()
    page.locator("#operations-health-live button.try-out__btn").click()
    page.locator("#operations-health-live button.execute").click()
    page.wait_for_selector("#operations-health-live .live-responses-table .response-col_status")
    status = page.locator("#operations-health-live .live-responses-table .response-col_status").last.inner_text()
    assert status.startswith("200")
