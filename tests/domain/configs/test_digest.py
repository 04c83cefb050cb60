"""The digest of what was served."""

from __future__ import annotations

import hashlib

from hypothesis import given

from domain.configs.diff import equal
from domain.configs.digest import digest
from domain.documents import Document
from tests.domain.configs.made_layers import wild_documents


def test_a_digest_is_the_sha_256_of_the_canonical_json() -> None:
    served = {"retrieval": None, "llm": {"temperature": 1.0, "model_id": "é", "stop": ["\n", 1e21]}}
    written = '{"llm":{"model_id":"é","stop":["\\n",1e+21],"temperature":1},"retrieval":null}'
    assert digest(served) == hashlib.sha256(written.encode()).hexdigest()


def test_the_digest_of_nothing_is_that_of_an_empty_object() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(wild_documents)
def test_the_order_of_keys_does_not_change_a_digest(document: Document) -> None:
    assert digest({"a": document, "b": None}) == digest({"b": None, "a": dict(reversed(document.items()))})


@given(wild_documents, wild_documents)
def test_documents_have_the_same_digest_exactly_when_they_are_equal(one: Document, other: Document) -> None:
    assert (digest({"t": one}) == digest({"t": other})) is equal(one, other)


def test_a_type_that_is_not_served_is_not_a_type_that_was_not_asked_for() -> None:
    assert digest({"llm": None}) != digest({})
