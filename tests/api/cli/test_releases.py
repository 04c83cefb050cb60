"""varve release: draft, review, publish and go back; and what set does where others must approve."""

from __future__ import annotations

from pathlib import Path

from tests.api.cli.conftest import Varve

CHUNKING = ("global", "chunking")


def size(varve: Varve) -> int:
    found: int = varve("get", "--json").json["chunking"]["max_chunk_size"]
    return found


def test_what_is_drafted_together_is_published_together_and_given_back(varve: Varve):
    varve("set", *CHUNKING, "max_chunk_size=500")
    made = varve("release", "draft", *CHUNKING, "max_chunk_size=900", "--title", "longer", "--json").json
    id_ = made["id"][:8]
    varve("release", "draft", "user:u-1", "llm", "temperature=0.1", "--into", id_)
    assert "longer, draft in production, 2 drafts" in varve("release", "show", id_).out
    assert size(varve) == 500
    assert "nothing else stands in the way" in varve("release", "check", id_).out
    assert "published" in varve("release", "publish", id_, "-r", "RAG-1").out
    assert size(varve) == 900
    assert "rolled_back" in varve("release", "rollback", id_).out
    assert size(varve) == 500
    assert "rolled_back   longer" in varve("release", "list").out
    again = varve("release", "copy", id_, "--json").json
    assert (again["state"], again["origin"]) == ("draft", {"copy_of": made["id"]})
    assert "published" in varve("release", "publish", again["id"]).out
    assert size(varve) == 900


def test_whom_it_would_reach_is_told_before_it_is_approved(varve: Varve):
    varve("set", *CHUNKING, "max_chunk_size=500")
    id_ = varve("release", "draft", *CHUNKING, "max_chunk_size=900", "--json").json["id"]
    assert varve("release", "impact", id_, "--days", "3", "--json").json["contexts_seen"]["days"] == 3
    told = varve("release", "impact", id_[:8]).out
    assert "of 0 contexts seen in 7 days, 0 would get something else" in told
    assert "/chunking/max_chunk_size   1" in told


def test_a_release_comes_step_by_step(varve: Varve):
    varve("set", *CHUNKING, "max_chunk_size=500")
    id_ = varve("release", "draft", *CHUNKING, "max_chunk_size=900", "--json").json["id"]
    assert "write --steps" in varve("release", "publish", id_, "--steps", "1,few").err
    assert (
        "ramping in production, 1 draft, for 1 % of users"
        in varve("release", "publish", id_, "--steps", "1,10,100").out
    )
    assert varve("release", "step", id_, "--json").json["ramp"]["percent"] == 10
    assert "published" in varve("release", "step", id_, "100").out
    assert size(varve) == 900


def test_what_differs_between_environments_is_compared_and_released(varve: Varve):
    varve("env", "add", "staging")
    varve("set", *CHUNKING, "max_chunk_size=900", "-e", "staging")
    (found,) = varve("release", "compare", "staging", "production", "--json").json["items"]
    assert found["fields"] == [{"pointer": "/max_chunk_size", "values": {"staging": 900}}]
    assert "/max_chunk_size   900" in varve("release", "compare", "staging", "production").out
    made = varve("release", "create", "staging", "production", "--json").json
    assert made["state"] == "proposed"
    assert varve("release", "publish", made["id"]).code == 0
    assert size(varve) == 900


def test_a_release_takes_the_profiles_that_are_named(varve: Varve):
    varve("env", "add", "staging")
    varve("set", *CHUNKING, "max_chunk_size=900", "-e", "staging")
    varve("profile", "set", "long", "retrieval", "number_of_results=25", "-e", "staging")
    assert (
        "profile:long   /settings/retrieval/number_of_results   25"
        in varve("release", "compare", "staging", "production").out
    )
    made = varve("release", "create", "staging", "production", "--profile", "long", "--json").json
    assert [one["kind"] for one in made["drafts"]] == ["profile"]


def test_a_change_that_others_must_approve_says_where_it_waits(varve: Varve):
    varve("env", "set", "production", "--approvals", "1")
    told = varve("set", *CHUNKING, "max_chunk_size=900")
    assert (told.code, told.out.startswith("others must approve of it first: it waits as")) == (0, True)
    found = varve("set", *CHUNKING, "max_chunk_size=800", "--json").json
    assert found["state"] == "proposed"
    refused = varve("release", "publish", found["id"])
    assert (refused.code, "it has 0 of 1 approvals" in refused.err) == (1, True)


def test_an_id_that_none_or_several_begin_with_is_refused(varve: Varve):
    assert "no change set has the title abc, or an id that begins so" in varve("release", "show", "abc").err


def test_a_title_names_a_change_set_as_long_as_no_other_has_it(varve: Varve):
    made = varve("release", "draft", *CHUNKING, "max_chunk_size=900", "--title", "longer", "--json").json
    assert varve("release", "show", "longer", "--json").json["id"] == made["id"]
    varve("release", "copy", "longer")
    told = varve("release", "show", "longer")
    assert (told.code, "several change sets have the title longer" in told.err) == (1, True)


def test_what_the_service_rolled_back_tells_why_and_with_which_evidence(varve: Varve, folder: Path):
    varve("release", "draft", *CHUNKING, "max_chunk_size=900", "--title", "longer")
    assert varve("release", "show", "longer", "--json").json["rolled_back"] is None
    varve("release", "publish", "longer")
    (folder / "leaking.json").write_text('{"bm25_prefix_leakage": 7}')
    varve("health", "production", "--metrics", "leaking.json")
    told = varve("release", "show", "longer").out
    assert "rolled back by varve: bm25_prefix_leakage is 7" in told
    assert "bm25_prefix_leakage   7.0" in told
