"""Previews of drafts and changes, on the memory store."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from application.preview import InContext
from application.try_changes import ChangeConfig, PutConfig
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope
from domain.errors import InvalidConfig, InvalidRequest, NotFound
from tests.application.previews.conftest import COLLECTION, TENANT, USER, WHERE


def changes(one: InContext) -> list[tuple[str, Any, Any, str | None]]:
    return [(change.pointer, change.before, change.after, change.hidden_by) for change in one.changes]


def test_a_draft_is_compared_with_what_is_in_force_at_its_own_scope(preview, stored):
    stored("chunking", {"max_chunk_size": 500})
    tested = preview.test(PutConfig(USER, "chunking", {"max_chunk_size": 600}), **WHERE)
    (own,) = tested.contexts
    assert (own.user_id, own.applies, changes(own)) == ("u-1", True, [("/max_chunk_size", 500, 600, None)])
    assert (own.now.resolution_path, own.draft.resolution_path) == ("global", "user:u-1")


def test_a_draft_is_checked_as_if_it_were_stored(preview):
    with pytest.raises(InvalidConfig) as refused:
        preview.test(PutConfig(GLOBAL, "chunking", {"max_chunk_size": 60, "min_chunk_size": 5}), **WHERE)
    assert {fault.pointer for fault in refused.value.faults} == {
        "/config_data/max_chunk_size",
        "/config_data/min_chunk_size",
    }


def test_an_overlay_is_checked_over_what_is_below(preview, stored):
    stored("chunking", {"max_chunk_size": 150})
    draft = PutConfig(USER, "chunking", {"min_chunk_size": 200}, "overlay")
    with pytest.raises(InvalidConfig, match="max_chunk_size must be greater"):
        preview.test(draft, **WHERE)


def test_numbers_are_told_as_they_would_be_stored(preview):
    tested = preview.test(PutConfig(GLOBAL, "chunking", {"max_chunk_size": 500.0}), **WHERE)
    assert repr(tested.config_data) == "{'max_chunk_size': 500}"


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (PutConfig(GLOBAL, "nothing", {}), NotFound),
        (PutConfig(PROCESS, "chunking", {}), InvalidRequest),
        (PutConfig(TENANT, "chunking", {}), InvalidRequest),
        (ChangeConfig(uuid4(), {"data": {}}), NotFound),
    ],
)
def test_a_draft_for_what_is_not_there_is_refused(preview, draft, refusal):
    with pytest.raises(refusal):
        preview.test(draft, **WHERE)


def test_an_unknown_environment_is_not_found(preview):
    with pytest.raises(NotFound, match="no environment nowhere"):
        preview.test(PutConfig(GLOBAL, "chunking", {}), environment="nowhere")


def test_a_collection_s_draft_takes_the_place_of_its_config(preview, stored):
    stored("chunking", {"max_chunk_size": 500}, COLLECTION)
    (own,) = preview.test(PutConfig(COLLECTION, "chunking", {"max_chunk_size": 600}), **WHERE).contexts
    assert changes(own) == [("/max_chunk_size", 500, 600, None)]


def test_a_change_of_a_config_keeps_what_it_does_not_name(preview, stored):
    config = stored("retrieval", {"rerank": True}, USER, mode="overlay")
    tested = preview.test(ChangeConfig(config, {"unset": [], "data": {"number_of_results": 7}}), **WHERE)
    assert (tested.mode, tested.scope, tested.config_type) == ("overlay", "user:u-1", "retrieval")
    assert changes(tested.contexts[0]) == [("/number_of_results", 5, 7, None), ("/rerank", True, False, None)]


def test_a_config_that_is_not_in_force_is_previewed_as_if_it_were(preview, stored):
    config = stored("chunking", {"max_chunk_size": 600}, USER, is_default=False, is_active=False)
    (own,) = preview.test(ChangeConfig(config, {}), **WHERE).contexts
    assert changes(own) == [("/max_chunk_size", 400, 600, None)]


def test_a_field_that_a_higher_layer_gives_is_hidden_by_it(preview, stored):
    stored("retrieval", {"number_of_results": 7}, USER, mode="overlay")
    draft = PutConfig(GLOBAL, "retrieval", {"number_of_results": 9, "rerank": True})
    (one,) = preview.test(draft, contexts=[Context("production", user_id="u-1")], **WHERE).contexts
    assert changes(one) == [("/number_of_results", 7, 7, "user:u-1"), ("/rerank", False, True, None)]


def test_a_replace_hides_every_field_below_it(preview, stored):
    stored("retrieval", {"number_of_results": 7}, USER)
    draft = PutConfig(GLOBAL, "retrieval", {"rerank": True})
    (one,) = preview.test(draft, contexts=[Context("production", user_id="u-1")], **WHERE).contexts
    assert changes(one) == [("/rerank", False, False, "user:u-1")]


def test_a_field_is_hidden_also_where_the_draft_leaves_it_as_it_is(preview, stored):
    stored("retrieval", {"number_of_results": 9})
    stored("retrieval", {"number_of_results": 7}, USER, mode="overlay")
    draft = PutConfig(GLOBAL, "retrieval", {"number_of_results": 9})
    (one,) = preview.test(draft, contexts=[Context("production", user_id="u-1")], **WHERE).contexts
    assert changes(one) == [("/number_of_results", 7, 7, "user:u-1")]


def test_a_draft_does_not_apply_in_the_context_of_another(preview):
    draft = PutConfig(USER, "chunking", {"max_chunk_size": 600})
    (one,) = preview.test(draft, contexts=[Context("production", user_id="u-2")], **WHERE).contexts
    assert (one.applies, one.changes, one.draft) == (False, [], one.now)


def test_of_several_collections_each_has_its_own_rung(preview, stored):
    stored("retrieval", {"number_of_results": 7}, COLLECTION, mode="overlay")
    context = Context("production", collection_ids=("c-9", "c-1"))
    draft = PutConfig(Scope("collection", "c-1"), "retrieval", {"number_of_results": 9, "rerank": True}, "overlay")
    (one,) = preview.test(draft, contexts=[context], **WHERE).contexts
    assert changes(one) == [("/number_of_results", 7, 7, "collection:c-9"), ("/rerank", False, True, None)]


def test_what_healing_drops_is_told(preview, stored):
    stored("chunking", {"min_chunk_size": 300}, USER, mode="overlay")
    draft = PutConfig(GLOBAL, "chunking", {"max_chunk_size": 200})
    (one,) = preview.test(draft, contexts=[Context("production", user_id="u-1")], **WHERE).contexts
    assert one.now.degraded == []
    assert [(lack["layer"], lack["pointers"]) for lack in one.draft.degraded] == [("user:u-1", ["/min_chunk_size"])]


def test_a_type_that_is_not_complete_is_served_as_null(preview):
    (own,) = preview.test(PutConfig(GLOBAL, "llm", {"temperature": 0.2}, "overlay"), **WHERE).contexts
    assert (own.draft.effective, own.draft.resolution_path) == (None, "none")
    assert own.draft.degraded[0]["pointers"] == ["/model_id", "/provider_id"]
