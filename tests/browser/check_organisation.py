"""Signing in to the console at an issuer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.server import Server
from tests.issuer import IssuerServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

WAY_IN = "Sign in with your organisation"


@pytest.fixture(scope="module")
def issuer() -> Iterator[IssuerServer]:
    server = IssuerServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, issuer: IssuerServer) -> Iterator[httpx.Client]:
    store = f"sqlite:///{tmp_path_factory.mktemp('store')}/varve.db"
    with Server(store, environment=issuer.settings) as server, httpx.Client(base_url=server.address) as client:
        yield client


@pytest.fixture
def others(issuer: IssuerServer) -> tuple[str, ...]:
    issuer.refuses, issuer.roles = None, ["varve:admin"]
    return (issuer.address,)


def sign_in(page: Page) -> None:
    page.get_by_role("button", name=WAY_IN).click()
    page.get_by_role("link", name="Let me in").click()


def test_one_signs_in_at_the_issuer_and_is_where_one_was(page: Page) -> None:
    page.goto("/profiles?environment=production")
    sign_in(page)
    page.get_by_role("button", name="Make it").wait_for()
    assert page.url.endswith("/profiles?environment=production")
    assert "u-1" in page.locator(".who").inner_text()
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name=WAY_IN).wait_for()


def test_what_the_issuer_says_against_it_is_told(page: Page, issuer: IssuerServer) -> None:
    issuer.refuses = "access_denied"
    page.goto("/")
    sign_in(page)
    page.get_by_role("alert").get_by_text("access_denied not today").wait_for()
    page.reload()
    page.get_by_role("button", name=WAY_IN).wait_for()
    assert page.get_by_role("alert").count() == 0


def test_who_has_no_role_is_told_what_to_do(page: Page, issuer: IssuerServer) -> None:
    issuer.roles = []
    page.goto("/")
    sign_in(page)
    page.get_by_text("You have no role here yet").wait_for()


def test_a_session_that_ends_amid_work_is_renewed_in_a_window_of_its_own(page: Page) -> None:
    page.goto("/profiles")
    sign_in(page)
    page.get_by_label("Name").fill("deep")
    page.context.clear_cookies()
    page.get_by_role("button", name="Make it").click()
    with page.expect_popup() as opened:
        page.get_by_role("dialog").get_by_role("button", name=WAY_IN).click()
    opened.value.get_by_role("link", name="Let me in").click()
    page.get_by_role("heading", name="deep").wait_for()
    assert page.get_by_role("dialog").count() == 0
