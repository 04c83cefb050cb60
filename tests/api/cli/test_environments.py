"""env serving."""

from __future__ import annotations

from tests.api.cli.conftest import Varve


def test_an_environment_is_switched_off_and_on_again(varve: Varve):
    assert varve("env", "serving", "production").out == "production serves its settings\n"
    off = varve("env", "serving", "production", "--defaults", "-r", "answers are wrong").out
    assert off.startswith("production is off: applications use their own defaults since ")
    assert off.endswith(": answers are wrong\n")
    assert varve("env", "serving", "production").out == off
    assert "varve env serving production tells why" in varve("get", "u-1").err
    on = varve("env", "serving", "production", "--settings", "--json").json
    assert (on["serving"], on["reason"]) == ("settings", None)
    assert varve("get", "u-1").err == ""


def test_an_environment_that_there_is_not_is_told(varve: Varve):
    found = varve("env", "serving", "nowhere", "--defaults")
    assert (found.code, "there is no environment nowhere" in found.err) == (1, True)
