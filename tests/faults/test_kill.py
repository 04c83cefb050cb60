"""The kill in its short form; `make kill` runs the long one."""

from __future__ import annotations

import pytest

from tests.faults.kill import SHORT_REBUILDS, SHORT_ROUNDS, kill_on_postgres, kill_on_sqlite
from tests.faults.outcome import acknowledged_and_not_there, recorded_twice, told_otherwise
from tests.faults.plan import ACTOR, Answer
from tests.faults.recorded_log import LoggedCommit, LoggedEvent, RecordedLog

pytestmark = pytest.mark.xdist_group("faults")  # one after the other: each wants the machine for itself


def test_a_kill_loses_and_doubles_nothing_on_sqlite(tmp_path):
    killed = kill_on_sqlite(tmp_path, rounds=SHORT_ROUNDS, rebuilds=SHORT_REBUILDS)
    assert killed.faults == []
    assert killed.acknowledged > 0


def test_a_kill_of_the_server_or_of_its_database_loses_and_doubles_nothing_on_postgres(durable_postgres):
    killed = kill_on_postgres(durable_postgres, rounds=SHORT_ROUNDS, rebuilds=SHORT_REBUILDS)
    assert killed.faults == []
    assert killed.acknowledged > 0
    assert killed.of_the_database == 1


ANSWER = Answer(201, "4", b"{}")
CREATED = {"command_id": "one/create", "name": "one"}
LOG = RecordedLog(
    [LoggedCommit(7, 1, 4, ACTOR, "one/create")],
    [LoggedEvent(1, "a", 1, "config.created", CREATED), LoggedEvent(2, "b", 1, "slot.opened", CREATED)],
)


def test_a_command_that_is_as_it_was_acknowledged_is_neither_lost_nor_doubled():
    answers = {"one/create": ANSWER}
    assert acknowledged_and_not_there(answers, LOG) == told_otherwise(answers, answers) == recorded_twice(LOG) == []


@pytest.mark.parametrize("log", [RecordedLog([], []), RecordedLog([LoggedCommit(7, 5, 8, ACTOR, "one/create")], [])])
def test_an_acknowledged_command_that_is_gone_or_elsewhere_is_lost(log):
    assert len(acknowledged_and_not_there({"one/create": ANSWER}, log)) == 1


@pytest.mark.parametrize(
    "again", [{}, {"one/create": ANSWER._replace(position="9")}, {"one/create": ANSWER._replace(body=b"")}]
)
def test_an_acknowledged_command_that_is_answered_otherwise_is_lost(again):
    assert len(told_otherwise({"one/create": ANSWER}, again)) == 1


def test_a_command_with_two_commits_is_doubled():
    again = LoggedCommit(8, 5, 8, ACTOR, "one/create")
    assert len(recorded_twice(RecordedLog([*LOG.commits, again], LOG.events))) == 1


def test_a_config_created_twice_is_doubled():
    twin = LoggedEvent(5, "c", 1, "config.created", {"command_id": "two/create", "name": "one"})
    assert recorded_twice(RecordedLog(LOG.commits, [*LOG.events, twin])) == ["one was created 2 times"]


def test_the_same_act_twice_on_one_stream_is_doubled():
    twice = LoggedEvent(5, "b", 2, "slot.opened", CREATED)
    assert len(recorded_twice(RecordedLog(LOG.commits, [*LOG.events, twice]))) == 1
