"""Who else a change reaches."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from application.ports import Command
from application.try_changes import ChangeConfig, DeleteConfig, PutConfig, PutVariables
from domain.configs.scope import GLOBAL, Context, Scope
from domain.errors import InvalidConfig, InvalidRequest
from domain.pointers import value_at
from tests.application.previews.conftest import COLLECTION, USER, WHERE, Store


@pytest.fixture
def populated(stored: Store) -> None:
    """Users with an overlay that gives the field, one that does not, and a replace; a collection like the first."""
    stored("retrieval", {"number_of_results": 7}, USER, mode="overlay")
    stored("retrieval", {"rerank": True}, Scope("user", "u-2"), mode="overlay")
    stored("retrieval", {"rerank": True}, Scope("user", "u-3"))
    stored("retrieval", {"number_of_results": 7}, COLLECTION, mode="overlay")
    stored("chunking", {}, Scope("user", "u-9"), mode="overlay")


def counts(impact: Any) -> dict[str, tuple[int, int]]:
    return {kind: (count.affected, count.unaffected) for kind, count in impact.scopes.items()}


def test_a_global_change_reaches_whoever_does_not_give_the_field(preview, populated):
    impact = preview.impact([PutConfig(GLOBAL, "retrieval", {"number_of_results": 9})], **WHERE)
    assert counts(impact) == {"global": (1, 0), "user": (1, 2), "collection": (0, 1)}
    assert impact.fields == {"/retrieval/number_of_results": 2}
    assert {example.scope for example in impact.examples} == {"global", "user:u-2"}


def test_what_a_higher_layer_hides_is_told_apart(preview, populated):
    hidden = preview.impact([PutConfig(GLOBAL, "retrieval", {"number_of_results": 9})], **WHERE).hidden
    assert (hidden.count, hidden.fields) == (3, {"/retrieval/number_of_results": 3})
    told = {example.scope: example.changes[0] for example in hidden.examples}
    assert {scope: change.hidden_by for scope, change in told.items()} == {s: s for s in told}
    assert (told["user:u-1"].before, told["user:u-1"].after, told["user:u-3"].after) == (7, 7, 5)


def test_a_field_can_be_hidden_where_another_changes(preview, populated):
    impact = preview.impact([PutConfig(GLOBAL, "retrieval", {"number_of_results": 9, "rerank": True})], **WHERE)
    assert impact.fields == {"/retrieval/number_of_results": 2, "/retrieval/rerank": 3}
    assert impact.hidden.fields == {"/retrieval/number_of_results": 3, "/retrieval/rerank": 2}
    assert impact.hidden.count == 1  # only the replace keeps all as it is


def test_a_change_at_one_scope_reaches_that_scope(preview, populated):
    impact = preview.impact([PutConfig(USER, "retrieval", {"number_of_results": 8}, "overlay")], **WHERE)
    assert counts(impact) == {"global": (0, 1), "user": (1, 2), "collection": (0, 1)}
    (example,) = impact.examples
    assert (example.scope, example.changes[0].before, example.changes[0].after) == ("user:u-1", 7, 8)
    assert impact.hidden.count == 0


def test_a_scope_that_has_no_config_yet_is_counted(preview):
    impact = preview.impact([PutConfig(USER, "retrieval", {"rerank": True})], **WHERE)
    assert counts(impact) == {"global": (0, 1), "user": (1, 0)}


def test_a_deletion_gives_back_what_is_below(preview, stored, populated):
    config = stored("retrieval", {"number_of_results": 9}, Scope("user", "u-4"))
    impact = preview.impact([DeleteConfig(config)], **WHERE)
    (example,) = impact.examples
    assert [(c.pointer, c.before, c.after) for c in example.changes] == [("/retrieval/number_of_results", 9, 5)]


def test_switching_a_config_off_is_a_change_of_it(preview, stored):
    config = stored("retrieval", {"number_of_results": 9})
    impact = preview.impact([ChangeConfig(config, {"is_active": False})], **WHERE)
    assert (counts(impact), impact.fields) == ({"global": (1, 0)}, {"/retrieval/number_of_results": 1})


def test_variables_that_global_hides_reach_nobody(preview, stored, populated):
    stored("retrieval", {"rerank": True})
    impact = preview.impact([PutVariables("retrieval", {"number_of_results": 9})], **WHERE)
    assert counts(impact) == {"global": (0, 1), "user": (0, 3), "collection": (0, 1)}
    assert impact.hidden.count == 5


def test_changes_are_made_together_in_their_order(preview, populated):
    together = [
        PutVariables("retrieval", {"vector_weight": 0.5, "keyword_weight": 0.5}),
        PutConfig(Scope("user", "u-4"), "retrieval", {"vector_weight": 0.49}, "overlay"),
        PutConfig(GLOBAL, "chunking", {"max_chunk_size": 500}),
    ]
    impact = preview.impact(together, **WHERE)
    assert counts(impact) == {"global": (1, 0), "user": (5, 0), "collection": (1, 0)}
    assert impact.fields["/chunking/max_chunk_size"] == 7  # whoever has a retrieval config is told of chunking, too
    assert impact.fields["/retrieval/vector_weight"] == 6  # but u-3, who replaces all


def test_the_faults_of_a_change_name_its_place_among_the_changes(preview):
    good, bad = PutConfig(GLOBAL, "chunking", {}), PutVariables("chunking", {"chunk_overlap": -1})
    with pytest.raises(InvalidConfig) as refused:
        preview.impact([good, bad], **WHERE)
    assert [fault.pointer for fault in refused.value.faults] == ["/changes/1/config_data/chunk_overlap"]


def test_a_change_that_changes_nothing_reaches_nobody_and_is_not_hidden(preview, stored, populated):
    stored("retrieval", {"number_of_results": 9})
    impact = preview.impact([PutConfig(GLOBAL, "retrieval", {"number_of_results": 9})], **WHERE)
    assert (impact.fields, impact.examples, impact.hidden.count) == ({}, [], 0)


def test_a_config_of_another_environment_is_refused(cases, preview, stored):
    config = stored("retrieval", {})
    cases.govern_environments.add("staging", {}, command=Command("u-1", uuid4().hex, "test", b""))
    with pytest.raises(InvalidRequest, match="in production, not in staging"):
        preview.impact([DeleteConfig(config)], environment="staging")


def test_examples_are_few_and_of_every_sort(preview, stored):
    for number in range(30):
        stored("retrieval", {"rerank": True}, Scope("user", f"u-{number}"), mode="overlay")
    stored("retrieval", {"number_of_results": 7}, COLLECTION, mode="overlay")
    impact = preview.impact([PutConfig(GLOBAL, "retrieval", {"number_of_results": 9, "rerank": True})], **WHERE)
    assert len(impact.examples) == 20
    assert {example.scope.partition(":")[0] for example in impact.examples} == {"global", "user", "collection"}


def test_the_blast_radius_is_what_making_the_change_does(cases, preview, stored, populated):
    data = {"number_of_results": 9, "rerank": True}
    impact = preview.impact([PutConfig(GLOBAL, "retrieval", data)], **WHERE)

    def served() -> dict[str, Any]:
        contexts = {str(s): Context.checked("production", scopes=[s]) for s in (USER, COLLECTION)}
        found = {name: cases.resolve_config.effective(c, types=["retrieval"]) for name, c in contexts.items()}
        return {name: one.types["retrieval"].resolved.value for name, one in found.items()}

    before = served()
    stored("retrieval", data)
    after = served()
    told = {example.scope: example.changes for example in impact.examples}
    for scope in before:
        old, new = before[scope], after[scope]
        differ = {f"/retrieval/{key}" for key in old if old[key] != new[key]}
        assert {change.pointer for change in told[scope] if change.hidden_by is None} == differ
        assert all(change.after == value_at({"retrieval": new}, change.pointer) for change in told[scope])
