"""Each hostile request is answered as it must be, by a real server, and takes little memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.app import web
from api.connections import MAX_HEAD
from tests.faults.hostile import NO_LIMIT, Target
from tests.faults.hostile_batches import BATCHES
from tests.faults.hostile_inputs import TYPES, Hostile, rows
from tests.faults.hostile_reports import REPORTS
from tests.faults.server import Server

OK = 200
ROWS = [*rows(), *REPORTS, *BATCHES]
MAX_MEMORY_MIB, MAX_MEMORY_OF_IMPORTS_MIB = 64, 320
AT_THE_DOOR = {405, 431}  # where it is not known yet what is asked


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("hostile")
    with Server(f"sqlite:///{folder}/varve.db", environment=NO_LIMIT) as server:
        target = Target(server)
        for row in ROWS:
            if row.path.startswith(TYPES) and row.status == OK:  # other rows are documents of these types
                target.ask(row)
        yield target


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("hostile", ROWS, ids=lambda row: row.what.replace(" ", "-"))
def test_a_hostile_request_is_answered_as_it_must_be(target: Target, hostile: Hostile) -> None:
    cost = target.ask(hostile)
    assert cost.as_wanted, cost
    assert cost.memory_mib < (MAX_MEMORY_OF_IMPORTS_MIB if hostile.large else MAX_MEMORY_MIB), cost


def test_every_status_that_the_table_wants_is_documented() -> None:
    documented = {
        int(status)
        for methods in web().openapi()["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
    }
    assert {row.status for row in ROWS} <= documented | AT_THE_DOOR


def test_the_table_is_long_and_its_rows_have_names_of_their_own() -> None:
    assert len({row.what for row in ROWS}) == len(ROWS) >= 150
    assert max(len(row.path) for row in ROWS) > MAX_HEAD
