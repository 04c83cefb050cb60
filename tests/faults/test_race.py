"""The race in its short form; `make race` runs the long one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.doors import Known, Refused
from tests.faults.invariants import Violation
from tests.faults.load import ACCEPTED, NOTHING, is_of
from tests.faults.race import MEMORY, SHORT_SECONDS, Raced, race_in_processes, race_in_threads

pytestmark = pytest.mark.xdist_group("faults")  # one after the other: each wants the machine for itself


@pytest.fixture
def sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'varve.db'}"


@pytest.fixture
def memory_url():
    return MEMORY


@pytest.mark.parametrize("store", ["memory_url", "sqlite_url", "postgres_url"])
def test_callers_in_threads_break_no_rule(store, request):
    raced = race_in_threads(request.getfixturevalue(store), seconds=SHORT_SECONDS)
    assert raced.faults == []
    assert raced.results[ACCEPTED] > 0


@pytest.mark.parametrize("store", ["sqlite_url", "postgres_url"])
def test_callers_in_processes_break_no_rule(store, request):
    raced = race_in_processes(request.getfixturevalue(store), seconds=SHORT_SECONDS)
    assert raced.faults == []
    assert raced.results[ACCEPTED] > 0


CLEAN = Raced("memory", "8 threads", 2.0, Counter({ACCEPTED: 7, "name_taken": 3}), 7, 20, (), None)
UNCLEAN = {
    "a broken rule": {"violations": (Violation("one default in a slot", 9, "defaults are a and b"),)},
    "an answer that nobody expects": {"results": Counter({ACCEPTED: 7, "store_unavailable": 1})},
    "an accepted command that is not in the log": {"commits": 6},
    "a command in the log that was not accepted": {"commits": 8},
    "views that are not those of the log": {"view_difference": "configs: the view has a, the replay b"},
}


def test_a_race_without_faults_tells_none():
    assert CLEAN.faults == []


@pytest.mark.parametrize("found", UNCLEAN.values(), ids=UNCLEAN.keys())
def test_a_race_tells_what_must_not_be(found):
    assert len(replace(CLEAN, **found).faults) == 1


@pytest.mark.parametrize(
    ("about", "expected"), [(Known("c-1", 1), True), (Known("c-2", 1), False), (NOTHING, False)], ids=str
)
def test_that_a_config_is_not_there_is_an_answer_only_to_who_asked_for_it(about, expected):
    assert is_of(Refused("not_found", "there is no config c-1"), about) is expected
