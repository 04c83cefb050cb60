"""Answers about the past never change: not by later events, not by a rebuild."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.bootstrap import service
from application.moments import Moment
from application.ports import Command
from application.use_cases import UseCases
from domain.config_types.spec import Rule, TypeSpec
from domain.configs.scope import Context
from domain.errors import NotFound
from domain.times import rfc3339
from tests.faults.doors import UseCaseDoor
from tests.faults.load import Racer

CONTEXTS = (
    Context("production"),
    Context("production", "u-1", ("c-1",)),
    Context("production", "u-2", ("c-2", "c-1")),
    Context("production", None, ("c-1", "c-2")),
)
STEPS = 60


@pytest.fixture
def cases(store_url: str) -> Iterator[UseCases]:
    with service(store_url, variables={"MAX_CHUNK_SIZE": "700"}) as opened:
        yield opened.use_cases


def answers(cases: UseCases, moment: Moment | None = None) -> list[str]:
    """All that is served of each context, its sources too."""
    found = [cases.resolve_config.effective(context, moment=moment) for context in CONTEXTS]
    return [
        repr({name: (one.served, one.path, one.provenance()) for name, one in each.types.items()}) for each in found
    ]


def redefine(cases: UseCases, number: int) -> None:
    """A type of our own, each time with other defaults and another rule."""
    field = {"type": "integer", "minimum": 0, "maximum": 100, "default": number % 100}
    rule = Rule("low", f"this.level <= {number % 100 + 1}", "level is too high", ("/level",))
    spec = TypeSpec("level", "", "overlay", {"type": "object", "properties": {"level": field}}, (rule,))
    command = Command("u-1", f"redefine-{number}", "define", b"")
    cases.register_types.define(spec, command=command, force=True)


def history(cases: UseCases, *, seed: int) -> dict[int, list[str]]:
    """Random commands, and after each the answers that were given then, by position."""
    racer, given = Racer(UseCaseDoor(cases), seed=seed), {}
    for step in range(STEPS):
        if step % 10 == 5:
            redefine(cases, step)
        else:
            racer.once()
        given[cases.progress.visible] = answers(cases)
    return given


def test_an_answer_asked_again_is_the_one_that_was_given(cases: UseCases):
    given = history(cases, seed=11)
    assert len(given) > STEPS / 3
    for position, then in given.items():
        assert answers(cases, Moment(position)) == then
    cases.rebuilder.rebuild()
    for position, then in given.items():
        assert answers(cases, Moment(position)) == then


def test_a_time_names_the_commits_up_to_it(cases: UseCases):
    given = history(cases, seed=12)
    for position, then in given.items():
        commit = cases.store.commit_at(position=position)
        assert commit is not None
        moment = cases.moments.at(as_of=rfc3339(commit.recorded_us))
        assert moment is not None
        assert (moment.position, moment.final) == (position, True)
        assert answers(cases, moment) == then


def test_the_present_moment_is_final_once_it_was_asked_about(cases: UseCases):
    history(cases, seed=13)
    before = cases.store.newest()
    moment = cases.moments.at(as_of=rfc3339(cases.store.now_us()))
    after = cases.store.newest()
    assert moment is not None
    assert before is not None
    assert after is not None
    assert moment.final
    assert moment.position == before.last
    assert (after.operation, after.first) == ("tick", before.last + 1)
    history(cases, seed=14)
    assert cases.moments.at(as_of=moment.as_of) == moment


def test_a_position_inside_a_commit_is_rounded_down_to_one(cases: UseCases):
    history(cases, seed=15)
    commits = cases.store.commits(after=0, limit=1_000)
    long = next(commit for commit in commits if commit.last > commit.first and commit.first > 1)
    inside = cases.moments.at(position=long.last - 1)
    assert inside == Moment(long.first - 1, rounded_from=long.last - 1)
    assert cases.moments.at(position=long.last) == Moment(long.last)


def test_before_a_type_was_defined_there_was_none(cases: UseCases):
    first = cases.progress.visible
    redefine(cases, 1)
    with pytest.raises(NotFound):
        cases.resolve_config.effective(CONTEXTS[0], types=["level"], moment=Moment(first))
    assert "level" not in cases.resolve_config.effective(CONTEXTS[0], moment=Moment(first)).types
