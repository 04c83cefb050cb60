"""The console in a real Chromium: the slider over 1,000 changes, the first paint, a change from elsewhere, the size.

`python -m benchmarks.console`; needs what `make browser` needs. Each figure is of one page on loopback: a step of the
slider is timed from its event to the frame in which the value of that moment is on screen, a change from the answer to
its command to that frame.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.browser.engine import browser
from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STATIC = Path(__file__).parent.parent / "api" / "static" / "console"
WHO = "/?context=user:u-1,collection:c-9"
CELL = "section[aria-labelledby=type-chunking] tr:nth-child(3) .field .value"
# Resolves with the time at which the frame with another text in the cell was shown.
SHOWN = """(cell) => new Promise((resolve) => {
  const before = document.querySelector(cell).textContent;
  const look = (now) => document.querySelector(cell).textContent !== before
    ? requestAnimationFrame((next) => resolve(next)) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})"""
STEP = """([cell, by]) => new Promise((resolve) => {
  const slider = document.getElementById("moment");
  const before = document.querySelector(cell).textContent;
  const began = performance.now();
  slider.value = String(Number(slider.value) + by);
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  const look = (now) => document.querySelector(cell).textContent !== before
    ? requestAnimationFrame((next) => resolve(next - began)) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})"""
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0].startTime"""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def fill(service: httpx.Client, changes: int) -> str:
    """A config of a collection, changed so often; its address."""
    body = {"scope": "collection", "collection_id": "c-9", "config_type": "chunking", "name": "c-9", "mode": "overlay"}
    made = service.post("/api/runtime-configs/", json={**body, "config_data": {"max_chunk_size": 500}})
    address = made.raise_for_status().headers["location"]
    for n in range(1, changes):
        service.put(address, json={"config_data": {"max_chunk_size": 500 + n}}).raise_for_status()
    return str(address)


def percentiles(values: list[float], unit: str) -> str:
    ordered = sorted(values)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p50 {statistics.median(ordered):.1f} {unit}, p95 {p95:.1f} {unit}, most {ordered[-1]:.1f} {unit}"


def steps(page: Page, changes: int) -> list[float]:
    """Back over every change, each step a moment that was not asked for yet."""
    return [page.evaluate(STEP, [CELL, -1]) for _ in range(changes - 1)]


def live(page: Page, service: httpx.Client, address: str, times: int) -> list[float]:
    found = []
    for n in range(times):
        page.evaluate(f"(window.shown = ({SHOWN})({CELL!r}), 0)")
        service.put(address, json={"config_data": {"max_chunk_size": 5000 + n}}).raise_for_status()
        began = time.perf_counter()
        page.evaluate("window.shown")
        found.append((time.perf_counter() - began) * 1000)
    return found


def first_paints(browser: Browser, base: str, times: int) -> list[float]:
    """With an empty cache: until something can be read, and until the stack is there."""
    found = []
    for _ in range(times):
        context = browser.new_context(base_url=base)
        page = context.new_page()
        page.goto(WHO)
        page.locator(CELL).wait_for()
        found.append(page.evaluate("performance.now()"))
        context.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=1_000)
    changes = parser.parse_args().changes
    packed = sum(
        len(gzip.compress(file.read_bytes()))
        for file in STATIC.rglob("*")
        if file.suffix in {".js", ".css", ".html", ".svg"}
    )
    say(f"assets, compressed: {packed / 1000:.1f} kB")
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(f"sqlite:///{folder}/varve.db") as server,
        httpx.Client(base_url=server.address, trust_env=False) as service,
        browser() as chromium,
    ):
        address = fill(service, changes)
        say(f"stack on screen, nothing cached: {percentiles(first_paints(chromium, server.address, 10), 'ms')}")
        page = chromium.new_context(base_url=server.address).new_page()
        page.goto(WHO)
        page.locator(f"#moment[max='{changes + 1}']").wait_for(timeout=60_000)
        page.locator(".live[data-state=live]").wait_for()
        say(f"first paint of this page: {page.evaluate(PAINTED):.0f} ms")
        page.evaluate(STEP, [CELL, -2])
        say(f"a step of the slider, of {changes:,} changes: {percentiles(steps(page, changes - 1), 'ms')}")
        page.get_by_role("button", name="Now", exact=True).click()
        page.locator(CELL, has_text=str(499 + changes)).wait_for()
        say(f"a change from elsewhere, on screen after: {percentiles(live(page, service, address, 100), 'ms')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
