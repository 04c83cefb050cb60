"""What the whole installation agrees on: types, policies, compliance, keys and webhooks, as an admin sets them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser.check_console import HOSTILE, put
from tests.browser.check_watch import answer, part
from tests.browser.watched import Watched
from tests.faults.server import Server
from tests.master_keys import key_file
from tests.receiver import Receiver, known_by, listening

if TYPE_CHECKING:
    from playwright.sync_api import Page

POLICIES = "/settings?part=policies&environment=production"
STEADY = {"config_type": "chunking", "schema": {"properties": {"max_chunk_size": {"minimum": 300}}}, "rules": []}
REQUIREMENT = {
    "config_type": "monitoring",
    "regimes": ["gdpr"],
    "expression": "this.logs.redact_personal_data",
    "message": "logs hold personal data",
}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    found = Receiver(0, tmp_path_factory.mktemp("receiver") / "authority.pem")
    server = listening(found, known_by(found.ca_file))
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("store")
    variables = {
        "VARVE_SECRET_KEYS": str(key_file(folder / "keys", "m-1")),
        "VARVE_WEBHOOK_ALLOW_PRIVATE": "true",
        "VARVE_WEBHOOK_CA_FILE": str(receiver.ca_file),
        "VARVE_WEBHOOK_RETRY_SECONDS": "0.05",
    }
    store = f"sqlite:///{folder}/varve.db"
    with Server(store, environment=variables) as server, httpx.Client(base_url=server.address) as client:
        Watched(client).stages()
        yield client


def test_a_type_says_where_it_is_used_and_is_defined_anew(page: Page, service: httpx.Client) -> None:
    schema = {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}
    service.put("/api/config-types/rerank", json={"schema": schema}).raise_for_status()
    put(service, {"scope": "collection", "collection_id": "contracts"}, {"top_n": 50}, "rerank")
    page.goto("/settings?part=types&type=rerank")
    part(page, "Where it is used").get_by_role("link", name="collection contracts").wait_for()
    page.get_by_text("Define it anew").click()
    form = page.locator("form", has_text="Define it anew")
    narrow = {"name": "rerank", "schema": {**schema, "properties": {"top_n": {"type": "integer", "maximum": 10}}}}
    form.get_by_label("As JSON").fill(json.dumps(narrow))
    form.get_by_role("button", name="Define it").click()
    form.get_by_role("alert").wait_for()
    assert json.loads(form.get_by_label("As JSON").input_value()) == narrow
    narrow["schema"]["properties"]["top_n"]["maximum"] = 100  # type: ignore[index]
    form.get_by_label("As JSON").fill(json.dumps(narrow))
    form.get_by_role("button", name="Define it").click()
    page.get_by_text("version 2, by").wait_for()


def test_a_policy_is_written_checked_tried_and_deleted(page: Page, service: httpx.Client) -> None:
    put(service, {"scope": "user", "user_id": "u-1"}, {"max_chunk_size": 250}, "chunking")
    page.goto(POLICIES)
    page.get_by_role("link", name="Write a policy").click()
    page.get_by_role("textbox", name="Name").fill("large")
    text = page.get_by_label("As JSON")
    text.fill("{")
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("this is no JSON yet").wait_for()
    broken = {**STEADY, "rules": [{"name": "r", "expression": "this.max_chunk_size <", "message": "m"}]}
    text.fill(json.dumps(broken))
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("alert").get_by_text("expression").first.wait_for()
    assert json.loads(text.input_value()) == broken
    text.fill(json.dumps(STEADY))
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("It can be saved.").wait_for()
    assert service.get("/api/environments/production/policies").json()["items"] == []
    page.get_by_role("button", name="Save it").click()
    page.get_by_text("max_chunk_size must be at least 300 (user:u-1)").wait_for()
    trial = page.locator("form", has_text="Try a change")
    trial.get_by_label("Fields of chunking").fill('{"max_chunk_size": 200}')
    trial.get_by_role("button", name="Try it").click()
    trial.get_by_role("alert").get_by_text("max_chunk_size must be at least 300").wait_for()
    trial.get_by_label("Fields of chunking").fill('{"max_chunk_size": 900}')
    trial.get_by_role("button", name="Try it").click()
    trial.get_by_text("It may come into force.").wait_for()
    page.get_by_role("button", name="Delete it").click()
    answer(page, "Delete it", why="it holds up everybody")
    page.get_by_text("There are no policies in production").wait_for()


def test_what_an_environment_demands_is_changed_and_it_is_frozen(page: Page, service: httpx.Client) -> None:
    service.post("/api/environments", json={"name": "testing"}).raise_for_status()
    page.goto("/settings?part=environments")
    page.get_by_text("What testing demands").click()
    form = page.locator("form", has_text="What testing demands")
    form.get_by_label("Promoted from").select_option("production")
    form.get_by_label("So many others approve").fill("2")
    form.get_by_label("In every reason").fill("(")
    form.get_by_role("button", name="Demand it").click()
    form.get_by_role("alert").wait_for()
    form.get_by_label("In every reason").fill("RAG-[0-9]+")
    form.get_by_label("promoting a lock").check()
    form.get_by_role("button", name="Demand it").click()
    page.get_by_text("What testing demands is changed.").wait_for()
    found = service.get("/api/environments/testing").json()
    told = (found["promoted_from"], found["approvals"], found["reason_pattern"], found["require_lock"])
    assert told == ("production", 2, "RAG-[0-9]+", True)
    page.get_by_role("button", name="Freeze testing").click()
    answer(page, "Freeze", why="RAG-1 the holidays")
    page.get_by_text("Frozen since").wait_for()


def test_a_violation_leads_to_the_event_that_made_it(page: Page, service: httpx.Client) -> None:
    demands = {"regimes": ["gdpr"], "requirements": {"no-personal-data": REQUIREMENT}}
    put(service, {"scope": "global"}, demands, "security_policy")
    contracts = {"scope": "collection", "collection_id": "contracts"}
    made = put(service, contracts, {"logs": {"redact_personal_data": False}}, "monitoring", reason="to find a fault")
    page.goto("/settings?part=compliance&environment=production")
    page.get_by_role("link", name="gdpr").get_by_text("1 kept, 1 violated").wait_for()
    first = page.locator(".finding").first
    first.get_by_text("logs hold personal data").wait_for()
    first.locator("summary").click()
    assert "to find a fault" in first.inner_text()
    first.get_by_role("link", name=f"position {made['position']} of the log").wait_for()
    first.get_by_role("link", name="its history").first.click()
    page.locator(".version.is-meant").get_by_text("to find a fault").wait_for()
    page.goto(f"/settings?part=compliance&environment=production&at={made['position'] - 1}")
    page.get_by_role("link", name="gdpr").get_by_text("1 kept").wait_for()
    assert page.locator(".finding[data-holds=false]").count() == 0


def test_a_key_is_shown_once_and_revoked(page: Page, service: httpx.Client) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/settings?part=keys")
    page.get_by_label("Who uses it").fill("notebook")
    page.get_by_label("Role").select_option("editor")
    page.get_by_label("staging").check()
    page.get_by_label("Good until").fill("2099-01-01T00:00")
    page.get_by_label("For this user alone").fill("u-1")
    page.get_by_role("button", name="Issue it").click()
    secret = page.locator(".notice code").inner_text()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="I have it").click()
    page.get_by_text(secret).wait_for(state="detached")
    (key,) = service.get("/api/keys").json()["items"]
    assert (key["role"], key["environments"], key["user_id"]) == ("editor", ["staging"], "u-1")
    assert key["expires_at"][:4] in {"2098", "2099"}  # the browser's time zone may be any
    page.get_by_role("button", name="revoke the key of notebook").click()
    answer(page, "Revoke it", why="left in a notebook")
    page.get_by_text("No keys yet.").wait_for()
    page.get_by_role("link", name="All there ever were").click()
    page.get_by_role("row", name="notebook").get_by_text("revoked").wait_for()


def test_a_webhook_is_subscribed_tested_rotated_and_switched_off(
    page: Page, service: httpx.Client, receiver: Receiver
) -> None:
    receiver.answers = lambda number: (500, {}, [b"too bad"]) if number <= 2 else (200, {}, [b"ok"])
    page.goto("/settings?part=webhooks")
    page.get_by_label("Its address").fill("https://192.0.2.1:1/")
    page.get_by_label("Kinds of events").fill("confg.*")
    page.get_by_role("button", name="Subscribe it").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Its address").fill(receiver.url)
    page.get_by_label("Kinds of events").fill("tag.named")
    page.get_by_role("button", name="Subscribe it").click()
    secret = page.locator(".notice code").inner_text()
    assert secret.startswith("whsec_")
    page.get_by_role("button", name="I have it").click()
    service.put("/api/tags/now", json={}).raise_for_status()
    deliveries = part(page, "Deliveries")
    dead = deliveries.get_by_role("row", name="tag.named").get_by_text("Given up")
    receiver.hears(2)
    while not dead.count():
        deliveries.get_by_role("button", name="Look again").click()
        page.wait_for_timeout(50)
    assert "500: too bad" in deliveries.inner_text()
    deliveries.get_by_role("button", name="Send again").click()
    deliveries.get_by_text("It is sent again now.").wait_for()
    receiver.hears(3)
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("Taken (200)").wait_for()
    page.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_label("the old one has leaked").check()
    answer(page, "Rotate the secret", why="it stood in a log")
    assert page.locator(".notice code").inner_text() not in {"", secret}
    page.get_by_role("button", name="Switch off").click()
    answer(page, "Switch off")
    page.get_by_role("button", name="Switch on").wait_for()
    page.get_by_role("button", name="Delete it").click()
    answer(page, "Delete it")
    page.get_by_text("Nobody is told yet.").wait_for()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_texts(page: Page, service: httpx.Client, text: str) -> None:
    name = f"hostile-{len(text)}"
    rules = [{"name": "r", "expression": "this.max_chunk_size > 100000", "message": text[:500], "severity": "warning"}]
    policy = f"/api/environments/staging/policies/{name}"
    service.put(policy, json={"config_type": "chunking", "rules": rules, "reason": text[:1000]}).raise_for_status()
    label = text[:255] if text.isprintable() else "bidi"
    service.post("/api/keys", json={"label": label, "role": "reader", "environments": ["*"]}).raise_for_status()
    hook = {"event_types": ["tag.named"], "url": f"https://localhost:9009/{name}", "description": text[:1000]}
    (made := service.post("/api/webhooks", json=hook)).raise_for_status()
    addresses = {
        f"policies&environment=staging&policy={name}": "In force now",
        "keys": "Issue a key",
        f"webhooks&webhook={made.json()['id']}": "Deliveries",
    }
    for address, heading in addresses.items():
        page.goto(f"/settings?part={address}")
        page.get_by_text(heading, exact=True).first.wait_for()
        page.locator(".waiting").first.wait_for(state="detached")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert page.locator("img[src=x]").count() == 0


PARTS = {
    "types": "types&type=chunking",
    "policies": "policies&environment=staging&policy=vector_storage",
    "writing": "policies&new=1",
    "compliance": "compliance",
    "environments": "environments",
    "keys": "keys&keys=all",
    "webhooks": "webhooks",
    "views": "views",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("address", PARTS.values(), ids=PARTS)
def test_nothing_stands_in_anybodys_way(
    page: Page, service: httpx.Client, address: str, width: int, scheme: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 -- the other tests are collected without it

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"/settings?part={address}")
    page.locator("main h1").first.wait_for(state="attached")
    page.locator(".waiting").first.wait_for(state="detached")
    for closed in page.locator("main summary").all():
        closed.click()
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
