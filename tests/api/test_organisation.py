"""Signing in at an issuer: the way there and back, and those who would go it for others."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.callers import Callers
from infrastructure.sign_in import Application, IssuerSignIn
from infrastructure.tokens import Issuer, IssuerTokens
from tests.api.conftest import CONFIGS, Client, opened
from tests.infrastructure.test_tokens import AUDIENCE, claims, signed
from tests.issuer import CLIENT, IssuerServer

FROM_CONSOLE = {"Varve-Console": "1", "Sec-Fetch-Site": "same-origin"}
CALLBACK = "/console/callback"


@pytest.fixture
def issuer() -> Iterator[IssuerServer]:
    server = IssuerServer()
    yield server
    server.close()


@pytest.fixture
def client(issuer: IssuerServer) -> Iterator[Client]:
    with served(issuer) as found:
        yield found


@contextmanager
def served(issuer: IssuerServer, *, audience: str = AUDIENCE, **application: Any) -> Iterator[Client]:
    """A service whose people sign in there, asked as a browser on this machine asks it."""
    tokens = IssuerTokens(Issuer(issuer.address, audience, f"{issuer.address}/keys"))
    sign_in = IssuerSignIn(issuer.address, Application(CLIENT, **application), tokens)
    with opened("memory:", callers=Callers(tokens=tokens, organisation=sign_in)) as client:
        client.base_url = "http://127.0.0.1:8000"  # type: ignore[assignment] -- the setter takes texts
        client.follow_redirects = False
        yield client


def leave(client: Client, to: str = "/?context=user:u-1", **headers: str) -> dict[str, str]:
    """Begin; what the issuer is asked."""
    answer = client.post("/console/sign-in", json={"to": to}, headers={**FROM_CONSOLE, **headers})
    assert answer.status_code == 200, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.json()["location"]).query).items()}


def come_back(client: Client, brought: dict[str, str]) -> httpx.Response:
    """As a browser does it, from another site."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer: httpx.Response = client.get(CALLBACK, params=brought, headers=headers)
    return answer


def session(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/console/session", headers=FROM_CONSOLE).json()
    return found


def test_one_comes_back_signed_in_to_the_page_that_one_left(client: Client, issuer: IssuerServer) -> None:
    asked = leave(client)
    assert asked["redirect_uri"] == f"http://127.0.0.1:8000{CALLBACK}"
    assert asked["scope"] == "openid"
    back = come_back(client, issuer.brought(asked))
    assert (back.status_code, back.headers["location"]) == (303, "/?context=user:u-1")
    said = session(client)
    assert (said["principal"]["name"], said["principal"]["roles"]) == ("u-1", {"*": "admin"})
    assert (said["issuer"], said["problem"]) == (issuer.address, None)
    assert client.get(CONFIGS, headers=FROM_CONSOLE).status_code == 200
    assert client.get(CONFIGS).status_code == 401


def test_the_session_ends_with_the_token(client: Client, issuer: IssuerServer) -> None:
    back = come_back(client, issuer.brought(leave(client)))
    (kept,) = [one for one in back.headers.get_list("set-cookie") if one.startswith("varve-session-8000=")]
    (age,) = [int(one.partition("=")[2]) for one in kept.split("; ") if one.startswith("Max-Age")]
    assert 500 < age <= 660  # of 600 seconds, and the minute that clocks may differ
    assert {"HttpOnly", "SameSite=Strict"} <= set(kept.split("; "))


def test_what_must_come_back_is_out_of_scripts_reach_and_is_used_once(client: Client, issuer: IssuerServer) -> None:
    asked = leave(client)
    brought = issuer.brought(asked)
    (kept,) = [name for name in client.cookies if "sign-in" in name]
    come_back(client, brought)
    assert kept not in client.cookies
    come_back(client, brought)
    assert "not begun in this browser" in session(client)["problem"]


def test_behind_a_proxy_the_way_back_is_the_page_s(client: Client, issuer: IssuerServer) -> None:
    client.base_url = "http://varve.example.org"  # type: ignore[assignment] -- the setter takes texts
    answer = client.post("/console/sign-in", json={}, headers={**FROM_CONSOLE, "Origin": "https://varve.example.org"})
    asked = parse_qs(urlsplit(answer.json()["location"]).query)
    assert asked["redirect_uri"] == [f"https://varve.example.org{CALLBACK}"]
    assert answer.headers["set-cookie"].startswith("__Host-varve-sign-in=")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    brought = issuer.brought({name: values[0] for name, values in asked.items()})
    back = client.get(CALLBACK, params=brought, headers={"Cookie": cookie})
    kept = [one for one in back.headers.get_list("set-cookie") if one.startswith("__Host-varve-session=")]
    assert len(kept) == 1
    assert kept[0].endswith("; Secure")


REFUSED: dict[str, tuple[Any, str]] = {
    "another state": (lambda brought: {**brought, "state": "x"}, "not begun in this browser"),
    "no state": (lambda brought: {"code": brought["code"]}, "not begun in this browser"),
    "another issuer": (lambda brought: {**brought, "iss": "https://evil.example"}, "another issuer answered"),
    "another code": (lambda brought: {**brought, "code": "x"}, "invalid_grant"),
    "no code": (lambda brought: {"state": brought["state"]}, "no code"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_was_not_asked_for_lets_nobody_in_and_is_told_once(client: Client, issuer: IssuerServer, how: str) -> None:
    change, told = REFUSED[how]
    back = come_back(client, change(issuer.brought(leave(client))))
    assert back.status_code == 303
    said = session(client)
    assert (said["principal"], told in said["problem"]) == (None, True)
    assert session(client)["problem"] is None


def test_another_browser_cannot_finish_what_this_one_began(client: Client, issuer: IssuerServer) -> None:
    brought = issuer.brought(leave(client))
    client.cookies.clear()
    come_back(client, brought)
    assert session(client)["principal"] is None


def test_the_reason_of_the_issuer_is_told(client: Client, issuer: IssuerServer) -> None:
    issuer.refuses = "access_denied"
    come_back(client, issuer.brought(leave(client)))
    assert session(client)["problem"] == "the issuer did not let you in: access_denied not today"


@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"iss": "https://evil.example"}, {"azp": "another"}],
    ids=str,
)
def test_an_id_token_of_another_attempt_or_client_lets_nobody_in(
    client: Client, issuer: IssuerServer, wrong: dict[str, Any]
) -> None:
    issuer.identity = wrong
    come_back(client, issuer.brought(leave(client)))
    said = session(client)
    assert (said["principal"], "not accepted" in said["problem"]) == (None, True)


def test_without_an_access_token_for_this_service_the_id_token_is_taken(issuer: IssuerServer) -> None:
    issuer.access = {"aud": "another service"}
    with served(issuer, audience=CLIENT) as client:
        come_back(client, issuer.brought(leave(client)))
        assert session(client)["principal"]["name"] == "u-1"


def test_a_token_for_another_service_is_told_of(client: Client, issuer: IssuerServer) -> None:
    issuer.access = {"aud": "another service"}
    come_back(client, issuer.brought(leave(client)))
    assert "aud" in session(client)["problem"]


def test_a_token_too_large_for_a_cookie_is_told_of(client: Client, issuer: IssuerServer) -> None:
    issuer.access = {"more": "x" * 4000}
    come_back(client, issuer.brought(leave(client)))
    assert "a browser cannot keep it" in session(client)["problem"]


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/docs", "", "//["]
)
def test_one_comes_back_to_pages_of_the_console_alone(client: Client, issuer: IssuerServer, to: str) -> None:
    assert come_back(client, issuer.brought(leave(client, to))).headers["location"] == "/"


@pytest.mark.parametrize("planted", ["x", "e30", "WzFd", "eyJ0byI6IDF9", "\u00ff"])
def test_an_attempt_that_cannot_be_read_is_none(client: Client, planted: str) -> None:
    headers = [(b"Cookie", b"varve-sign-in-8000=" + planted.encode("latin-1"))]
    back = client.get(CALLBACK, params={"state": "", "code": "x"}, headers=headers)
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert "not begun in this browser" in session(client)["problem"]


def test_a_token_that_is_entered_ends_the_session_too(client: Client, issuer: IssuerServer) -> None:
    token = signed(claims(iss=issuer.address))
    answer = client.post("/console/session", json={"credential": token}, headers=FROM_CONSOLE)
    assert answer.json()["principal"]["name"] == "u-1"
    assert "Max-Age=" in answer.headers["set-cookie"]


def test_no_other_site_begins(client: Client) -> None:
    for headers in ({}, {"Varve-Console": "1", "Sec-Fetch-Site": "cross-site"}):
        assert client.post("/console/sign-in", json={}, headers=headers).status_code == 403


def test_with_a_secret_the_console_is_known_by_it(issuer: IssuerServer) -> None:
    with served(issuer, secret="s:1") as client:
        come_back(client, issuer.brought(leave(client)))
        assert session(client)["principal"]["name"] == "u-1"
    (form,) = issuer.asked
    assert b64decode(form["authorization"].removeprefix("Basic ")).decode() == f"{CLIENT}:s%3A1"
    assert "client_secret" not in form


def test_an_issuer_that_is_away_or_another_is_told_of(
    client: Client, issuer: IssuerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IssuerServer, "metadata", {"issuer": "https://evil.example"})
    answer = client.post("/console/sign-in", json={}, headers=FROM_CONSOLE)
    assert (answer.status_code, "set oidc_issuer" in answer.json()["detail"]) == (503, True)
    issuer.close()
    answer = client.post("/console/sign-in", json={}, headers=FROM_CONSOLE)
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")


def test_where_no_client_is_named_there_is_no_such_way_in() -> None:
    with opened("memory:", callers=Callers()) as keyed:
        answer = keyed.post("/console/sign-in", json={}, headers=FROM_CONSOLE)
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "mode")
        assert keyed.get("/console/session").json()["issuer"] is None
