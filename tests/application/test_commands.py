"""How a command goes: decided, recorded, tried again when something moved, answered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from application import commands as how
from application.commands import Commands, DryRun, Outcome
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.errors import Behind, Conflict, IdempotencyKeyReused, NotFound, StoreUnavailable
from domain.installation.environment import Environment, environment_id
from infrastructure.event_store.memory import MemoryRecorder
from infrastructure.event_store.store import Store


class Views:
    """Views that show everything at once, unless they are told to lag."""

    def __init__(self) -> None:
        self.visible = 0
        self.lag = False

    def wait_for(self, position: int, *, seconds: float) -> bool:
        if self.lag:
            return False
        self.visible = position
        return True


@pytest.fixture
def store() -> Store:
    return Store(MemoryRecorder())


@pytest.fixture
def views() -> Views:
    return Views()


@pytest.fixture
def commands(store: Store, views: Views, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.setattr(how.time, "sleep", lambda _: None)
    return Commands(store, views)


def asked(command_id: str = "c-1", digest: bytes = b"asked") -> Command:
    return Command("u-1", command_id, "test", digest)


def create(name: str, by: Command | None = None) -> Callable[[UnitOfWork], None]:
    def decide(work: UnitOfWork) -> None:
        work.load(Environment, environment_id(name)).create(name, stamp=(by or asked()).stamp)

    return decide


def test_a_command_is_answered_with_its_commit_once_the_views_show_it(commands: Commands, views: Views):
    outcome = commands.run(asked(), create("staging"))
    assert isinstance(outcome, Outcome)
    assert (outcome.position, outcome.visible, outcome.repeated) == (1, True, False)
    assert views.visible == 1


def test_a_command_that_the_views_do_not_show_in_time_is_answered_all_the_same(commands: Commands, views: Views):
    views.lag = True
    outcome = commands.execute(asked(), create("staging"))
    assert (outcome.position, outcome.visible) == (1, False)


def test_a_request_sent_again_is_not_carried_out_again(commands: Commands, store: Store):
    first = commands.execute(asked(), create("staging"))
    again = commands.execute(asked(), create("staging"))
    assert (again.commit, again.repeated) == (first.commit, True)
    assert store.newest() == first.commit


def test_another_request_with_the_same_key_is_refused(commands: Commands):
    commands.execute(asked(), create("staging"))
    with pytest.raises(IdempotencyKeyReused, match="take a new one"):
        commands.execute(asked(digest=b"another"), create("testing"))


def test_a_repeat_that_could_not_be_carried_out_now_has_the_answer_of_the_first(commands: Commands):
    first = commands.execute(asked(), create("staging"))

    def refuse(_: UnitOfWork) -> None:
        raise NotFound("it was deleted meanwhile")

    assert commands.execute(asked(), refuse).commit == first.commit


def test_a_refusal_is_the_callers_when_the_command_is_new(commands: Commands, store: Store):
    def refuse(_: UnitOfWork) -> None:
        raise NotFound("there is none")

    with pytest.raises(NotFound):
        commands.execute(asked(), refuse)
    assert store.newest() is None


def test_what_moved_meanwhile_is_looked_at_again(commands: Commands, store: Store):
    attempts: list[int] = []

    def decide(work: UnitOfWork) -> None:
        environment = work.load(Environment, environment_id("staging"))
        attempts.append(environment.version)
        if len(attempts) == 1:  # another is quicker
            Commands(store, Views()).execute(asked("c-2"), create("staging", asked("c-2")))
        work.load(Environment, environment_id("testing")).create("testing", stamp=asked().stamp)

    assert commands.execute(asked(), decide).position == 2
    assert attempts == [0, 1]


def test_whoever_is_never_quick_enough_is_told_to_try_again(commands: Commands, store: Store):
    attempts = []

    def decide(work: UnitOfWork) -> None:
        by = asked(f"other-{len(attempts)}")
        name = f"e{len(attempts)}"
        work.load(Environment, environment_id(name))
        Commands(store, Views()).execute(by, create(name, by))
        attempts.append(name)

    with pytest.raises(Conflict, match="try again"):
        commands.execute(asked(), decide)
    assert len(attempts) == how.ATTEMPTS


def test_a_dry_run_tells_the_events_and_stores_none(commands: Commands, store: Store):
    tried = commands.run(asked(), create("staging"), dry_run=True)
    assert isinstance(tried, DryRun)
    assert [type(event) for event in tried.events] == [Environment.Created]
    assert store.newest() is None


def test_what_rests_on_all_views_is_decided_again_when_anything_was_recorded(commands: Commands, store: Store):
    seen: list[Any] = []

    def decide(work: UnitOfWork) -> None:
        seen.append(store.newest())
        if len(seen) == 1:
            by = asked("c-2")
            Commands(store, Views()).execute(by, create("other", by))
        create("staging")(work)

    assert commands.execute(asked(), decide, at_head=True).position == 2
    assert len(seen) == 2


def test_a_command_that_changes_nothing_is_known_by_its_id(commands: Commands, store: Store):
    commands.execute(asked("c-1"), create("staging"))
    outcome = commands.execute(asked("c-2"), create("staging", asked("c-2")))
    assert (outcome.commit.first, outcome.commit.last) == (2, 1)
    assert store.commit_of("u-1", "c-2") == outcome.commit


def test_a_store_that_went_away_is_told_with_what_to_do_about_the_command(
    commands: Commands, store: Store, monkeypatch: pytest.MonkeyPatch
):
    def go_away(*_: Any) -> None:
        raise StoreUnavailable("it may have been recorded: send it again with the same Idempotency-Key")

    def still_away(*_: Any) -> None:
        raise StoreUnavailable("the store did not answer")

    monkeypatch.setattr(store, "record", go_away)
    monkeypatch.setattr(store, "commit_of", still_away)
    with pytest.raises(StoreUnavailable, match="same Idempotency-Key"):
        commands.execute(asked(), create("staging"))


def test_what_rests_on_all_views_waits_until_they_show_everything(commands: Commands, store: Store, views: Views):
    commands.execute(asked(), create("staging"))
    views.lag = True
    by = asked("c-2")
    with pytest.raises(Behind):
        commands.execute(by, create("testing", by), at_head=True)
    assert store.newest().last == 1
