"""profile set, list, show, on, off, assign, unassign, users, delete."""

from __future__ import annotations

from pathlib import Path

from tests.api.cli.conftest import Varve


def results(varve: Varve, user: str) -> int:
    found: int = varve("get", user, "--json").json["retrieval"]["number_of_results"]
    return found


def test_a_profile_is_made_and_given_to_users(varve: Varve):
    made = varve("profile", "set", "warm", "retrieval", "number_of_results=25", "-r", "recall")
    assert made.out == "warm in production is at version 1, on; it sets retrieval\n"
    assert varve("profile", "assign", "WARM", "u-1", "u-2").out.startswith("warm is given to 2 users; to 2 of them")
    assert (results(varve, "u-1"), results(varve, "u-3")) == (25, 5)
    varve("profile", "set", "warm", "retrieval", "number_of_results=12")
    assert results(varve, "u-2") == 12
    assert "u-2" in varve("profile", "users", "warm").out
    assert varve("profile", "unassign", "u-2").code == 0
    assert results(varve, "u-2") == 5


def test_it_is_switched_off_and_on(varve: Varve):
    varve("profile", "set", "warm", "retrieval", "number_of_results=25")
    varve("profile", "assign", "warm", "u-1")
    assert "off" in varve("profile", "off", "warm").out
    assert results(varve, "u-1") == 5
    assert "on" in varve("profile", "on", "warm").out
    assert results(varve, "u-1") == 25


def test_users_come_from_a_file_with_or_without_a_heading(varve: Varve, folder: Path):
    varve("profile", "set", "warm", "retrieval", "number_of_results=25")
    (folder / "users.csv").write_text("\ufeffuser_id,team\nu-1,a\n\nu-2,b\nu-1,a\n", encoding="utf-8")
    (folder / "more.csv").write_text("u-3\nu-4\n", encoding="utf-8")
    assert varve("profile", "assign", "warm", "-f", "users.csv", "--json").json["changed"] == 2
    assert varve("profile", "assign", "warm", "-f", "more.csv", "--json").json["changed"] == 2


def test_what_it_sets_is_shown_and_taken_back(varve: Varve):
    varve("profile", "set", "warm", "retrieval", "number_of_results=25")
    varve("profile", "set", "warm", "llm", "temperature=0.1", "top_k=3")
    shown = varve("profile", "show", "warm", "--json").json
    assert shown["settings"] == {"retrieval": {"number_of_results": 25}, "llm": {"temperature": 0.1, "top_k": 3}}
    assert "retrieval" not in varve("profile", "set", "warm", "retrieval").out
    assert "warm" in varve("profile", "list").out
    assert varve("profile", "delete", "warm").code == 0
    assert varve("profile", "list", "--json").json["items"] == []


def test_what_cannot_be_says_what_to_do(varve: Varve):
    unknown = varve("profile", "assign", "warm", "u-1")
    assert (unknown.code, "varve profile list" in unknown.err) == (1, True)
    varve("profile", "set", "warm", "retrieval", "number_of_results=25")
    nobody = varve("profile", "assign", "warm")
    assert (nobody.code, "--file" in nobody.err) == (2, True)
    missing = varve("profile", "assign", "warm", "-f", "nowhere.csv")
    assert (missing.code, "nowhere.csv cannot be read" in missing.err) == (1, True)
    bad = varve("profile", "set", "warm", "retrieval", "number_of_results=1000")
    assert bad.err == "varve: the settings are not valid: number_of_results must be at most 100\n"
    varve("profile", "assign", "warm", "u-1")
    given = varve("profile", "delete", "warm")
    assert (given.code, "user:u-1" in given.err) == (1, True)
