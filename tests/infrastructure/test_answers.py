from __future__ import annotations

import pytest

from application.advance import Advance
from application.ports import Answer
from domain.access.roles import Action
from infrastructure import answers
from infrastructure.answers import KeptAnswers

USER = ("production", "user", "u-1")
GLOBAL = ("production", "global", "")
AT_USER, AT_GLOBAL = frozenset({(*USER, "llm")}), frozenset({(*GLOBAL, "llm")})
KEY, OTHER = (b"/a", b"x"), (b"/b", b"x")


def answer(position: int = 5, size: int = 10) -> Answer:
    return Answer(b"h" * size, b"t", b'"e"', position, "production", Action.READ_EFFECTIVE)


@pytest.fixture
def kept() -> KeptAnswers:
    held = KeptAnswers()
    held.put(KEY, answer(), scopes=[GLOBAL, USER])
    held.put(OTHER, answer(), scopes=[GLOBAL])
    return held


def test_a_change_at_a_scope_drops_the_answers_that_rest_on_it(kept: KeptAnswers):
    kept.invalidate(Advance(6, AT_USER))
    assert set(kept.kept) == {OTHER}
    kept.invalidate(Advance(7, AT_GLOBAL))
    assert not kept.kept


@pytest.mark.parametrize(
    "moved",
    [
        Advance(6, frozenset(), frozenset({"config_type", "api_key"})),
        Advance(6, frozenset(), frozenset({"ladder"})),
        Advance(6, frozenset(), is_rebuilt=True),
    ],
)
def test_a_changed_definition_or_other_views_drop_them_all(kept: KeptAnswers, moved: Advance):
    kept.invalidate(moved)
    assert not kept.kept


def test_keys_and_environments_drop_none(kept: KeptAnswers):
    kept.invalidate(Advance(6, frozenset(), frozenset({"api_key", "environment"})))
    assert set(kept.kept) == {KEY, OTHER}


def test_an_answer_from_views_that_have_moved_since_is_not_kept(kept: KeptAnswers):
    kept.invalidate(Advance(9, AT_USER))
    kept.put(KEY, answer(position=8), scopes=[GLOBAL, USER])
    assert KEY not in kept.kept
    kept.put(KEY, answer(position=9), scopes=[GLOBAL, USER])
    assert KEY in kept.kept


def test_what_is_dropped_leaves_nothing_behind(kept: KeptAnswers):
    for n in range(100):
        kept.put((b"/", str(n).encode()), answer(position=5 + n), scopes=[GLOBAL, ("production", "user", str(n))])
        kept.invalidate(Advance(5 + n, frozenset({("production", "user", str(n), "llm")})))
    assert set(kept.kept) == {KEY, OTHER}
    assert set(kept._by_scope) == {GLOBAL, USER}
    assert kept._by_scope[GLOBAL] == {KEY, OTHER}


def test_memory_is_bounded(kept: KeptAnswers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answers, "KEPT_BYTES", 10_000)
    for n in range(100):
        kept.put((b"/", str(n).encode()), answer(size=500), scopes=[GLOBAL])
        assert sum(answers.size(key, one) for key, one in kept.kept.items()) <= 10_000
    assert (b"/", b"99") in kept.kept
