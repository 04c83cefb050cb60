"""env: stages, demands, freezing, policies from a file, serving."""

from __future__ import annotations

from pathlib import Path

from tests.api.cli.conftest import Varve
from tests.api.cli.test_transferring import LLMSPELL, PRESET

STAGE_NAMES = ("development", "testing", "staging", "production")
STAGES = Path(__file__).parents[3] / "examples" / "stages" / "stages.yaml"


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


def test_the_stages_are_made_once_and_production_stays(varve: Varve):
    varve("env", "set", "production", "--require-reason")
    for _ in range(2):
        found = varve("env", "init", "--stages", "-r", "stages", "--json").json["items"]
    told = [(one["name"], one["promoted_from"], one["require_reason"]) for one in found]
    assert told == [
        ("development", None, False),
        ("testing", "development", False),
        ("staging", "testing", False),
        ("production", "staging", True),
    ]


def test_a_demand_is_set_and_taken_back(varve: Varve):
    assert varve("env", "set", "production", "--reason-pattern", "OPS-[0-9]+").out.endswith(
        "a reason like OPS-[0-9]+\n"
    )
    refused = varve("set", "global", "chunking", "chunk_overlap=20")
    assert (refused.code, "OPS-[0-9]+" in refused.err) == (1, True)
    assert varve("env", "set", "production", "--reason-pattern", "", "-r", "OPS-7").out.endswith("demands nothing\n")


def test_a_freeze_in_a_hurry_and_the_glass_that_is_broken(varve: Varve):
    assert "production is frozen since" in varve("freeze", "production", "-r", "the holidays").out
    refused = varve("set", "global", "chunking", "chunk_overlap=20")
    assert (refused.code, "the holidays" in refused.err) == (1, True)
    assert varve("set", "global", "chunking", "chunk_overlap=20", "--break-glass", "answers are wrong").code == 0
    assert varve("thaw", "production").out.startswith("production is open")


def test_an_environment_goes_and_comes_back(varve: Varve):
    varve("env", "add", "staging")
    assert varve("env", "retire", "staging").code == 0
    assert varve("env", "show", "staging").code == 1
    assert varve("env", "add", "staging").out == "staging is open; it demands nothing\n"


def test_real_settings_are_refused_on_their_way_to_production_for_these_reasons(varve: Varve):
    """Presets of a script engine, which serve 384 dimensions, through the stages that ship as an example."""
    varve("import", "builtin:platform")
    assert varve("env", "apply", str(STAGES)).code == 0
    dimensions = "at least 768 dimensions from staging on"
    for preset in ("rag-dev", "rag-prod"):
        refused = {name: import_into(varve, name, preset) for name in STAGE_NAMES}
        assert refused == {"development": [], "testing": [], "staging": [dimensions], "production": [dimensions]}
    across = varve("release", "create", "development", "production", "-r", "in a hurry")
    assert across.code == 1
    assert "production is promoted from staging, not from development" in across.err
    onward = varve("release", "create", "testing", "staging", "--title", "onward", "-r", "sprint 12")
    assert onward.code == 0
    told = varve("release", "check", "onward", "-e", "staging", "-r", "sprint 12")
    assert told.code == 1
    assert dimensions in told.err
    mock = ("vector_storage", "backend=mock", "dimensions=1024", "persistent=false")
    found = varve("set", "global", *mock, "-e", "production", "-r", "try")
    assert found.code == 1
    assert all(why in found.err for why in ("a mock keeps nothing", "the vectors must outlive the process"))


def test_what_is_in_force_already_is_told_by_an_apply(varve: Varve):
    varve("import", "builtin:platform")
    varve("set", "global", "backup", "enabled=false")
    told = varve("env", "apply", str(STAGES)).err
    assert "in force already: /backup: backups must be on (backup.backups)" in told


def import_into(varve: Varve, environment: str, preset: str) -> list[str]:
    """Why the preset may not come here; nothing where it may."""
    file = str(LLMSPELL / "presets" / f"{preset}.toml")
    done = varve("import", file, *PRESET[2:-2], str(LLMSPELL / "varve-platform-map.toml"), "-e", environment, "-r", "p")
    told = done.err.partition("does not allow this: ")[2].strip()
    return told.split("; ") if done.code else []
