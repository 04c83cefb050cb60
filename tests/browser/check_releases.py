"""Releases at the console: drafted, reviewed by a second person, published, ramped, rolled back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.faults.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

VARIABLES = {"LLM_PROVIDER": "watsonx", "RAG_LLM": "ibm/granite-3-8b-instruct"}
ROLES = {"ada": "admin", "ben": "maintainer", "cy": "viewer"}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> \U0001f9ea ' + "W" * 180
BIDI = "\u202e\u2066right to left\u2069"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/varve.db"
    return {"store": store, **{name: issue(store, name, role) for name, role in ROLES.items()}}


def issue(store: str, name: str, role: str) -> str:
    command = [sys.executable, "-m", "varve_server", "keys", "create", name, "--role", role, "--store", store]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def service(keys: dict[str, str]) -> Iterator[httpx.Client]:
    """Two stages. In production others must approve, and a reason names a ticket; ada asks."""
    with (
        Server(keys["store"], environment={"VARVE_AUTH_MODE": "keys"}) as server,
        httpx.Client(base_url=server.address) as client,
    ):
        client.headers["Authorization"] = f"Bearer {keys['ada']}"
        sent(client, "POST", "/api/environments", name="staging", order=1)
        for environment in ("staging", "production"):
            sent(client, "POST", "/api/imports", kind="env", variables=VARIABLES, environment=environment)
            put(client, environment, "llm", {"temperature": 0.7, "max_new_tokens": 1024})
            put(client, environment, "chunking", {"max_chunk_size": 400, "chunk_overlap": 10})
            put(client, environment, "retrieval", {"number_of_results": 5})
        demands = {"promoted_from": "staging", "approvals": 1, "reason_pattern": "RAG-[0-9]+", "order": 2}
        sent(client, "PUT", "/api/environments/production", **demands)
        yield client


def sent(service: httpx.Client, method: str, path: str, **body: Any) -> Any:
    answer = service.request(method, path, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def put(service: httpx.Client, environment: str, config_type: str, data: dict[str, Any], **headers: str) -> Any:
    """What everybody gets of a type: made, or changed."""
    place = {"environment": environment, "scope": "global", "config_type": config_type}
    listed = service.get("/api/runtime-configs/", params=place).json()["items"]
    if listed:
        body = {"config_data": data, "reason": "RAG-1"}
        answer = service.put(f"/api/runtime-configs/{listed[0]['id']}", json=body, headers=headers)
    else:
        body = {**place, "name": "default", "mode": "overlay", "config_data": data, "is_default": True}
        answer = service.post("/api/runtime-configs/", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def drafted(service: httpx.Client, environment: str, title: str, **drafts: dict[str, Any]) -> str:
    """A change set; its id."""
    found = [{"config_type": name, "config_data": data} for name, data in drafts.items()]
    return str(sent(service, "POST", "/api/change-sets", environment=environment, title=title, drafts=found)["id"])


def now(service: httpx.Client, environment: str, config_type: str) -> dict[str, Any]:
    """What is in force for everybody."""
    place = {"environment": environment, "scope": "global", "config_type": config_type, "is_default": "true"}
    (config,) = service.get("/api/runtime-configs/", params=place).json()["items"]
    found: dict[str, Any] = config["config_data"]
    return found


def sign_in(page: Page, key: str, address: str) -> None:
    page.goto(address)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def act(page: Page, name: str) -> Locator:
    """Asks for an act; the question."""
    page.locator("aside").get_by_role("button", name=f"{name} …").click()
    return page.get_by_role("dialog")


def state(page: Page, name: str) -> None:
    page.locator(".way [aria-current]", has_text=name).wait_for()


def test_a_draft_is_proposed_by_one_approved_by_another_and_published(
    page: Page, another_page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    put(service, "production", "llm", {"temperature": 0.7}, **{"Varve-Break-Glass": "begin"})
    sign_in(page, keys["ada"], "/edit?environment=production&scope=global&type=llm")
    page.locator("[id='field/temperature']").fill("0.25")
    page.get_by_label("Save it").select_option("new")
    page.get_by_label("What the change set is for").fill("a cooler model")
    page.locator(".edit-effect ins", has_text="0.25").wait_for()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="a cooler model").click()
    page.get_by_text("Nothing but approval.").wait_for()
    page.get_by_text("You have a part in it: somebody else approves.").wait_for()
    act(page, "Propose").get_by_role("button", name="Propose it").click()
    state(page, "proposed")
    page.get_by_role("button", name="Propose").wait_for(state="detached")
    assert page.evaluate("document.activeElement.innerText") == "It is proposed."  # not lost with the button

    sign_in(another_page, keys["ben"], "/releases")
    another_page.get_by_role("link", name="a cooler model").click()
    act(another_page, "Approve").get_by_role("button", name="Approve", exact=True).click()
    another_page.get_by_text("1 of 1 given: you").wait_for()
    another_page.get_by_text("everybody of whom nothing else is set").wait_for()

    state(page, "approved")  # which it hears of by itself
    question = act(page, "Publish")
    question.get_by_label("Why").fill("colder")
    question.get_by_role("button", name="Publish it").click()
    question.get_by_role("alert").get_by_text("needs a reason that matches").wait_for()
    assert question.get_by_label("Why").input_value() == "colder"
    question.get_by_label("Why").fill("RAG-812")
    page.keyboard.press("Enter")
    state(page, "published")
    state(another_page, "published")
    assert now(service, "production", "llm")["temperature"] == 0.25


def test_both_sides_of_a_conflict_are_shown_and_one_is_chosen(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    put(service, "staging", "chunking", {"max_chunk_size": 400, "chunk_overlap": 10})
    id_ = drafted(service, "staging", "longer", chunking={"max_chunk_size": 900, "chunk_overlap": 60})
    sign_in(page, keys["ben"], f"/releases?change_set={id_}")
    page.get_by_text("Nothing: it can be published.").wait_for()
    put(service, "staging", "chunking", {"max_chunk_size": 700, "chunk_overlap": 10})
    page.locator(".in-the-way", has_text="max_chunk_size").wait_for()
    conflict = page.get_by_role("group", name="max_chunk_size")
    assert conflict.get_by_role("radio").count() == 2
    conflict.get_by_label("as it is by now").check()
    page.get_by_role("button", name="Draft it again with these").click()
    page.get_by_text("Nothing: it can be published.").wait_for()
    act(page, "Publish").get_by_role("button", name="Publish it").click()
    state(page, "published")
    found = now(service, "staging", "chunking")
    assert (found["max_chunk_size"], found["chunk_overlap"]) == (700, 60)


def test_a_ramp_goes_on_and_is_taken_back(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    id_ = drafted(service, "staging", "more results", retrieval={"number_of_results": 12})
    sign_in(page, keys["ada"], f"/releases?change_set={id_}")
    question = act(page, "Publish")
    question.get_by_label("a part of the users first").check()
    question.get_by_label("Percents of users").fill("5, 2, 100")
    question.get_by_role("button", name="Begin the ramp").click()
    question.get_by_text("percents that rise up to 100").wait_for()
    question.get_by_label("Percents of users").fill("5, 50, 100")
    question.get_by_role("button", name="Add a guardrail").click()
    question.get_by_label("Metric").fill("latency_ms")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="5 % of the users have it").wait_for()
    page.get_by_text("It goes on to 50 % in 30 minutes").wait_for()
    page.get_by_text("latency_ms is surely more than 5 % higher").wait_for()
    act(page, "Next step").get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="50 % of the users have it").wait_for()
    act(page, "Roll back").get_by_role("button", name="Roll it back").click()
    state(page, "rolled back")
    act(page, "Copy").get_by_role("button", name="Copy it").click()
    state(page, "draft")
    assert page.get_by_role("heading", name="more results").count() == 1


def test_what_has_changed_since_is_given_back_only_when_it_is_ticked(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    put(service, "staging", "llm", {"temperature": 0.7})
    id_ = drafted(service, "staging", "warmer", llm={"temperature": 0.9})
    sent(service, "POST", f"/api/change-sets/{id_}/publish")
    put(service, "staging", "llm", {"temperature": 0.8})
    sign_in(page, keys["ada"], f"/releases?change_set={id_}")
    question = act(page, "Roll back")
    question.locator("del", has_text="0.9").wait_for()
    question.get_by_role("button", name="Roll it back").click()
    question.get_by_role("alert").get_by_text("has changed since").wait_for()
    question.get_by_label("llm for everybody: temperature").check()
    question.get_by_role("button", name="Roll it back").click()
    state(page, "rolled back")
    assert now(service, "staging", "llm")["temperature"] == 0.7


def test_what_the_service_took_back_shows_its_evidence(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    sent(service, "POST", "/api/environments", name="trial")
    put(service, "trial", "retrieval", {"number_of_results": 5})
    id_ = drafted(service, "trial", "fewer results", retrieval={"number_of_results": 2})
    sent(service, "POST", f"/api/change-sets/{id_}/publish")
    sent(service, "POST", "/api/health-reports", environment="trial", metrics={"bm25_prefix_leakage": 3})
    sign_in(page, keys["cy"], f"/releases?change_set={id_}")
    evidence = page.get_by_role("region", name="The service rolled it back by itself")
    evidence.get_by_text("bm25_prefix_leakage", exact=True).wait_for()
    assert "report=" in (evidence.get_by_role("link").get_attribute("href") or "")


def test_what_is_picked_of_what_differs_becomes_a_release(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    put(service, "staging", "llm", {"temperature": 0.4})
    put(service, "staging", "query_rewriting", {"max_rewrites": 2})
    settings = {"retrieval": {"number_of_results": 25}}
    sent(service, "POST", "/api/profiles", environment="staging", name="long_documents", settings=settings)
    sign_in(page, keys["ben"], "/releases?view=differences&to=production")
    page.get_by_label("show only what differs between staging and production").check()
    page.get_by_label("release llm for global").check()
    page.locator(".release-said", has_text="1 of ").wait_for()
    page.get_by_label("release the profile long_documents").check()
    page.locator(".release-said", has_text="2 of ").wait_for()
    page.get_by_label("What it is for").fill("sprint 12")
    page.get_by_role("button", name="Make a release to production").click()
    state(page, "proposed")
    page.get_by_text("; from staging").wait_for()
    titles = page.locator("article.draft h3").all_inner_texts()
    assert sorted(titles) == ["llm for everybody change", "the profile long_documents new"]


def test_a_freeze_stops_a_release_and_an_admin_breaks_the_glass(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    sent(service, "POST", "/api/environments", name="sandbox")
    put(service, "sandbox", "llm", {"temperature": 0.7})
    drafted(service, "sandbox", "urgent", llm={"temperature": 0.1})
    sign_in(page, keys["ada"], "/releases")
    page.get_by_role("button", name="Freeze sandbox").click()
    page.get_by_role("dialog").get_by_label("Why").fill("the holidays")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("sandbox is frozen.").wait_for()
    page.locator(".stage", has_text="sandbox").get_by_text("the holidays").wait_for()
    assert page.evaluate("document.activeElement.innerText") == "Thaw"

    page.get_by_role("link", name="urgent").click()
    page.locator(".in-the-way", has_text="sandbox is frozen").wait_for()
    question = act(page, "Publish")
    question.get_by_label("break the glass").check()
    question.get_by_label("Why it cannot wait").fill("answers are wrong")
    question.get_by_role("button", name="Publish it").click()
    state(page, "published")
    assert now(service, "sandbox", "llm")["temperature"] == 0.1
    page.goto("/releases")
    page.get_by_role("button", name="Thaw sandbox").click()
    page.get_by_role("dialog").get_by_role("button", name="Thaw").click()
    page.get_by_role("button", name="Freeze sandbox").wait_for()


def test_a_direct_change_that_others_must_approve_leads_to_its_change_set(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    put(service, "production", "retrieval", {"number_of_results": 6}, **{"Varve-Break-Glass": "a second version"})
    sign_in(page, keys["ben"], "/edit?environment=production&scope=global&type=retrieval")
    page.locator("[id='field/number_of_results']").fill("9")
    page.locator(".edit-effect ins", has_text="9").wait_for()
    page.get_by_label("Why").fill("RAG-9")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("It waits there for approval").wait_for()
    page.locator(".done").get_by_role("link").click()
    page.locator("article.draft", has_text="retrieval for everybody").wait_for()
    page.go_back()
    page.get_by_role("link", name="Its history").click()
    page.get_by_role("button", name="Roll back to this").click()
    page.get_by_role("dialog").get_by_label("Why").fill("RAG-10")
    page.keyboard.press("Enter")
    page.get_by_text("It waits there for approval").wait_for()
    assert now(service, "production", "retrieval") == {"number_of_results": 6}


def test_undoing_one_of_two_that_were_published_together_undoes_that_one(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    sent(service, "POST", "/api/environments", name="pair")
    made = put(service, "pair", "chunking", {"max_chunk_size": 400})
    put(service, "pair", "retrieval", {"number_of_results": 5})
    id_ = drafted(service, "pair", "both", chunking={"max_chunk_size": 500}, retrieval={"number_of_results": 6})
    sent(service, "POST", f"/api/change-sets/{id_}/publish")
    sign_in(page, keys["ada"], f"/history?id={made['id']}")
    page.get_by_role("button", name="Undo this change").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Undo it").click()
    page.get_by_text("Version 3").first.wait_for()
    found = now(service, "pair", "chunking"), now(service, "pair", "retrieval")
    assert found == ({"max_chunk_size": 400}, {"number_of_results": 6})


def test_a_profile_that_others_must_approve_is_drafted(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    profile = {"kind": "profile", "name": "deep", "settings": {"retrieval": {"number_of_results": 20}}}
    id_ = sent(
        service, "POST", "/api/change-sets", environment="production", title="a profile for experts", drafts=[profile]
    )["id"]
    glass = {"Varve-Break-Glass": "for the test"}
    service.post(f"/api/change-sets/{id_}/publish", json={"reason": "RAG-3"}, headers=glass).raise_for_status()
    sign_in(page, keys["ada"], "/profiles?environment=production")
    page.locator("[id='field/number_of_results']").fill("30")
    page.get_by_role("button", name="Save 1 change").click()
    page.get_by_label("What the change set is for").fill("deeper")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.locator(".done").get_by_role("link", name="deeper").click()
    page.locator("article.draft", has_text="the profile deep").locator("ins", has_text="30").wait_for()


def test_the_forms_behind_an_empty_change_set_save_into_it(
    page: Page, service: httpx.Client, keys: dict[str, str]
) -> None:
    sign_in(page, keys["ada"], "/releases")
    page.get_by_role("button", name="Begin a change set").click()
    page.get_by_label("What it is for").fill("begun here")
    page.get_by_role("dialog").locator("select[name=environment]").select_option("staging")
    page.get_by_role("button", name="Begin it").click()
    page.get_by_role("link", name="what is in force").click()
    page.get_by_role("link", name="Change query_rewriting").click()
    page.get_by_label("set timeout here").check()
    page.locator("[id='field/timeout']").fill("11")
    page.locator(".edit-effect ins", has_text="11").first.wait_for()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="begun here").click()
    page.locator("article.draft", has_text="query_rewriting for everybody").wait_for()


def test_a_change_set_is_seen_as_if_it_were_in_force(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    before = now(service, "staging", "chunking")["max_chunk_size"]
    id_ = drafted(service, "staging", "seen before", chunking={"max_chunk_size": 1234, "chunk_overlap": 10})
    sign_in(page, keys["cy"], f"/releases?change_set={id_}")
    page.get_by_role("link", name="See what would be in force").click()
    page.get_by_text("Not in force yet.").wait_for()
    row = page.locator("section[aria-labelledby=type-chunking] tr.differs", has_text="max_chunk_size")
    row.locator(".field .value", has_text="1234").wait_for()
    row.locator("s", has_text=str(before)).wait_for()
    page.get_by_role("link", name="Show what is in force").click()
    row = page.locator("section[aria-labelledby=type-chunking] tr", has_text="max_chunk_size")
    row.locator(".field .value", has_text=str(before)).wait_for()
    assert page.get_by_text("Not in force yet.").count() == 0


def test_who_may_look_is_offered_no_act(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    id_ = drafted(service, "staging", "for others", llm={"temperature": 0.3})
    sign_in(page, keys["cy"], f"/releases?change_set={id_}")
    page.get_by_text("You may look.").wait_for()
    assert page.locator("main").get_by_role("button").count() == 0


def test_hostile_texts_break_nothing(page: Page, service: httpx.Client, keys: dict[str, str]) -> None:
    profile = {"kind": "profile", "name": "p\U0001f9ea" + "x" * 200, "description": "z" * 9000, "settings": {}}
    body = {"environment": "staging", "title": HOSTILE[:250], "description": BIDI + "y" * 9000, "drafts": [profile]}
    id_ = sent(service, "POST", "/api/change-sets", **body)["id"]
    sent(service, "POST", f"/api/change-sets/{id_}/propose", reason=BIDI + "r" * 900)
    page.set_viewport_size({"width": 375, "height": 900})
    sign_in(page, keys["ada"], f"/releases?change_set={id_}")
    state(page, "proposed")
    page.locator(".happened", has_text="right to left").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    act(page, "Discard").get_by_text("<img src=x").wait_for()
    assert page.locator("img[src=x]").count() == 0
    page.keyboard.press("Escape")
    page.goto("/releases")
    page.get_by_role("link", name="onerror").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def shown(service: httpx.Client, keys: dict[str, str]) -> dict[str, str]:
    """A change set of each kind that a page shows in a form of its own, and the key of who looks."""
    put(service, "staging", "question_generation", {"number_of_questions": 5})
    put(service, "staging", "pipeline", {"timeout": 60})
    conflict = drafted(service, "staging", "touched by others", pipeline={"timeout": 70})
    put(service, "staging", "pipeline", {"timeout": 65})
    ramping = drafted(service, "staging", "to a few", question_generation={"number_of_questions": 3})
    sent(service, "POST", f"/api/change-sets/{ramping}/publish", ramp={"steps": [10, 100], "bake_minutes": 60})
    return {"conflict": conflict, "ramping": ramping, "key": keys["ada"]}


PAGES = {
    "board": "/releases",
    "differences": "/releases?view=differences",
    "conflict": "/releases?change_set={conflict}",
    "ramping": "/releases?change_set={ramping}",
    "preview": "/?environment=staging&change_set={ramping}",
    "edit": "/edit?environment=staging&scope=global&type=pipeline&change_set={conflict}",
    "nothing": "/releases?change_set=8c1d8a44-b7be-5a7f-9f6d-0d6f0f3a9b1c",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_nothing_stands_in_anybodys_way(
    page: Page, shown: dict[str, str], address: str, width: int, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, shown["key"], address.format(**shown))
    page.locator("main h1, main h2").first.wait_for(state="attached")
    page.locator(".waiting").first.wait_for(state="detached")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
