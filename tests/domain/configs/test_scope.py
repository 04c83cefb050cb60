"""Scopes, the ladder that ranks them, and the scopes of a context."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.configs.scope import GLOBAL, PROCESS, Context, Ladder, Scope
from domain.errors import InvalidRequest

TENANTED = Ladder.checked(["global", "tenant", "user", "team", "collection"])


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("global", GLOBAL),
        ("process", PROCESS),
        ("user:u-1", Scope("user", "u-1")),
        ("collection:a:b:", Scope("collection", "a:b:")),
        ("tenant_2:Zoë Ω", Scope("tenant_2", "Zoë Ω")),
        ("user: ", Scope("user", " ")),
        ("a:" + "x" * 255, Scope("a", "x" * 255)),
    ],
)
def test_a_scope_is_written_as_it_is_read(text: str, scope: Scope) -> None:
    assert Scope.parse(text) == scope
    assert str(scope) == text


@given(st.text(min_size=1, max_size=255).filter(str.isprintable))
def test_any_printable_id_survives_being_written(id_: str) -> None:
    scope = Scope.checked("user", id_)
    assert Scope.parse(str(scope)) == scope
    assert Scope.recorded(str(scope)) == scope


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "scope_kind"),
        ("User:u-1", "scope_kind"),
        ("9lives:u-1", "scope_kind"),
        ("a-b:u-1", "scope_kind"),
        ("é:u-1", "scope_kind"),
        ("user\n:u-1", "scope_kind"),
        ("a" * 33 + ":u-1", "scope_kind"),
        ("profile:p", "scope_kind"),
        ("experiment:e", "scope_kind"),
        ("global:g", "scope_id"),
        ("process:p", "scope_id"),
        ("user", "scope_id"),
        ("user:", "scope_form"),
        ("global:", "scope_form"),
        ("user:" + "x" * 256, "scope_id"),
        ("user:a\nb", "scope_id"),
        ("user:a\x00b", "scope_id"),
        ("user:a\u200bb", "scope_id"),
        ("user:\ud800", "scope_id"),
    ],
)
def test_what_is_no_scope_is_refused_by_its_rule(text: str, rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Scope.parse(text, at="/extra/0")
    assert [(fault.pointer, fault.rule) for fault in refused.value.faults] == [("/extra/0", rule)]


def test_history_is_read_even_where_its_ids_would_be_refused_now() -> None:
    assert Scope.recorded("user:a\u200bb:c") == Scope("user", "a\u200bb:c")
    assert Scope.recorded("global") == GLOBAL


def test_at_first_the_ladder_is_global_user_collection() -> None:
    kinds = ["process", "global", "experiment", "profile", "user", "collection"]
    assert sorted(sorted(kinds), key=Ladder.INITIAL.rank) == kinds


@pytest.mark.parametrize(
    ("kinds", "rungs"),
    [
        ("global tenant user team collection", "global tenant experiment profile user team collection"),
        ("global profile tenant user collection", "global experiment profile tenant user collection"),
        ("global experiment user collection", "global experiment profile user collection"),
        ("global user collection experiment profile", "global user collection experiment profile"),
        ("global collection user", "global collection experiment profile user"),
    ],
)
def test_experiment_and_profile_stand_where_named_and_below_user_otherwise(kinds: str, rungs: str) -> None:
    ladder = Ladder.checked(kinds.split())
    assert sorted(sorted(rungs.split()), key=ladder.rank) == rungs.split()


@pytest.mark.parametrize(
    ("kinds", "faults"),
    [
        ([], [("/kinds", "global_first"), ("/kinds", "kind_kept"), ("/kinds", "kind_kept")]),
        (["user", "global", "collection"], [("/kinds", "global_first")]),
        (["global", "user"], [("/kinds", "kind_kept")]),
        (["global", "user", "user", "collection"], [("/kinds/2", "distinct")]),
        (["global", "process", "user", "collection"], [("/kinds/1", "reserved")]),
        (["global", "Team", "user", "collection", ""], [("/kinds/1", "scope_kind"), ("/kinds/4", "scope_kind")]),
    ],
)
def test_a_ladder_that_cannot_be_used_is_refused_with_every_fault(
    kinds: list[str], faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Ladder.checked(kinds)
    assert [(fault.pointer, fault.rule) for fault in refused.value.faults] == faults


def test_a_kind_off_the_ladder_has_no_rank() -> None:
    with pytest.raises(InvalidRequest, match="tenant is not a kind of scope here: use one of global, user, collection"):
        Ladder.INITIAL.rank("tenant")


def test_a_context_has_its_scopes_weakest_first() -> None:
    context = Context("production", "u-1", ("c-9",), (Scope("team", "t"), Scope("tenant", "acme")))
    assert [str(scope) for scope in context.scopes(TENANTED)] == [
        "process",
        "global",
        "tenant:acme",
        "user:u-1",
        "team:t",
        "collection:c-9",
    ]


def test_of_several_collections_the_first_named_is_the_strongest() -> None:
    context = Context.checked("production", collection_ids=["c-1", "c-2", "c-1", "c-3"])
    assert context.collection_ids == ("c-1", "c-2", "c-3")
    assert [scope.id for scope in context.scopes(Ladder.INITIAL)] == ["", "", "c-3", "c-2", "c-1"]


def test_a_context_without_ids_has_process_and_global() -> None:
    assert Context("production").scopes(Ladder.INITIAL) == (PROCESS, GLOBAL)


def test_a_user_and_collections_may_come_as_scopes() -> None:
    given_as_scopes = Context.checked(
        "production",
        collection_ids=["c-1"],
        scopes=[Scope("user", "u-1"), Scope("collection", "c-2"), Scope("team", "t"), Scope("team", "t"), GLOBAL],
    )
    assert given_as_scopes == Context("production", "u-1", ("c-1", "c-2"), (Scope("team", "t"),))


@pytest.mark.parametrize("kind", ["user", "team"])
def test_a_context_has_one_id_of_a_kind(kind: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Context.checked("production", scopes=[Scope(kind, "1"), Scope(kind, "2")])
    assert [fault.rule for fault in refused.value.faults] == ["one_id_per_kind"]


@pytest.mark.parametrize(
    ("ids", "pointer"), [({"user_id": ""}, "/user_id"), ({"collection_ids": ["c-1", "\t"]}, "/collection_id")]
)
def test_a_bad_id_in_a_context_is_refused_by_its_parameter(ids: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Context.checked("production", **ids)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_a_scope_off_the_ladder_is_refused_when_the_context_is_ranked() -> None:
    with pytest.raises(InvalidRequest, match="region is not a kind of scope here"):
        Context("production", others=(Scope("region", "eu"),)).scopes(Ladder.INITIAL)
