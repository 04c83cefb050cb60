"""Previews of drafts and changes, on the memory store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.bootstrap import service
from application.edit_configs import Draft, created_id
from application.ports import Command
from application.preview import InContext
from application.try_changes import ChangeConfig, DeleteConfig, PutConfig, PutVariables
from application.use_cases import UseCases
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope
from domain.errors import InvalidConfig, InvalidRequest, NotFound
from domain.pointers import value_at

USER, COLLECTION = Scope("user", "u-1"), Scope("collection", "c-9")
TENANT = Scope("tenant", "t-1")
WHERE = {"environment": "production"}
Store = Callable[..., UUID]


@pytest.fixture
def cases() -> Iterator[UseCases]:
    with service("memory:", variables={}) as opened:
        yield opened.use_cases


class Watched:
    """Previews, each followed by a look at the log: nothing may have been recorded."""

    def __init__(self, cases: UseCases) -> None:
        self._cases = cases

    def __getattr__(self, name: str) -> Any:
        def watched(*given: Any, **named: Any) -> Any:
            before = self._cases.store.newest()
            try:
                return getattr(self._cases.preview, name)(*given, **named)
            finally:
                assert self._cases.store.newest() == before

        return watched


@pytest.fixture
def preview(cases: UseCases) -> Watched:
    return Watched(cases)


@pytest.fixture
def stored(cases: UseCases) -> Store:
    """Stores a config that is in force, and tells its id."""

    def store(config_type: str, data: dict[str, Any], scope: Scope = GLOBAL, **facts: Any) -> UUID:
        command = Command("u-1", uuid4().hex, "test", b"")
        fields = {"is_default": True, **facts}
        draft = Draft("production", scope, config_type, f"n-{uuid4()}", data, **fields)
        cases.edit_configs.create(draft, command=command)
        return created_id(command)

    return store


def changes(one: InContext) -> list[tuple[str, Any, Any, str | None]]:
    return [(change.pointer, change.before, change.after, change.hidden_by) for change in one.changes]


# ------------------------------------------------------------------------------------------------------------ a draft


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


# ------------------------------------------------------------------------------------------------------------ samples


def test_a_sample_is_cut_by_the_draft_and_by_what_is_in_force(preview, stored):
    stored("chunking", {"min_chunk_size": 50, "max_chunk_size": 100, "chunk_overlap": 0})
    text = "All of it is here. " * 25
    sample = preview.test(PutConfig(USER, "chunking", {"strategy": "sentence"}), sample=text, **WHERE).sample
    assert [text[one.start : one.end] == one.text for one in sample.draft.chunks] == [True, True]
    assert (sample.draft.strategy, sample.draft.count, sample.draft.embedder) == ("sentence", 2, None)
    assert (sample.now.strategy, sample.now.count, sample.now.sizes.max) == ("fixed", 5, 100)


def test_the_semantic_strategy_says_which_embedder_it_used(preview):
    sample = preview.test(PutConfig(GLOBAL, "chunking", {"strategy": "semantic"}), sample="Text.", **WHERE).sample
    assert (sample.draft.embedder.name, sample.draft.embedder.version) == ("varve-trigrams", 1)
    assert sample.now.embedder is None


TEMPLATE = {
    "template_type": "rag",
    "system_prompt": "Be brief.",
    "template_format": "{context} {question}",
    "input_variables": {"context": "", "question": ""},
    "max_context_length": 8,
}


def test_a_prompt_is_rendered_and_measured(preview):
    values = {"context": "It rains.", "question": "Why?", "more": 1}
    sample = preview.test(PutConfig(GLOBAL, "template", TEMPLATE), sample=values, **WHERE).sample
    assert (sample.draft.system_prompt, sample.draft.prompt) == ("Be brief.", "It rains. Why?")
    assert (sample.draft.length, sample.draft.above_max_context_length, sample.draft.unused) == (14, True, ("more",))
    assert sample.now is None  # no template is in force


def test_values_that_the_draft_lacks_are_refused_and_those_that_the_present_lacks_are_told(preview, stored):
    stored("template", TEMPLATE)
    shorter = {**TEMPLATE, "template_format": "{question}"}
    with pytest.raises(InvalidRequest, match="the template needs question"):
        preview.test(PutConfig(USER, "template", shorter), sample={}, **WHERE)
    sample = preview.test(PutConfig(USER, "template", shorter), sample={"question": "Why?"}, **WHERE).sample
    assert (sample.draft.prompt, sample.now.prompt, sample.now.missing) == ("Why?", None, ("context",))


@pytest.mark.parametrize(
    ("config_type", "data", "sample"),
    [("chunking", {}, {"a": 1}), ("template", TEMPLATE, "text"), ("retrieval", {}, "text")],
)
def test_a_sample_that_the_type_has_no_use_for_is_refused(preview, config_type, data, sample):
    with pytest.raises(InvalidRequest) as refused:
        preview.test(PutConfig(GLOBAL, config_type, data), sample=sample, **WHERE)
    assert [fault.pointer for fault in refused.value.faults] == ["/sample"]


# ------------------------------------------------------------------------------------------------------- blast radius


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


# --------------------------------------------------------------------------------------------------------- redundancy


def redundant(preview: Watched, **wanted: Any) -> list[tuple[str, str, str]]:
    found = preview.redundant(**{**WHERE, **wanted})
    return sorted((one.config_type, one.scope, one.same_as) for one in found.items)


def test_an_override_that_says_what_is_said_below_is_redundant(preview, stored):
    stored("retrieval", {"number_of_results": 9})
    stored("retrieval", {"number_of_results": 9}, USER)
    stored("retrieval", {"number_of_results": 9}, COLLECTION, mode="overlay")
    stored("retrieval", {"number_of_results": 8}, Scope("user", "u-2"))
    same = [("retrieval", "collection:c-9", "global"), ("retrieval", "user:u-1", "global")]
    assert redundant(preview) == same


def test_a_global_config_that_says_the_defaults_is_redundant(preview, stored):
    stored("retrieval", {"rerank": False})
    assert redundant(preview) == [("retrieval", "global", "default")]


def test_a_part_of_what_is_not_complete_is_not_redundant(preview, stored):
    stored("llm", {"temperature": 0.2}, mode="overlay")
    assert redundant(preview) == []


def test_an_override_that_is_not_in_force_is_not_told(preview, stored):
    stored("retrieval", {"rerank": False}, is_active=False)
    assert redundant(preview) == []


def test_all_are_counted_and_some_are_told(preview, stored):
    for number in range(5):
        stored("retrieval", {}, Scope("user", f"u-{number}"), mode="overlay")
    stored("chunking", {}, USER)
    found = preview.redundant(config_type="retrieval", limit=2, **WHERE)
    assert (found.count, len(found.items)) == (5, 2)
    assert len(redundant(preview, config_type="chunking")) == 1


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_bounds_is_refused(preview, limit):
    with pytest.raises(InvalidRequest, match="limit is 1 to 500"):
        preview.redundant(limit=limit, **WHERE)


def test_redundant_configs_of_an_unknown_type_are_not_found(preview):
    with pytest.raises(NotFound):
        preview.redundant(config_type="nothing", **WHERE)
