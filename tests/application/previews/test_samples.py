"""A text cut by a draft, and a prompt made with one."""

from __future__ import annotations

import pytest

from application.try_changes import PutConfig
from domain.configs.scope import GLOBAL
from domain.errors import InvalidRequest
from tests.application.previews.conftest import USER, WHERE


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
