"""experiment create, list, show, start, pause, traffic, results, export, conclude."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from application.schedule_experiments import ScheduleExperiments
from domain.experiments.known import KnownExperiment
from tests.api.cli.conftest import Server, Varve

PLAN = """
traffic_percent: 100
hypothesis: more results raise recall
variants:
  - {name: control, weight: 1, is_control: true}
  - {name: deep, weight: 3, profile: deep}
primary_metric: {name: accepted, kind: rate}
"""


@pytest.fixture
def plan(folder: Path) -> str:
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return "plan.yaml"


def test_an_experiment_from_its_plan_to_its_conclusion(varve: Varve, plan: str):
    varve("profile", "set", "deep", "retrieval", "number_of_results=25")
    assert varve("experiment", "create", "e-1", plan).out.startswith("e-1 in production is draft; 100 % of users")
    assert varve("experiment", "start", "E-1").out.startswith("e-1 in production is running")
    found = {varve("get", f"u-{n}", "--json").json["retrieval"]["number_of_results"] for n in range(12)}
    assert found == {5, 25}
    told = varve("get", "u-1", "-t", "retrieval", "--explain").err
    assert told.startswith("experiment e-1: in ")
    assert told.endswith(", and counts, for retrieval\n")
    varve("set", "user:u-2", "retrieval", "number_of_results=9")
    assert "does not count: other settings hide" in varve("get", "u-2", "--explain").err
    assert "control 25%, deep 75%" in varve("experiment", "list").out
    assert "20 % of users" in varve("experiment", "traffic", "e-1", "20").out
    assert "paused" in varve("experiment", "pause", "e-1", "-r", "latency").out
    assert "more results raise recall" in varve("experiment", "show", "e-1").out
    assert "concluded, deep was adopted" in varve("experiment", "conclude", "e-1", "--adopt", "deep").out
    assert varve("get", "u-1", "--json").json["retrieval"]["number_of_results"] == 25
    assert varve("export").code == 0


def test_what_cannot_be_says_what_to_do(varve: Varve, plan: str, folder: Path):
    unknown = varve("experiment", "start", "e-1")
    assert (unknown.code, "varve experiment list" in unknown.err) == (1, True)
    assert varve("experiment", "create", "e-1", plan, "--dry-run").out == "e-1 can be planned so\n"
    varve("experiment", "create", "e-1", plan)
    missing = varve("experiment", "start", "e-1")
    assert (missing.code, "which is not there" in missing.err) == (1, True)
    (folder / "bad.yaml").write_text("variants: []\ntraffic_percent: 0\n", encoding="utf-8")
    bad = varve("experiment", "create", "e-2", "bad.yaml")
    assert (bad.code, "/traffic_percent" in bad.err) == (1, True)


def measured(server: Server, users: dict[str, int]) -> None:
    """So many users met each variant; every second of `deep` accepted an answer."""
    ids = {name: [f"{name}-{n}" for n in range(count)] for name, count in users.items()}
    met = [{"user_id": user, "experiment": "e-1", "variant": name} for name, those in ids.items() for user in those]
    accepted = [{"id": str(uuid4()), "user_id": user, "metric": "accepted", "value": 1} for user in ids["deep"][::2]]
    httpx.post(f"{server.address}/api/exposures", json={"exposures": met}).raise_for_status()
    httpx.post(f"{server.address}/api/outcomes", json={"outcomes": accepted}).raise_for_status()


def test_why_it_could_not_start_by_itself_is_shown(varve: Varve, folder: Path, monkeypatch: pytest.MonkeyPatch):
    def problem_after_a_look(schedule: ScheduleExperiments, known: KnownExperiment) -> str | None:
        schedule.look()  # as a server does every few seconds
        return problem_of(schedule, known)

    problem_of = ScheduleExperiments.problem_of
    monkeypatch.setattr(ScheduleExperiments, "problem_of", problem_after_a_look)
    (folder / "due.yaml").write_text(f"{PLAN}starts_at: '2020-01-01T00:00:00Z'\n", encoding="utf-8")
    varve("experiment", "create", "e-1", "due.yaml")
    (line,) = [line for line in varve("experiment", "show", "e-1").out.splitlines() if "schedule_problem" in line]
    assert "profile deep, which is not there" in line


def test_results_are_a_table(varve: Varve, plan: str, server: Server):
    at = ("--server", server.address)
    varve("experiment", "create", "e-1", plan, *at)
    measured(server, {"control": 120, "deep": 360})
    told = varve("experiment", "results", "E-1", *at)
    assert (told.code, told.err) == (0, "")
    (row,) = [line.split() for line in told.out.splitlines() if "deep" in line and "accepted" in line]
    assert row[:5] == ["accepted", "deep", "360", "0.5", "+0.5"]
    assert "e-1 is draft; users: control 120, deep 360" in told.out
    assert varve("experiment", "results", "e-1", *at, "--json").json["users"] == {"control": 120, "deep": 360}


def test_results_say_when_the_shares_do_not_match(varve: Varve, plan: str, server: Server):
    at = ("--server", server.address)
    varve("experiment", "create", "e-1", plan, *at)
    measured(server, {"control": 300, "deep": 300})
    told = varve("experiment", "results", "e-1", *at)
    assert ("shares do not match" in told.out, "not distributed" in told.err) == (True, True)


def test_an_export_gives_the_results_that_the_server_gives(varve: Varve, plan: str, server: Server, folder: Path):
    at = ("--server", server.address)
    varve("experiment", "create", "e-1", plan, *at)
    measured(server, {"control": 120, "deep": 360})
    told = varve("experiment", "export", "e-1", "--to", "rows", *at)
    assert (told.code, told.err) == (0, "")
    assert told.out == "rows: exposures.parquet (480 rows), outcomes.parquet (180 rows)\n"
    assert sorted(file.name for file in (folder / "rows").iterdir()) == ["exposures.parquet", "outcomes.parquet"]
    there, here = (varve("experiment", "results", "e-1", *where, *at, "--json") for where in ((), ("--from", "rows")))
    assert (here.code, here.json["users"]) == (0, {"control": 120, "deep": 360})
    assert here.json == there.json


def test_results_from_nowhere_say_where_they_come_from(varve: Varve, plan: str):
    varve("experiment", "create", "e-1", plan)
    missing = varve("experiment", "results", "e-1", "--from", "rows")
    assert (missing.code, "varve experiment export" in missing.err) == (1, True)


def test_without_duckdb_it_says_what_to_install(varve: Varve, plan: str, monkeypatch: pytest.MonkeyPatch):
    varve("experiment", "create", "e-1", plan)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    for command in (("export", "e-1", "--to", "rows"), ("results", "e-1", "--from", "rows")):
        told = varve("experiment", *command)
        assert (told.code, "varve-server[warehouse]" in told.err) == (2, True)


def test_attributes_decide_who_is_in_it_and_the_past_is_asked_with_them(varve: Varve, folder: Path):
    plan = PLAN + "eligibility: 'context.attributes.plan == \"pro\" && context.attributes.seats > 10'\n"
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    varve("profile", "set", "deep", "retrieval", "number_of_results=25")
    assert varve("experiment", "create", "e-1", "plan.yaml").code == 0
    assert varve("experiment", "start", "e-1").code == 0
    told = ("-a", "plan=pro", "-a", "seats=12")
    users = [f"u-{n}" for n in range(12)]
    found = {user: varve("get", user, *told, "--json").json["retrieval"]["number_of_results"] for user in users}
    user = next(user for user in users if found[user] == 25)
    assert varve("get", user, "-a", "plan=pro", "--json").json["retrieval"]["number_of_results"] == 5
    replayed = varve("audit", "replay", "-u", user, *told, "--json")
    assert replayed.json["effective"]["retrieval"]["number_of_results"] == 25
    assert varve("audit", "replay", "-u", user, "-a", "plan").code == 2
