"""Who is at the console: signing in and out, and what is offered to whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.faults.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEYS_ONLY = {"VARVE_AUTH_MODE": "keys"}


def issue(store: str, role: str, *more: str) -> str:
    """A key, made on the store itself before the server holds it."""
    command = [sys.executable, "-m", "varve_server", "keys", "create", role, "--role", role, "--store", store, *more]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/varve.db"
    return {"store": store, **{role: issue(store, role) for role in ("admin", "viewer")}}


@pytest.fixture(scope="module")
def service(keys: dict[str, str]) -> Iterator[httpx.Client]:
    with Server(keys["store"], environment=KEYS_ONLY) as server, httpx.Client(base_url=server.address) as client:
        client.headers["Authorization"] = f"Bearer {keys['admin']}"
        body = {"scope": "user", "user_id": "u-1", "config_type": "retrieval", "name": "n", "mode": "overlay"}
        client.post(
            "/api/runtime-configs/", json={**body, "is_default": True, "config_data": {"number_of_results": 7}}
        ).raise_for_status()
        yield client


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def revocable(service: httpx.Client, role: str = "admin") -> dict[str, Any]:
    found: dict[str, Any] = service.post(
        "/api/keys", json={"label": "for a while", "role": role, "environments": ["*"]}
    ).json()
    return found


def test_a_key_opens_the_page_and_no_script_can_read_it(page: Page, keys: dict[str, str]) -> None:
    page.goto("/?context=user:u-1")
    page.get_by_role("heading", name="Sign in").wait_for()
    sign_in(page, keys["admin"])
    page.locator("section[aria-labelledby=type-retrieval]").wait_for()
    page.locator(".live[data-state=live]").wait_for()
    assert "admin" in page.locator(".who").inner_text()
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("JSON.stringify({...localStorage})").find("varve_") < 0
    page.reload()
    page.locator("section[aria-labelledby=type-retrieval]").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.reload()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_wrong_key_is_told(page: Page) -> None:
    page.goto("/")
    page.get_by_label("API key").fill("varve_" + "0" * 32 + "_" + "a" * 43)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").get_by_text("unknown, has expired, or was revoked").wait_for()


def test_a_viewer_is_offered_nothing_that_is_not_for_viewers(page: Page, keys: dict[str, str]) -> None:
    page.goto("/?context=user:u-1")
    sign_in(page, keys["viewer"])
    page.locator("section[aria-labelledby=type-retrieval]").wait_for()
    assert page.get_by_role("link", name="Change retrieval").count() == 0
    page.get_by_role("link", name="Profiles").click()
    page.get_by_text("There are no profiles yet").wait_for()
    assert page.get_by_role("button", name="Make it").count() == 0
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("heading", name="Settings").wait_for()
    assert page.get_by_role("link", name="Keys").count() == 0
    assert page.get_by_role("button", name="Define it").count() == 0
    page.goto("/edit?scope=user:u-1&type=retrieval")
    page.get_by_text("You may look, and not change this").wait_for()


@pytest.mark.parametrize("address", ["/watch", "/settings?part=environments", "/settings?part=policies"])
def test_a_viewer_looks_at_what_admins_govern(page: Page, keys: dict[str, str], address: str) -> None:
    page.goto(address)
    sign_in(page, keys["viewer"])
    page.locator("main h1").wait_for()
    page.locator(".waiting").first.wait_for(state="detached")
    offered = set(page.locator("main button, main .button").all_inner_texts())
    assert offered <= {"Go through the checklist"}


def test_who_is_bound_is_told_what_is_not_for_them(page: Page, service: httpx.Client) -> None:
    body = {"label": "bound", "role": "editor", "environments": ["*"], "user_id": "u-1"}
    page.goto("/watch")
    sign_in(page, service.post("/api/keys", json=body).json()["api_key"])
    page.get_by_text("This is for who sees the whole environment").wait_for()
    assert page.get_by_role("alert").count() == 0


def test_a_session_that_ends_amid_work_loses_nothing(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    key = revocable(service)
    page.goto("/edit?scope=user:u-1&type=retrieval")
    sign_in(page, key["api_key"])
    page.locator("[id='field/number_of_results']").fill("9")
    page.get_by_label("Why").fill("a few more")
    page.locator(".edit-effect ins", has_text="9").first.wait_for()
    service.delete(f"/api/keys/{key['id']}").raise_for_status()
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Your session has ended").wait_for()
    dialog.get_by_label("API key").fill(keys["admin"])
    dialog.get_by_role("button", name="Sign in").click()
    page.get_by_text("Saved as version").wait_for()
    (config,) = service.get("/api/runtime-configs/", params={"user_id": "u-1"}).json()["items"]
    assert config["config_data"] == {"number_of_results": 9}
    newest = service.get(f"/api/runtime-configs/{config['id']}/history").json()["items"][0]
    assert newest["reason"] == "a few more"


def test_a_download_is_of_who_is_signed_in(page: Page, keys: dict[str, str]) -> None:
    page.goto("/audit")
    sign_in(page, keys["admin"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all of it").click()
    assert download.value.suggested_filename == "varve-events.ndjson"
    assert download.value.path().read_text().startswith("{")


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_stands_in_nobodys_way(page: Page, keys: dict[str, str], width: int, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=options).response["violations"]
    sign_in(page, keys["viewer"])
    page.locator(".stack").wait_for()
    found += Axe().run(page, options=options).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
