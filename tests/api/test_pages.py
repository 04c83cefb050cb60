"""The documentation page: it needs no network, and lets nothing in from one."""

from __future__ import annotations

import hashlib
import re

import pytest

from api.pages import DOCS, FILES
from tests.api.conftest import Client


def test_a_page_allows_nothing_from_elsewhere(api: Client) -> None:
    headers = api.get("/docs").headers
    policy = dict(one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_all_that_the_page_loads_is_served_here_and_nothing_stands_inline(api: Client) -> None:
    page = api.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {one for one in loaded if not one.startswith("data:")} == {"openapi.json", *(f"docs/{one}" for one in FILES)}
    assert "//" not in page.replace("<!doctype", "")
    assert re.findall(r"<script(?! src)|<style| style=| on\w+=", page) == []
    assert "//" not in (DOCS / "start.js").read_text().partition("\n")[2]


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_page_is_served_once(api: Client, name: str) -> None:
    answer = api.get(f"/docs/{name}")
    assert (answer.status_code, answer.content) == (200, (DOCS / name).read_bytes())
    assert answer.headers["Content-Type"] == f"{FILES[name]}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = api.get(f"/docs/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["LICENSE", "index.html", "..%2f..%2fapp.py", "nothing"])
def test_nothing_else_is(api: Client, name: str) -> None:
    assert api.get(f"/docs/{name}").status_code == 404


def test_the_files_of_others_are_as_they_were_published_with_their_licences() -> None:
    sums = dict(reversed(line.split()) for line in (DOCS / "SHA256SUMS").read_text().splitlines())
    found = {name: hashlib.sha256((DOCS / name).read_bytes()).hexdigest() for name in sums}
    assert found == sums
    assert {path.name for path in DOCS.iterdir()} == {*sums, "SHA256SUMS", "index.html", "start.js"}
    assert "Apache License" in (DOCS / "LICENSE").read_text()
