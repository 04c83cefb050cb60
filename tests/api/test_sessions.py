"""Sessions of the console: who may begin one, and what no other site can do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.callers import Callers
from api.console import MISTAKES, Attempts
from domain.errors import RateLimited
from tests.api.conftest import CONFIGS, Client, opened

SESSION = "/console/session"
FROM_CONSOLE = {"Varve-Console": "1", "Sec-Fetch-Site": "same-origin"}
HTTPS = {**FROM_CONSOLE, "Origin": "https://varve.example.org"}


@pytest.fixture
def keyed() -> Iterator[Client]:
    """A service where callers show keys, asked as a browser on this machine asks it."""
    with opened("memory:", callers=Callers()) as client:
        client.base_url = "http://127.0.0.1:8000"  # type: ignore[assignment] -- the setter takes texts
        yield client


def signed_in(client: Client, role: str = "admin", **bound: Any) -> dict[str, Any]:
    credential = client.admit(role, **bound)
    answer = client.post(SESSION, json={"credential": credential}, headers=FROM_CONSOLE)
    assert answer.status_code == 200, answer.text
    return {"credential": credential, "answer": answer, **answer.json()}


def cookie(answer: Any) -> tuple[str, set[str]]:
    """Name and attributes of the cookie that an answer sets."""
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    return pair.partition("=")[0], {one.lower() for one in attributes}


def test_a_key_opens_a_session_that_scripts_cannot_read(keyed: Client) -> None:
    answer = signed_in(keyed)["answer"]
    assert cookie(answer) == ("varve-session-8000", {"httponly", "samesite=strict", "path=/"})
    assert answer.headers["cache-control"] == "no-store"
    assert keyed.get(CONFIGS, headers=FROM_CONSOLE).status_code == 200


@pytest.mark.parametrize("base", ["https://varve.example.org", "http://varve.example.org"])
def test_over_https_it_is_of_this_host_alone_also_behind_a_proxy_that_speaks_http(keyed: Client, base: str) -> None:
    keyed.base_url = base  # type: ignore[assignment] -- the setter takes texts
    answer = keyed.post(SESSION, json={"credential": keyed.admit()}, headers=HTTPS)
    assert cookie(answer) == ("__Host-varve-session", {"httponly", "samesite=strict", "path=/", "secure"})


def test_over_plain_http_nobody_signs_in_from_elsewhere(keyed: Client) -> None:
    keyed.base_url = "http://varve.example.org"  # type: ignore[assignment] -- the setter takes texts
    answer = keyed.post(SESSION, json={"credential": keyed.admit()}, headers=FROM_CONSOLE)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "https")
    assert "set-cookie" not in answer.headers


def test_a_plain_cookie_counts_on_this_machine_alone(keyed: Client) -> None:
    """A sibling of the host could otherwise set one, and have its victims act as somebody else."""
    shown = {**FROM_CONSOLE, "Cookie": f"varve-session-8000={keyed.admit()}", "Host": "varve.example.org:8000"}
    assert keyed.get(CONFIGS, headers=shown).status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1:abc", "127.0.0.1:99999999", "[::1", "", "\u00ff"])
def test_a_host_that_cannot_be_is_no_fault_of_ours(keyed: Client, host: str) -> None:
    headers = [(b"Host", host.encode("latin-1")), (b"Varve-Console", b"1"), (b"Cookie", b"varve-session-8000=x; =; a")]
    assert keyed.get(CONFIGS, headers=headers).status_code == 401
    assert keyed.get(SESSION, headers=headers).status_code == 200


FORGED = {
    "a form": ("POST", {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}),
    "a form of an old browser": ("POST", {"Content-Type": "text/plain"}),
    "a fetch without leave": ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
    "another site with the header": ("GET", {"Sec-Fetch-Site": "cross-site", "Varve-Console": "1"}),
    "a sibling with the header": ("GET", {"Sec-Fetch-Site": "same-site", "Varve-Console": "1"}),
    "a page that is opened": ("GET", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}),
    "a page that is opened with the header": ("GET", {"Sec-Fetch-Site": "none", "Varve-Console": "1"}),
    "a page of this very host without the header": ("GET", {"Sec-Fetch-Site": "same-origin"}),
    "another value of the header": ("GET", {"Sec-Fetch-Site": "same-origin", "Varve-Console": "true"}),
}


@pytest.mark.parametrize("forged", FORGED)
def test_the_cookie_alone_opens_nothing(keyed: Client, forged: str) -> None:
    signed_in(keyed)
    method, headers = FORGED[forged]
    for path in (CONFIGS, "/api/events", "/api/stream"):
        assert keyed.request(method, path, headers=headers).status_code == 401
    assert keyed.delete(SESSION, headers=headers).status_code == 403
    assert keyed.get(SESSION, headers=headers).json()["principal"] is None


@pytest.mark.parametrize("forged", FORGED)
def test_no_other_site_signs_anybody_in(keyed: Client, forged: str) -> None:
    headers = {"Content-Type": "application/json", **FORGED[forged][1]}
    answer = keyed.post(SESSION, content=f'{{"credential": "{keyed.admit()}"}}', headers=headers)
    assert answer.status_code in (403, 415)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", [CONFIGS, SESSION])
def test_no_other_site_is_let_to_send_the_header(keyed: Client, path: str) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = keyed.options(path, headers={**asks, "Access-Control-Request-Headers": "varve-console"})
    assert answer.status_code >= 400
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_session_ends_when_one_signs_out(keyed: Client) -> None:
    signed_in(keyed)
    assert keyed.delete(SESSION, headers=FROM_CONSOLE).status_code == 204
    assert keyed.get(CONFIGS, headers=FROM_CONSOLE).status_code == 401


def test_a_session_ends_with_its_key_and_says_so(keyed: Client) -> None:
    credential = signed_in(keyed)["credential"]
    key_id = credential.split("_")[1]
    assert keyed.delete(f"/api/keys/{key_id}", headers=FROM_CONSOLE).status_code == 200
    assert keyed.get(CONFIGS, headers=FROM_CONSOLE).status_code == 401
    told = keyed.get(SESSION, headers=FROM_CONSOLE)
    assert (told.json()["principal"], "revoked" in told.json()["problem"]) == (None, True)
    assert "max-age=0" in cookie(told)[1]


def test_a_key_that_is_shown_wins_over_the_session(keyed: Client) -> None:
    signed_in(keyed)
    reader = keyed.admit("reader")
    assert keyed.get(CONFIGS, headers={**FROM_CONSOLE, "X-API-Key": reader}).status_code == 403


def test_the_page_is_told_who_is_there_and_what_they_may_do(keyed: Client) -> None:
    said = signed_in(keyed, "viewer", environments=("production",))
    assert said["mode"] == "keys"
    assert said["principal"]["roles"] == {"production": "viewer"}
    assert said["can"]["environments"].keys() == {"production"}
    assert "configs.read" in said["can"]["environments"]["production"]
    assert "configs.change" not in said["can"]["environments"]["production"]
    assert "keys.manage" not in said["can"]["installation"]
    del said["credential"], said["answer"]
    assert keyed.get(SESSION, headers=FROM_CONSOLE).json() == said


def test_types_are_defined_by_who_may_do_so_everywhere(keyed: Client) -> None:
    assert "definitions.change" not in signed_in(keyed, "admin", environments=("production",))["can"]["installation"]
    assert "definitions.change" in signed_in(keyed, "admin")["can"]["installation"]


@pytest.mark.parametrize("credential", ["varve_" + "0" * 32 + "_" + "a" * 43, "eyJhbGciOiJub25lIn0.e30.", "x"])
def test_what_is_no_key_is_refused_and_counted(keyed: Client, credential: str) -> None:
    wrong = [keyed.post(SESSION, json={"credential": credential}, headers=FROM_CONSOLE) for _ in range(MISTAKES + 5)]
    assert (wrong[0].status_code, wrong[-1].status_code, wrong[-1].json()["code"]) == (401, 429, "rate_limited")
    assert all("set-cookie" not in one.headers for one in wrong)


@pytest.mark.parametrize("body", [{}, {"credential": ""}, {"credential": 1}, {"credential": "x", "more": 1}, []])
def test_what_is_no_credential_is_refused_with_its_place(keyed: Client, body: Any) -> None:
    assert keyed.post(SESSION, json=body, headers=FROM_CONSOLE).status_code == 400


def test_mistakes_are_forgiven_with_time_and_those_of_one_are_not_another_s() -> None:
    now = [0.0]
    attempts = Attempts(clock=lambda: now[0])
    for _ in range(MISTAKES):
        attempts.require("10.0.0.1")
        attempts.failed("10.0.0.1")
    with pytest.raises(RateLimited):
        attempts.require("10.0.0.1")
    attempts.require("10.0.0.2")
    now[0] += 2.0
    attempts.require("10.0.0.1")


def test_where_no_key_is_asked_for_the_page_is_told_so(api: Client) -> None:
    told = api.get(SESSION, headers=FROM_CONSOLE).json()
    none = dict.fromkeys(("issuer", "principal", "can", "problem"))
    assert told == {"mode": "open", "read_only": False, **none}
    answer = api.post(SESSION, json={"credential": "varve_x"}, headers=FROM_CONSOLE)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "mode")
