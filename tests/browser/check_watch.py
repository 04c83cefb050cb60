"""Health and locks, as those see them who watch a release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.check_console import HOSTILE
from tests.browser.watched import BGE, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PRODUCTION = "/watch?environment=production"
STAGING = "/watch?environment=staging"


@pytest.fixture(scope="module")
def watched(service: httpx.Client) -> Watched:
    """Staging, in which a validated chunk configuration is locked, and production, where another one has an index."""
    found = Watched(service)
    found.stages()
    found.chunk_index("staging")
    found.chunk_index("production", chunk_size=600)
    found.lock("staging", reason="recall holds at 450 tokens")
    return found


def part(page: Page, name: str) -> Locator:
    """A panel, by its heading."""
    return page.locator("section.panel", has=page.get_by_role("heading", name=name, exact=True))


def answer(page: Page, act: str, *, why: str | None = None) -> None:
    """Say yes in the dialog that is open."""
    dialog = page.get_by_role("dialog")
    if why is not None:
        dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=act).click()
    dialog.wait_for(state="detached")


def test_a_report_stands_against_its_bounds_and_over_time(page: Page, watched: Watched) -> None:
    watched.report()
    watched.report(oracle_hit_rate=0.41)
    page.goto(PRODUCTION)
    health = part(page, "Health")
    health.get_by_text("Not healthy: 1 warning").wait_for()
    row = health.get_by_role("row", name="oracle_hit_rate")
    assert "warning" in row.inner_text()
    row.get_by_role("img", name="0.41; at least 0.45").wait_for()
    row.get_by_role("img", name="oracle_hit_rate over 2 reports: 0.41 to 0.52, 1 of them beyond the bounds").wait_for()
    health.get_by_text("oracle_hit_rate is 0.41: it must be at least 0.45").wait_for()
    health.get_by_role("link", name="Earlier").click()
    health.get_by_text("Healthy", exact=True).wait_for()
    page.reload()
    health.get_by_text("Healthy", exact=True).wait_for()


def test_a_report_that_comes_in_is_seen_by_who_looks_again(page: Page, watched: Watched) -> None:
    watched.report()
    page.goto(PRODUCTION)
    part(page, "Health").get_by_text("Healthy", exact=True).wait_for()
    watched.report(filter_hit_rate=0.1)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    part(page, "Health").get_by_text("Not healthy: 1 warning").wait_for()


def test_other_bounds_are_checked_and_what_is_refused_stays_in_the_form(page: Page, watched: Watched) -> None:
    page.goto(STAGING)
    health = part(page, "Health")
    health.get_by_text("No application has reported").wait_for()
    health.get_by_text("Check otherwise").click()
    wrong = '{"oracle_hit_rate": {"at_least": 0.9, "at_most": 0.1}}'
    health.get_by_label("Bounds").fill(wrong)
    health.get_by_role("button", name="Check so").click()
    health.get_by_text("no value can be both").first.wait_for()
    assert health.get_by_label("Bounds").input_value() == wrong
    health.get_by_label("Bounds").fill('{"oracle_hit_rate": {"at_least": 0.5}}')
    health.get_by_label("a critical report takes back").uncheck()
    health.get_by_role("button", name="Check so").click()
    health.get_by_text("that is switched off").wait_for()


def test_a_lock_is_made_promoted_gone_back_from_and_let_go(page: Page, watched: Watched, service: httpx.Client) -> None:
    watched.post("/api/runtime-configs/", config_type="question_generation", name="n", config_data={}, is_default=True)
    page.goto(f"{PRODUCTION}&scope=global&type=question_generation")
    locks = part(page, "Locks")
    locks.get_by_label("Embedder").fill(BGE)
    locks.get_by_label("Tokenizer").fill(BGE)
    locks.get_by_label("What was measured").fill("{")
    locks.get_by_role("button", name="Lock it").click()
    locks.get_by_text("this is no JSON yet").wait_for()
    locks.get_by_label("What was measured").fill('{"f1": 0.61}')
    locks.get_by_role("button", name="Lock it").click()
    locks.get_by_text("Locked as").wait_for()
    card = locks.locator(".lock", has_text="question_generation")
    assert "f1 0.61" in card.inner_text()
    assert "tokenizer unknown" in card.inner_text()
    card.get_by_role("button", name="Promote").click()
    page.get_by_role("dialog").get_by_label("To").select_option("production")
    answer(page, "Promote it", why="it is good")
    card.get_by_text("production", exact=True).wait_for()
    card.get_by_role("button", name="Unlock").click()
    page.get_by_role("button", name="Unlock it").click()
    assert page.get_by_role("dialog").is_visible(), "without a reason nothing is unlocked"
    answer(page, "Unlock it", why="measured")
    locks.get_by_text("Unlocked 2").wait_for()
    assert (
        service.get("/api/locks", params={"config_type": "question_generation"}).json()["items"][0]["status"]
        == "unlocked"
    )


def test_another_person_approves_of_a_promotion(page: Page, watched: Watched, service: httpx.Client) -> None:
    watched.post("/api/environments", name="approved", approvals=1)
    page.goto(STAGING)
    lock = part(page, "Locks").locator(".lock", has_text="recall holds")
    lock.get_by_role("button", name="Promote").click()
    page.get_by_role("dialog").get_by_text("approved wants it approved by 1 other; 0 did.").wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("You are").fill("ben")
    page.keyboard.press("Tab")
    lock.get_by_role("button", name="Approve").click()
    answer(page, "Approve it", why="the trials are good")
    lock.get_by_text("for approved by ben").wait_for()
    page.get_by_label("You are").fill("ann")
    page.keyboard.press("Tab")
    page.reload()
    lock.wait_for()
    assert lock.get_by_role("button", name="Approve").count() == 0, "ann has locked it"


def test_a_question_is_answered_by_keyboard_and_gives_the_focus_back(page: Page, watched: Watched) -> None:
    page.goto(STAGING)
    promote = part(page, "Locks").get_by_role("button", name="Promote")
    promote.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert promote.evaluate("one => one === document.activeElement")


def test_what_a_bad_report_took_back_is_told_with_its_evidence(page: Page, watched: Watched) -> None:
    page.goto(STAGING)
    part(page, "Locks").get_by_role("button", name="Promote").click()
    page.get_by_role("dialog").get_by_label("To").select_option("production")
    answer(page, "Promote it", why="better recall")
    watched.report(bm25_prefix_leakage=3)
    page.goto(PRODUCTION)
    part(page, "Taken back by itself").get_by_text("bm25_prefix_leakage is 3: it must be at most 0").wait_for()
    part(page, "Locks").get_by_text("that ended").click()
    part(page, "Locks").get_by_text("rolled back", exact=True).wait_for()


def test_a_release_that_was_taken_back_leads_to_the_report(page: Page, watched: Watched) -> None:
    draft = {
        "kind": "config",
        "scope": "global",
        "config_type": "chunking",
        "name": "longer",
        "config_data": {"max_chunk_size": 900},
    }
    made = watched.post("/api/change-sets", title="longer chunks", drafts=[draft])
    watched.post(f"/api/change-sets/{made['id']}/propose")
    watched.post(f"/api/change-sets/{made['id']}/publish")
    watched.report(over_budget_chunks=7)
    page.goto(PRODUCTION)
    card = part(page, "Taken back by itself").locator(".card", has_text="longer chunks")
    card.get_by_text("The evidence").click()
    card.get_by_text("over_budget_chunks = 7").wait_for()
    card.get_by_role("link", name="the report").click()
    part(page, "Health").get_by_text("Not healthy: 1 critical").wait_for()


def test_reads_go_to_an_index_that_is_whole(page: Page, watched: Watched, service: httpx.Client) -> None:
    for table, chunks in (("chunks_a", 5120), ("chunks_b", 1280)):
        made = watched.post("/api/indexes", environment="production", table=table)
        watched.post(f"/api/indexes/{made['id']}/progress", chunks=chunks, of=5120)
        if table == "chunks_a":
            watched.post(f"/api/indexes/{made['id']}/ready")
    page.goto(PRODUCTION)
    indexes = part(page, "Indexes")
    row = indexes.get_by_role("row", name="chunks_b")
    row.get_by_text("1,280 chunks of 5,120").wait_for()
    assert "what is in effect" in row.inner_text()
    row.get_by_role("button", name="It is ready").click()
    answer(page, "It is ready")
    row.get_by_role("button", name="Read it").click()
    answer(page, "Read it", why="it has the new documents")
    row.get_by_text("is read", exact=True).wait_for()
    assert service.get("/api/indexes/route").json()["table"] == "chunks_b"
    old = indexes.get_by_role("row", name="chunks_a")
    old.get_by_role("button", name="Drop").click()
    page.get_by_role("dialog").get_by_label("Type its name").fill("chunks_b")
    page.get_by_role("dialog").get_by_role("button", name="Drop it").click()
    page.get_by_role("dialog").get_by_role("alert").wait_for()
    page.get_by_role("dialog").get_by_label("Type its name").fill("chunks_a")
    page.get_by_label("although it was read").check()
    answer(page, "Drop it")
    old.wait_for(state="detached")


def test_an_evaluation_is_told_metric_by_metric(page: Page, watched: Watched) -> None:
    trials = watched.evaluations(4)
    verdicts = [one["verdict"] for one in trials]
    page.goto(PRODUCTION)
    evaluations = part(page, "Evaluations")
    evaluations.locator(".card").nth(3).wait_for()
    evaluations.get_by_role("link", name="Worse").click()
    evaluations.locator(".card").nth(verdicts.count("fail")).wait_for(state="detached")
    assert evaluations.locator(".card").count() == verdicts.count("fail") > 0
    evaluations.locator(".card summary").first.click()
    (told, *_) = [row["reason"] for one in reversed(trials) for row in one["compared"] if row["verdict"] == "fail"]
    evaluations.get_by_text(told).first.wait_for()


def test_the_checklist_is_gone_through_when_it_is_asked_for(
    page: Page, watched: Watched, service: httpx.Client
) -> None:
    page.goto(STAGING)
    page.get_by_role("link", name="Go through the checklist").click()
    items = service.get("/api/environments/staging/go-live").json()["items"]
    failed = [one["id"].replace("_", " ") for one in items if one["state"] == "failed"]
    checklist = part(page, "Ready to go live?")
    checklist.get_by_text(f"{len(failed)} failed").wait_for()
    page.reload()
    checklist.get_by_text(f"{len(failed)} failed").wait_for()
    assert checklist.locator("[data-status=failed] + strong").all_inner_texts() == failed


def test_applications_are_told_to_use_their_own_defaults(page: Page, watched: Watched, service: httpx.Client) -> None:
    page.goto(STAGING)
    page.get_by_role("button", name="Have them use their own defaults").click()
    answer(page, "Use defaults", why="answers are wrong")
    page.get_by_role("heading", name="Applications use their own defaults").wait_for()
    assert service.get("/api/environments/staging/serving").json()["reason"] == "answers are wrong"
    page.get_by_role("button", name="Serve the settings again").click()
    answer(page, "Serve them")
    page.get_by_text("Applications get the settings of staging").wait_for()


def test_what_cannot_be_shown_says_why_and_the_rest_stays(page: Page, watched: Watched) -> None:
    refusal = {"status": 403, "json": {"status": 403, "detail": "ask an admin for a key with another role"}}
    page.route(re.compile("/api/evaluations"), lambda route: route.fulfill(**refusal))
    page.goto(STAGING)
    part(page, "Evaluations").get_by_text("ask an admin for a key").wait_for()
    part(page, "Locks").locator(".lock").wait_for()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_texts(page: Page, watched: Watched, service: httpx.Client, text: str) -> None:
    at = f"hostile-{len(text)}"
    watched.post("/api/environments", name=at)
    watched.chunk_index(at)
    watched.lock(at, embedder_name=text[:255], reason=text[:2000], baseline_metrics={text[:200]: text})
    metrics = {text[:200] if text.isprintable() else "m": 1.0}
    watched.post("/api/health-reports", environment=at, config_version=text[:200], metrics=metrics)
    manifest = {"settings": {"note": text}}
    watched.post(
        "/api/evaluations",
        environment=at,
        name="n",
        manifest=manifest,
        dataset=text[:900],
        dataset_hash="9f",
        metrics={"f1": 1},
        reason=text[:2000],
    )
    page.goto(f"/watch?environment={at}")
    part(page, "Locks").locator(".lock").wait_for()
    part(page, "Evaluations").locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440, 1920])
@pytest.mark.parametrize("address", [PRODUCTION, f"{STAGING}&golive=1"])
def test_nothing_stands_in_anybodys_way(page: Page, watched: Watched, address: str, width: int, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)
    part(page, "Locks").locator("p, .lock").nth(1).wait_for(state="attached")
    page.locator(".waiting").first.wait_for(state="detached")
    for closed in page.locator("summary").all():
        closed.click()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
