"""A service that takes no command: the console says so, and offers to look alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOKS = {
    "Show",
    "Compare with another",
    "Search",
    "Download all of it",
    "Download its proof",
    "Download a checkpoint",
    "Replay",
    "Verify",
    "Make them again",
    "Look again",
}
MOVES = {"◂previous change", "Play", "▸next change", "Now", "Pin this moment"}
DATA = {"config_type": "chunking", "name": "n", "mode": "overlay", "is_default": True, "config_data": {}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/varve.db"
    with Server(store) as server, httpx.Client(base_url=server.address) as client:
        made = client.post("/api/runtime-configs/", json=DATA).raise_for_status().json()
        client.post("/api/profiles", json={"name": "deep", "settings": {}}).raise_for_status()
        client.put("/api/environments/production/policies/steady", json={"config_type": "llm"}).raise_for_status()
        gone = client.post("/api/runtime-configs/", json={**DATA, "name": "gone", "is_default": False}).json()
        client.delete(f"/api/runtime-configs/{gone['id']}").raise_for_status()
    read_only = {"VARVE_READ_ONLY": "true"}
    with Server(store, environment=read_only) as server, httpx.Client(base_url=server.address) as client:
        client.headers.update({"made": made["id"], "gone": gone["id"]})
        yield client


PAGES = (
    "/",
    "/profiles",
    "/experiments",
    "/watch",
    "/releases",
    "/audit",
    "/history?id=made",
    "/history?id=gone",
    "/edit?scope=global&type=chunking",
    "/settings?part=types&type=chunking",
    "/settings?part=policies&policy=steady",
    "/settings?part=compliance",
    "/settings?part=environments",
    "/settings?part=keys",
    "/settings?part=webhooks",
    "/settings?part=views",
)


@pytest.mark.parametrize("address", PAGES)
def test_no_page_offers_what_would_be_refused(page: Page, service: httpx.Client, address: str) -> None:
    for name in ("made", "gone"):
        address = address.replace(f"id={name}", f"id={service.headers[name]}")
    page.goto(address)
    page.get_by_text("This server takes no changes").first.wait_for()
    page.locator("main").get_by_role("heading").first.wait_for(state="attached")
    page.locator(".waiting").first.wait_for(state="detached")
    offered = {one.text_content() or "" for one in page.locator("main button:not(.field)").all()}
    assert offered <= LOOKS | MOVES
    assert page.locator(".drop").count() == 0, "a file is taken in"
