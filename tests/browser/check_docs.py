"""The documentation of the API: it shows every operation, and tries one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_every_operation_is_shown_and_can_be_tried(page: Page, service: httpx.Client) -> None:
    page.goto("/docs")
    page.wait_for_selector(".opblock", timeout=60_000)  # drawing them all is work, and the machine may be busy
    paths = service.get("/openapi.json").json()["paths"]
    assert page.locator(".opblock").count() == sum(map(len, paths.values()))
    page.locator("#operations-health-live button.opblock-summary-control").click()
    page.locator("#operations-health-live button.try-out__btn").click()
    page.locator("#operations-health-live button.execute").click()
    page.wait_for_selector("#operations-health-live .live-responses-table .response-col_status")
    status = page.locator("#operations-health-live .live-responses-table .response-col_status").last.inner_text()
    assert status.startswith("200")
