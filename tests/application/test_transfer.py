"""Bundles and documents in and out of an installation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.bootstrap import service
from application import bundle as bundles
from application.file_mapping import Mapping, Section
from application.inspect_log import Wanted
from application.ports import Command
from application.transfer import Imported
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, Context, Scope
from domain.errors import InvalidRequest, TooLarge

NEW_TYPE = {"name": "rerank", "schema": {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}}


@pytest.fixture
def cases() -> Iterator[UseCases]:
    with service("memory:", variables={}) as opened:
        yield opened.use_cases


@pytest.fixture
def elsewhere() -> Iterator[UseCases]:
    """Another installation."""
    with service("memory:", variables={}) as opened:
        yield opened.use_cases


def command(command_id: str = "c-1") -> Command:
    return Command("u-1", command_id, "import_settings", b"digest")


def config(name: str = "fast", **facts: Any) -> dict[str, Any]:
    place = {"environment": "production", "scope": "global", "config_type": "chunking", "name": name}
    return {**place, "config_data": {"max_chunk_size": 800}, "is_default": True, **facts}


def bundle(*configs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"varve_bundle": 1, "configs": list(configs), **more}


def faults_of(cases: UseCases, given: dict[str, Any]) -> dict[str, str]:
    """The rules broken, by pointer; nothing may have been recorded."""
    before = cases.store.newest()
    with pytest.raises(InvalidRequest) as refused:
        cases.transfer.import_bundle(given, command=command("refused"))
    assert cases.store.newest() == before
    return {fault.pointer: fault.rule for fault in refused.value.faults}


def chunking(cases: UseCases, **context: Any) -> dict[str, Any]:
    found = cases.resolve_config.effective(Context("production", **context), types=["chunking"])
    return found.types["chunking"].resolved.value


WHOLE = bundle(
    config("broad", scope="user:u-1", mode="overlay", unset=["/chunk_overlap"], description="for tables"),
    config("fast"),
    config("spare", is_default=False, is_active=False, config_data={"strategy": "sentence"}),
    config("ranked", scope="tenant:t-1", config_type="rerank", config_data={"top_n": 9}),
    ladder=["global", "tenant", "user", "collection"],
    types=[NEW_TYPE],
    environment_variables={"production": {"llm": {"temperature": 0.2}}},
)


def test_an_export_makes_the_same_installation_elsewhere(cases, elsewhere):
    cases.transfer.import_bundle(WHOLE, command=command())
    exported = cases.transfer.export()
    assert {one["name"] for one in exported["configs"]} == {"broad", "fast", "spare", "ranked"}
    elsewhere.transfer.import_bundle(exported, command=command())
    assert elsewhere.transfer.export() == exported


def test_an_import_tells_what_it_did(cases):
    done = cases.transfer.import_bundle(WHOLE, command=command())
    assert (done.created, done.updated, done.unchanged, done.commits) == (4, 0, 0, 1)
    assert (done.types_defined, done.variables_changed, done.ladder_changed) == (("rerank",), 1, True)


def test_the_same_bundle_twice_records_nothing_the_second_time(cases):
    first = cases.transfer.import_bundle(WHOLE, command=command())
    again = cases.transfer.import_bundle(WHOLE, command=command("c-2"))
    assert again == Imported(0, 0, 4, (), 0, False, 0, first.position, commits=1)


def test_the_same_command_twice_is_told_what_the_first_did(cases):
    first = cases.transfer.import_bundle(WHOLE, command=command())
    again = cases.transfer.import_bundle(WHOLE, command=command())
    assert again.repeated
    assert (again.created, again.types_defined, again.position) == (4, ("rerank",), first.position)


def test_an_export_of_one_environment_leaves_the_others_out(cases):
    cases.govern_environments.add("staging", {}, command=command("staging"))
    cases.transfer.import_bundle(bundle(config("here"), config("there", environment="staging")), command=command())
    assert [one["name"] for one in cases.transfer.export("staging")["configs"]] == ["there"]


def test_a_config_is_known_by_its_name_and_changed(cases):
    cases.transfer.import_bundle(bundle(config("fast")), command=command())
    changed = bundle(config("Fast", config_data={"max_chunk_size": 900}))
    done = cases.transfer.import_bundle(changed, command=command("c-2"))
    assert (done.created, done.updated) == (0, 1)
    assert chunking(cases)["max_chunk_size"] == 900
    assert [one["name"] for one in cases.transfer.export()["configs"]] == ["Fast"]


def test_the_default_of_the_bundle_takes_over_from_the_one_that_is_there(cases):
    cases.transfer.import_bundle(bundle(config("old")), command=command())
    cases.transfer.import_bundle(bundle(config("new", config_data={"max_chunk_size": 950})), command=command("c-2"))
    assert {c["name"]: c["is_default"] for c in cases.transfer.export()["configs"]} == {"new": True, "old": False}
    assert chunking(cases)["max_chunk_size"] == 950


def test_every_fault_is_told_by_pointer_and_nothing_is_stored(cases):
    given = bundle(
        config("a"),
        config("b", config_type="nonsense"),
        config("c", environment="nowhere"),
        config("d", scope="user:u-1", config_data={"max_chunk_size": 1, "min_chunk_size": "x"}),
        config(" e", scope="user:u-2"),
        environment_variables={"production": {"llm": {"temperature": 9}}},
    )
    assert faults_of(cases, given) == {
        "/configs/1": "not_found",
        "/configs/2": "not_found",
        "/configs/3/config_data/max_chunk_size": "minimum",
        "/configs/3/config_data/min_chunk_size": "type",
        "/configs/4/name": "name",
        "/environment_variables/production/llm/temperature": "maximum",
    }


def test_a_bundle_of_another_form_is_refused(cases):
    given = bundle({"environment": "production"}, surprise=1) | {"varve_bundle": 2}
    found = faults_of(cases, given)
    assert {"/varve_bundle", "/surprise", "/configs/0/scope", "/configs/0/config_data"} <= found.keys()


def test_a_scope_that_cannot_be_is_refused(cases):
    assert faults_of(cases, bundle(config(scope="user:"))) == {"/configs/0/scope": "scope_form"}


def test_two_defaults_for_one_slot_are_refused(cases):
    assert faults_of(cases, bundle(config("a"), config("b"))) == {"/configs/1/is_default": "one_default"}


def test_a_second_config_for_a_collection_is_refused(cases):
    cases.transfer.import_bundle(bundle(config("a", scope="collection:c-9")), command=command())
    given = bundle(config("b", scope="collection:c-9"))
    assert faults_of(cases, given) == {"/configs/0": "slot_taken"}


def test_a_ladder_in_another_order_is_refused(cases):
    assert faults_of(cases, bundle(ladder=["global", "collection", "user"])) == {"/ladder": "ladder"}


def test_a_shorter_ladder_leaves_the_present_one(cases):
    cases.change_ladder.change(["global", "team", "user", "collection"], command=command("ladder"))
    done = cases.transfer.import_bundle(bundle(ladder=["global", "user", "collection"]), command=command())
    assert not done.ladder_changed
    assert "team" in cases.catalogs.current().ladder.kinds


def test_a_built_in_type_is_not_defined_anew(cases):
    assert faults_of(cases, bundle(types=[{**NEW_TYPE, "name": "llm"}])) == {"/types/0/name": "built_in"}


def test_a_type_that_cannot_be_used_is_refused(cases):
    broken = {**NEW_TYPE, "schema": {"type": "object", "properties": {"a": {"type": "nothing"}}}}
    assert all(pointer.startswith("/types/0/schema") for pointer in faults_of(cases, bundle(types=[broken])))


def test_a_definition_that_live_configs_do_not_fit_is_refused(cases):
    cases.transfer.import_bundle(WHOLE, command=command())
    narrow = {"type": "object", "properties": {"top_n": {"type": "integer", "maximum": 5, "default": 5}}}
    assert faults_of(cases, bundle(types=[{**NEW_TYPE, "schema": narrow}])) == {"/types/0": "in_use"}


def test_configs_name_the_version_of_a_type_that_came_with_them(cases):
    cases.transfer.import_bundle(WHOLE, command=command())
    wider = {"type": "object", "properties": {"top_n": {"type": "integer"}, "model": {"type": "string"}}}
    given = bundle(
        config("other", config_type="rerank", config_data={"model": "m"}), types=[{**NEW_TYPE, "schema": wider}]
    )
    cases.transfer.import_bundle(given, command=command("c-2"))
    events = list(cases.inspect_log.events(Wanted(frozenset({"config.created"})), after=0))
    assert {
        one.payload()["name"]: one.payload()["type_version"] for one in events if one.payload()["name"] == "other"
    } == {"other": 2}


def test_variables_that_break_a_rule_together_are_refused(cases):
    given = bundle(environment_variables={"production": {"chunking": {"max_chunk_size": 150, "min_chunk_size": 200}}})
    pointer = "/environment_variables/production/chunking/max_chunk_size"
    assert faults_of(cases, given) == {pointer: "max_above_min"}


def test_a_dry_run_tells_and_records_nothing(cases):
    before = cases.store.newest()
    done = cases.transfer.import_bundle(WHOLE, command=command(), dry_run=True)
    assert (done.created, done.types_defined, done.position) == (4, ("rerank",), None)
    assert cases.store.newest() == before


def users(count: int) -> list[dict[str, Any]]:
    return [config(f"n-{n}", scope=f"user:u-{n}", config_data={"max_chunk_size": 500 + n}) for n in range(count)]


def test_what_is_too_much_for_one_commit_is_split(cases, monkeypatch):
    monkeypatch.setattr(bundles, "CONFIGS_A_COMMIT", 4)
    done = cases.transfer.import_bundle(bundle(*users(10)), command=command())
    assert (done.created, done.commits) == (10, 3)
    again = cases.transfer.import_bundle(bundle(*users(10)), command=command())
    assert (again.created, again.position, again.repeated) == (10, done.position, True)


def test_a_split_import_that_broke_off_goes_on_where_it_was(cases, monkeypatch):
    monkeypatch.setattr(bundles, "CONFIGS_A_COMMIT", 4)
    cases.transfer.import_bundle(bundle(*users(4)), command=command())  # as if the rest had been lost
    done = cases.transfer.import_bundle(bundle(*users(10)), command=command())
    assert len(cases.transfer.export()["configs"]) == 10
    assert done.created == 10


def test_a_fault_in_the_last_part_keeps_the_first_out(cases, monkeypatch):
    monkeypatch.setattr(bundles, "CONFIGS_A_COMMIT", 4)
    wrong = config("wrong", scope="user:u-99", config_data={"max_chunk_size": 1})
    assert faults_of(cases, bundle(*users(9), wrong)) == {"/configs/9/config_data/max_chunk_size": "minimum"}


def test_an_atomic_import_is_one_commit_or_none(cases):
    with pytest.raises(TooLarge):
        cases.transfer.import_bundle(bundle(*users(2_501)), command=command(), atomic=True)
    assert cases.transfer.export()["configs"] == []


DOCUMENT = {"rag": {"chunking": {"max_chunk_size": 700}, "cache": {"size": 10}}, "title": "x"}
MAPPING = Mapping((Section(("rag", "chunking"), "chunking"),))


def import_document(cases: UseCases, document: dict[str, Any] = DOCUMENT, **how: Any) -> Imported:
    given = {"mapping": MAPPING, "environment": "production", "scope": GLOBAL, "name": "rag-prod", "command": command()}
    return cases.transfer.import_mapped(document, **(given | how))


def test_a_mapped_section_becomes_the_default_of_its_slot(cases):
    done = import_document(cases, scope=Scope("collection", "c-9"))
    assert (done.created, done.unmapped) == (1, ("rag", "title"))
    assert chunking(cases, collection_ids=("c-9",))["max_chunk_size"] == 700


def test_a_section_without_a_type_becomes_one_when_asked(cases):
    done = import_document(cases, define=True)
    assert (done.created, done.types_defined, done.unmapped) == (2, ("rag",), ("title",))


def test_the_same_document_twice_records_nothing_the_second_time(cases):
    first = import_document(cases, define=True)
    again = import_document(cases, define=True, command=command("c-2"))
    assert (again.created, again.updated, again.unchanged, again.position) == (0, 0, 2, first.position)


def test_a_type_made_from_a_file_keeps_its_definition_when_the_file_changes(cases):
    import_document(cases, define=True)
    changed = {"rag": {"chunking": {"max_chunk_size": 700}, "cache": {"size": 11}}}
    done = import_document(cases, changed, define=True, command=command("c-2"))
    assert (done.updated, done.types_defined) == (1, ())


def test_a_document_that_is_not_complete_is_laid_over_what_others_give(cases):
    mapping = Mapping((Section(("rag", "chunking"), "embedding"),))
    import_document(cases, {"rag": {"chunking": {"provider_id": "p"}}}, mapping=mapping)
    assert [one["mode"] for one in cases.transfer.export()["configs"]] == ["overlay"]


def test_a_fault_of_a_document_is_told_by_type_and_field(cases):
    with pytest.raises(InvalidRequest) as refused:
        import_document(cases, {"rag": {"chunking": {"max_chunk_size": 1}}})
    assert [fault.pointer for fault in refused.value.faults] == ["/chunking/max_chunk_size"]
