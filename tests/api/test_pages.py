"""The documentation and the console: they need no network, and let nothing in from one."""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from pathlib import Path

import pytest

from api.pages import CONSOLE_PAGES, STATIC, TYPES
from tests.api.conftest import Client

PAGES = ("/docs", *CONSOLE_PAGES)
FILES = sorted(str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.suffix in TYPES)
OURS = [name for name in FILES if "/vendor/" not in name and "swagger" not in name]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_allows_nothing_from_elsewhere(api: Client, address: str) -> None:
    headers = api.get(address).headers
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


@pytest.mark.parametrize("address", PAGES)
def test_all_that_a_page_loads_is_served_here_and_nothing_stands_inline(api: Client, address: str) -> None:
    page = api.get(address).text
    for one in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert one.startswith("data:") or api.get(f"/{one.removeprefix('/')}").status_code == 200
    assert "//" not in page.replace("<!doctype", "")
    assert re.findall(r"<script(?! (?:type=\"module\" )?src)|<style| style=| on\w+=", page) == []


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith(".js")])
def test_a_module_of_ours_names_no_other_host_and_imports_what_is_here(name: str) -> None:
    text = (STATIC / name).read_text()
    assert re.findall(r"https?://\w|\bimport\((?!\"\./)|eval\(|innerHTML|dangerouslySetInnerHTML", text) == []
    for imported in re.findall(r'(?:\bfrom |\bimport\()"([^"]+)"', text):
        assert (STATIC / name).parent.joinpath(imported).resolve().is_file(), imported


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_page_is_served_once(api: Client, name: str) -> None:
    answer = api.get(f"/{name}", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, (STATIC / name).read_bytes())
    assert answer.headers["Content-Type"].partition(";")[0] == TYPES[Path(name).suffix]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    packed = api.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.content) == ("gzip", answer.content)
    again = api.get(f"/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["docs/LICENSE", "docs/nothing", "console/..%2f..%2fapp.py", "console/vendor/SHA256SUMS"]
)
def test_nothing_else_is(api: Client, name: str) -> None:
    assert api.get(f"/{name}").status_code == 404


def test_all_that_the_first_page_needs_is_asked_for_at_once(api: Client) -> None:
    """Otherwise the browser asks for each when it has read those that import it, one after the other."""
    assert set(re.findall(r'(?:href|src)="/console/([^"]+\.js)"', api.get("/").text)) == needed("start.js", set())


def needed(name: str, found: set[str]) -> set[str]:
    """A module, and what it imports as it is read, to the end."""
    if name not in found:
        found.add(name)
        source = (STATIC / "console" / name).read_text(encoding="utf-8")
        for other in re.findall(r'\bfrom\s*"(\.{1,2}/[^"]+)"', source):
            needed(posixpath.normpath(posixpath.join(posixpath.dirname(name), other)), found)
    return found


def test_the_console_is_small() -> None:
    files = [file for file in (STATIC / "console").rglob("*") if file.suffix in TYPES]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 300_000


def test_a_page_of_the_console_takes_any_parameters_and_other_routes_do_not(api: Client) -> None:
    assert api.get("/?context=user:u-1&at=12").status_code == 200
    assert api.get("/docs?context=user:u-1").status_code == 400


@pytest.mark.parametrize("folder", ["docs", "console/vendor"])
def test_the_files_of_others_are_as_they_came_out_with_their_licences(folder: str) -> None:
    here = STATIC / folder
    sums = dict(reversed(line.split()) for line in (here / "SHA256SUMS").read_text().splitlines())
    found = {name: hashlib.sha256((here / name).read_bytes()).hexdigest() for name in sums}
    assert found == sums
    assert {file.name for file in here.iterdir()} - {"index.html", "start.js"} == {*sums, "SHA256SUMS"}
    assert any(name.startswith("LICENSE") for name in sums)
