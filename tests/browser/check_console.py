"""The console, as people use it: each part by pointer and by keyboard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CONTRACTS = {"scope": "collection", "collection_id": "contracts"}
WHO = "/?context=user:u-1,collection:contracts"
HOSTILE = {
    "script": '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "bidi": "\u202e\u2066right to left\u2069",
    "long": "x" * 10_000,
    "emoji": "\U0001f9ea\U0001f469\u200d\U0001f4bb",
    "template": "${alert(1)} {{7*7}} </textarea>",
}


def put(
    service: httpx.Client, place: dict[str, str], data: dict[str, Any], config_type: str = "chunking", **more: Any
) -> Any:
    """A config in force: made, or changed."""
    listed = service.get("/api/runtime-configs/", params={**place, "config_type": config_type}).json()["items"]
    if listed:
        answer = service.put(f"/api/runtime-configs/{listed[0]['id']}", json={"config_data": data, **more})
    else:
        body = {
            **place,
            "config_type": config_type,
            "name": "made",
            "mode": "overlay",
            "config_data": data,
            "is_default": True,
        }
        answer = service.post("/api/runtime-configs/", json={**body, **more})
    assert answer.status_code < 300, answer.text
    return answer.json()


def field(page: Page, config_type: str, name: str) -> Locator:
    """The cell that shows a field."""
    return page.locator(f"section[aria-labelledby=type-{config_type}] tr", has_text=name).locator(".field").first


def value(page: Page, config_type: str, name: str) -> str:
    return field(page, config_type, name).locator(".value").inner_text()


def expect_value(page: Page, config_type: str, name: str, text: str) -> None:
    row = page.locator(f"section[aria-labelledby=type-{config_type}] tr", has_text=name)
    row.locator(".field .value", has_text=text).first.wait_for()


def used(service: httpx.Client, *contexts: dict[str, str]) -> None:
    """Usage records of these contexts."""
    facts = {"at": datetime.now(UTC).isoformat(), "position": 1, "digest": "9f"}
    records = [{"request_id": f"r-{n}", **facts, **context} for n, context in enumerate(contexts)]
    service.post("/api/usage", json={"records": records}).raise_for_status()


def test_now_shows_each_field_with_its_layer_and_what_it_hides(page: Page, service: httpx.Client) -> None:
    put(service, CONTRACTS, {"max_chunk_size": 1200}, reason="clauses were cut in half")
    page.goto(f"{WHO}&hidden=1")
    expect_value(page, "chunking", "max_chunk_size", "1200")
    cell = field(page, "chunking", "max_chunk_size")
    assert "collection contracts" in cell.inner_text()
    row = page.locator("section[aria-labelledby=type-chunking] tr", has_text="max_chunk_size")
    assert row.locator("s").all_inner_texts()[0] == "400"
    cell.focus()
    about = page.get_by_role("tooltip").inner_text()
    assert "ann" in about
    assert "clauses were cut in half" in about
    page.keyboard.press("Escape")
    page.get_by_role("tooltip").wait_for(state="detached")


def test_a_change_elsewhere_appears_by_itself_and_is_marked(page: Page, service: httpx.Client) -> None:
    put(service, CONTRACTS, {"max_chunk_size": 1200})
    page.goto(WHO)
    page.locator(".live[data-state=live]").wait_for()
    put(service, CONTRACTS, {"max_chunk_size": 1300})
    expect_value(page, "chunking", "max_chunk_size", "1300")
    assert "fresh" in (field(page, "chunking", "max_chunk_size").get_attribute("class") or "")


def test_the_slider_goes_back_and_forth_by_keyboard_and_its_moment_is_in_the_address(
    page: Page, service: httpx.Client
) -> None:
    for size in (700, 800, 900):
        put(service, CONTRACTS, {"max_chunk_size": size})
    page.goto(WHO)
    expect_value(page, "chunking", "max_chunk_size", "900")
    page.locator(".slider-said output", has_text="Now, after").wait_for()
    page.get_by_label("Moment").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect_value(page, "chunking", "max_chunk_size", "800")
    page.get_by_role("button", name="previous change").click()
    expect_value(page, "chunking", "max_chunk_size", "700")
    address = page.url
    page.goto("/profiles")
    page.goto(address)
    expect_value(page, "chunking", "max_chunk_size", "700")
    page.get_by_role("button", name="Pin this moment").click()
    page.get_by_role("button", name="Now", exact=True).click()
    expect_value(page, "chunking", "max_chunk_size", "900")
    assert "at the pin" in page.locator("tr.differs", has_text="max_chunk_size").inner_text()


def test_contexts_stand_side_by_side(page: Page, service: httpx.Client) -> None:
    put(service, CONTRACTS, {"max_chunk_size": 1200})
    page.goto(f"{WHO}&context=user:u-2&differing=1")
    row = page.locator("tr.differs", has_text="max_chunk_size")
    row.wait_for()
    assert row.locator(".field .value").all_inner_texts() == ["1200", "400"]


def test_an_edit_tells_what_it_would_do_and_is_saved(page: Page, service: httpx.Client) -> None:
    made = put(service, CONTRACTS, {"max_chunk_size": 1200})
    used(service, {"user_id": "u-1", "collection_id": "contracts"}, {"user_id": "u-2"})
    page.goto(WHO)
    page.get_by_role("link", name="Change chunking").click()
    size = page.locator("[id='field/max_chunk_size']")
    size.fill("10")
    page.get_by_text("max_chunk_size must be at least 100").first.wait_for()
    assert page.get_by_role("button", name="Save").is_disabled()
    size.fill("1500")
    effect = page.locator(".edit-effect")
    effect.get_by_text("1 collection").wait_for()
    effect.locator("ins", has_text="1500").wait_for()
    effect.get_by_text("Of 2 contexts seen in the last 7 days, 1 gets something else.").wait_for()
    page.get_by_label("Why").fill("longer clauses")
    page.keyboard.press("Enter")
    page.get_by_text("Saved as version").wait_for()
    config = service.get(f"/api/runtime-configs/{made['id']}").json()
    assert (config["config_data"]["max_chunk_size"], config["updated_by"]) == (1500, "anonymous")


def test_a_conflict_keeps_the_edits_beside_the_newer_version(page: Page, service: httpx.Client) -> None:
    made = put(service, CONTRACTS, {"max_chunk_size": 1200, "chunk_overlap": 10})
    page.goto("/edit?scope=collection:contracts&type=chunking")
    page.locator("[id='field/max_chunk_size']").fill("1600")
    put(service, CONTRACTS, {"max_chunk_size": 1200, "chunk_overlap": 20})
    page.locator(".edit-effect ins", has_text="1600").first.wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Put yours over theirs").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved as version").wait_for()
    data = service.get(f"/api/runtime-configs/{made['id']}").json()["config_data"]
    assert data == {"max_chunk_size": 1600, "chunk_overlap": 20}


def test_a_new_config_asks_whether_it_comes_into_force(page: Page, service: httpx.Client) -> None:
    page.goto("/edit?scope=user:u-7&type=llm")
    page.get_by_label("set temperature here").check()
    page.locator("[id='field/temperature']").fill("0.25")
    page.get_by_label("bring it into force at once").uncheck()
    page.get_by_label("Name").fill("quiet")
    page.locator(".edit-effect ins", has_text="0.25").first.wait_for()
    page.get_by_role("button", name="Create").click()
    page.get_by_text("Saved as version 1").wait_for()
    (config,) = service.get("/api/runtime-configs/", params={"user_id": "u-7"}).json()["items"]
    assert (config["name"], config["in_force"]) == ("quiet", False)


def test_history_undoes_and_rolls_back(page: Page, service: httpx.Client) -> None:
    made = put(service, {"scope": "user", "user_id": "u-8"}, {"temperature": 0.1}, "llm")
    for temperature in (0.2, 0.3):
        put(service, {"scope": "user", "user_id": "u-8"}, {"temperature": temperature}, "llm")
    page.goto(f"/history?id={made['id']}")
    page.get_by_text("Version 3").first.wait_for()
    page.get_by_role("button", name="Undo this change").first.click()
    page.get_by_role("button", name="Undo it").click()
    page.get_by_text("Version 4").first.wait_for()
    read = lambda: service.get(f"/api/runtime-configs/{made['id']}").json()["config_data"]  # noqa: E731 -- read twice
    assert read() == {"temperature": 0.2}
    page.get_by_role("button", name="Roll back to this").last.click()
    page.get_by_role("dialog").get_by_label("Why").fill("it was better")
    page.get_by_role("button", name="Roll back", exact=True).click()
    page.get_by_text("rolled back to version 1").wait_for()
    assert read() == {"temperature": 0.1}


def test_a_profile_is_made_and_given(page: Page, service: httpx.Client) -> None:
    page.goto("/profiles")
    page.get_by_label("Name").fill("deep")
    page.get_by_role("button", name="Make it").click()
    page.get_by_label("Another type").select_option("retrieval")
    page.get_by_label("set number_of_results here").check()
    page.locator("[id='field/number_of_results']").fill("25")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_label("Users", exact=True).fill("u-3, u-4")
    page.keyboard.press("Enter")
    page.locator(".users li").nth(1).wait_for()
    answer = service.get("/api/runtime-configs/effective/u-3", params={"config_types": "retrieval"}).json()
    assert answer["retrieval"]["number_of_results"] == 25
    page.get_by_role("button", name="take it from u-3").click()
    page.locator(".users li", has_text="u-3").wait_for(state="detached")


def test_an_experiment_is_run_and_its_results_are_shown(page: Page, service: httpx.Client) -> None:
    service.post("/api/profiles", json={"name": "wide", "settings": {"retrieval": {"number_of_results": 30}}})
    page.goto("/experiments")
    page.get_by_label("Name").fill("wider")
    page.get_by_label("What is tried").select_option("wide")
    page.get_by_label("What is measured").fill("accepted")
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    page.get_by_text("0 users counted").wait_for()
    page.get_by_role("button", name="Conclude").click()
    page.get_by_label("wide for everybody").check()
    page.get_by_role("button", name="Adopt wide").click()
    page.locator(".badge[data-status=concluded]").wait_for()
    answer = service.get("/api/runtime-configs/effective/u-3", params={"config_types": "retrieval"}).json()
    assert answer["retrieval"]["number_of_results"] == 30


def test_the_log_is_searched_replayed_and_verified(page: Page, service: httpx.Client) -> None:
    put(service, {"scope": "user", "user_id": "u-9"}, {"temperature": 0.1}, "llm", reason="drier")
    page.goto("/audit")
    page.get_by_label("About").fill("user:u-9")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="All of it").wait_for()
    page.locator(".events tbody tr", has_text="drier").first.wait_for()
    rows = page.locator(".events tbody tr").all_inner_texts()
    assert all("user u-9 in production" in row for row in rows)
    replay = page.locator("form", has_text="Replay to a moment")
    replay.get_by_label("User").fill("u-9")
    replay.get_by_role("button", name="Replay").click()
    replay.get_by_text("Equal, after").wait_for()
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("Cannot be verified").wait_for()


def test_types_keys_and_views_are_managed(page: Page, service: httpx.Client) -> None:
    page.goto("/settings")
    page.get_by_text("Define a type").click()
    page.get_by_label("As JSON").fill(
        '{"name": "rerank", "schema": {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}}'
    )
    page.get_by_role("button", name="Define it").click()
    page.locator(".card", has_text="rerank").click()
    page.get_by_role("heading", name="rerank").wait_for()
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Who uses it").fill("the search service")
    page.get_by_role("button", name="Issue it").click()
    assert page.locator(".notice code").inner_text().startswith("varve_")
    page.get_by_role("button", name="revoke the key of the search service").click()
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_text("Revoked the key of the search service").wait_for()
    page.get_by_role("link", name="Views").click()
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("As they should be").wait_for()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_texts(page: Page, service: httpx.Client, text: str) -> None:
    """Nothing of them runs, and nothing of the page is pushed out of it."""
    user = {"scope": "user", "user_id": text[:255] if text.isprintable() else "u-bidi"}
    made = put(service, user, {"model_id": text}, "llm", reason=text[:1000], description=text[:1000])
    for address in ("/audit", f"/history?id={made['id']}", "/profiles"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
    page.goto("/")
    page.get_by_label("User").fill(user["user_id"])
    page.keyboard.press("Enter")
    page.locator("section[aria-labelledby=type-llm] .field").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("img[src=x]").count() == 0


PAGES = {
    "now": WHO + "&hidden=1",
    "compared": WHO + "&context=user:u-2",
    "edit": "/edit?scope=collection:contracts&type=chunking",
    "profiles": "/profiles",
    "experiments": "/experiments",
    "audit": "/audit",
    "types": "/settings?type=chunking",
    "keys": "/settings?part=keys",
    "nowhere": "/profiles?profile=none",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_nothing_stands_in_anybodys_way(
    page: Page, service: httpx.Client, address: str, width: int, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    put(service, CONTRACTS, {"max_chunk_size": 1200})
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)
    page.locator("main h1").first.wait_for(state="attached")
    page.locator(".waiting").first.wait_for(state="detached")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
