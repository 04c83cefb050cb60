"""The log, as an auditor uses it: searched, replayed, proved, taken home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.browser.check_console import put
from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One that signs checkpoints of its log."""
    folder = tmp_path_factory.mktemp("store")
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    store, variables = f"sqlite:///{folder}/varve.db", {"VARVE_CHECKPOINT_KEY": str(folder / "key.pem")}
    with Server(store, environment=variables) as server, httpx.Client(base_url=server.address) as client:
        yield client


@pytest.fixture(scope="module")
def audited(service: httpx.Client) -> list[int]:
    """The positions at which what staging gives u-1 was changed, the oldest first."""
    service.post("/api/environments", json={"name": "staging"}).raise_for_status()
    body = {"environment": "staging", "scope": "user:u-1", "config_type": "chunking", "name": "n", "is_default": True}
    data = {"mode": "overlay", "config_data": {"max_chunk_size": 700}}
    made = service.post("/api/runtime-configs/", json={**body, **data}).raise_for_status().json()
    positions = [made["position"]]
    for size in range(701, 831):
        change = {"config_data": {"max_chunk_size": size}, "reason": f"attempt {size}"}
        answer = service.put(f"/api/runtime-configs/{made['id']}", json=change).raise_for_status()
        positions.append(answer.json()["position"])
    put(service, {"scope": "user", "user_id": "u-1"}, {"max_chunk_size": 600})
    return positions


def rows(page: Page) -> list[str]:
    page.locator(".events tbody tr").first.wait_for()
    return page.locator(".events tbody th").all_inner_texts()


def test_the_newest_is_found_first_and_earlier_ones_page_by_page(page: Page, audited: list[int]) -> None:
    page.goto("/audit")
    page.get_by_label("Kind").fill("config.updated, config.deleted")
    page.get_by_role("search").get_by_label("Environment").select_option("staging")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="All of it").wait_for()
    page.get_by_text("attempt 830").wait_for()
    newest = [str(one) for one in reversed(audited[1:])]
    assert rows(page) == newest[:100]
    page.get_by_role("link", name="Earlier").click()
    page.get_by_text("attempt 701").wait_for()
    assert rows(page) == newest[100:]
    address = page.url
    page.goto("/")
    page.goto(address)
    page.get_by_text("attempt 701").wait_for()
    page.get_by_role("link", name="The newest").click()
    page.get_by_text("attempt 830").wait_for()


def test_what_was_found_is_taken_home(page: Page, audited: list[int]) -> None:
    page.goto("/audit?types=config.updated&environment=staging")
    page.get_by_text("attempt 830").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [one["position"] for one in lines] == audited[1:]


def test_an_event_leads_to_what_it_is_about_and_to_its_moment(page: Page, audited: list[int]) -> None:
    page.goto(f"/audit?before={audited[3] + 1}")
    first = page.locator(".events tbody tr").first
    first.locator("summary").click()
    first.get_by_role("link", name="What was in force then").click()
    cell = page.locator("section[aria-labelledby=type-chunking] tr", has_text="max_chunk_size").locator(".field .value")
    cell.first.get_by_text("703").wait_for()
    page.go_back()
    first.locator("summary").click()
    with page.expect_download() as download:
        first.get_by_role("button", name="Download its proof").click()
    assert json.loads(download.value.path().read_text())["position"] == audited[3]
    first.get_by_role("link", name="See its history").click()
    page.get_by_text("attempt 703").wait_for()


def test_a_replay_has_an_address(page: Page, audited: list[int]) -> None:
    page.goto("/audit")
    form = page.locator("form", has_text="Replay to a moment")
    form.get_by_label("Environment").select_option("staging")
    form.get_by_label("User").fill("u-1")
    form.get_by_label("Moment").fill(str(audited[5]))
    form.get_by_role("button", name="Replay").click()
    form.get_by_text("Equal, after").wait_for()
    page.reload()
    form.get_by_text(f"to position {audited[5]}").wait_for()
    form.get_by_text("What was served").click()
    form.get_by_text('"max_chunk_size": 705').first.wait_for()
    form.get_by_label("Moment").fill("tag:never")
    form.get_by_role("button", name="Replay").click()
    form.get_by_text("there is no tag never").wait_for()


def test_the_log_is_verified_with_a_checkpoint_that_was_kept(page: Page, audited: list[int]) -> None:
    page.goto("/audit")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a checkpoint").click()
    form = page.locator("form", has_text="Verify the log")
    form.get_by_label("A checkpoint that was downloaded").set_input_files(download.value.path())
    form.get_by_role("button", name="Verify", exact=True).click()
    form.get_by_text("Verified:").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_nothing_stands_in_anybodys_way(page: Page, audited: list[int], width: int, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"/audit?before={audited[3] + 1}&replay={audited[3]}&user=u-1")
    page.get_by_text("Equal, after").wait_for()
    for closed in page.locator("main details:not([open]) summary").all()[:10]:
        closed.click()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
