"""The documentation page in a real browser: it shows every operation, asks no other host, and breaks no policy.

Run by hand (`make browser`); needs Chromium, by that name on the PATH or at VARVE_TEST_CHROMIUM.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.faults.server import Server

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (found) =>
  window.violations.push(found.violatedDirective + " " + found.blockedURI + " " + found.sourceFile));
"""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def checked(page: Page, address: str) -> list[str]:
    """What is wrong."""
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(WATCH)
    page.goto(f"{address}/docs")
    page.wait_for_selector(".opblock")
    shown = page.locator(".opblock").count()
    page.locator("#operations-health-live button.opblock-summary-control").click()
    page.locator("#operations-health-live button.try-out__btn").click()
    page.locator("#operations-health-live button.execute").click()
    page.wait_for_selector("#operations-health-live .live-responses-table .response-col_status")
    status = page.locator("#operations-health-live .live-responses-table .response-col_status").last.inner_text()
    paths = httpx.get(f"{address}/openapi.json", trust_env=False).json()["paths"]
    operations = sum(len(methods) for methods in paths.values())
    elsewhere = [url for url in asked if not url.startswith((address, "data:"))]
    say(f"{shown} of {operations} operations shown; {len(asked)} requests; GET /health/live: {status.split()[0]}")
    wrong = [f"asked {urlsplit(url).netloc}" for url in elsewhere]
    wrong += [f"violates {one}" for one in page.evaluate("window.violations")] + [f"says {one}" for one in said]
    if shown != operations or not status.startswith("200"):
        wrong.append("does not show what it should")
    return wrong


def main() -> int:
    browser = os.environ.get("VARVE_TEST_CHROMIUM") or shutil.which("chromium")
    if browser is None:
        say("no Chromium: install one, or name it in VARVE_TEST_CHROMIUM")
        return 2
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(f"sqlite:///{folder}/varve.db") as server,
        sync_playwright() as engine,
    ):
        options = {"executable_path": browser, "chromium_sandbox": False, "args": ["--disable-dev-shm-usage"]}
        with engine.chromium.launch(**options) as chromium:  # type: ignore[arg-type]
            wrong = checked(chromium.new_page(), server.address)
    say("\n".join(wrong) or "the page is as it should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
