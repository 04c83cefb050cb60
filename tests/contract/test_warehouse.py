"""The same sums from the tables of every store, from Parquet files, and from tables of an operator's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import duckdb
import pytest
import sqlalchemy as sa

from application.measurements import DAY_US, Exposure, MetricOutcome, Sums, WarehouseFault
from domain.experiments.results import Exposed, Measured
from domain.times import rfc3339
from infrastructure.parquet import exported
from infrastructure.stores import OpenStore
from infrastructure.warehouse import warehouse

EXPERIMENT, OTHER = UUID(int=1), UUID(int=2)
METRICS = ("accepted", "latency")


def exposures_at_random(random: Random) -> list[Exposure]:
    def one(number: int) -> Exposure:
        user, at_us = random.randrange(200), random.randrange(5 * DAY_US)
        variant = random.choice(("control", "deep")) if user < 20 else ("control", "deep")[user % 2]
        experiment = random.choice((EXPERIMENT, EXPERIMENT, OTHER))
        return Exposure("production", experiment, f"u-{user}", variant, at_us // DAY_US, at_us, number)

    return [one(number) for number in range(600)]


def outcomes_at_random(random: Random) -> list[MetricOutcome]:
    """Some are sent again, with another value."""

    def one(number: int) -> MetricOutcome:
        user, at_us = f"u-{random.randrange(220)}", random.randrange(6 * DAY_US)
        environment = random.choice(("production", "production", "staging"))
        value = 1e9 + random.gauss(0, 1)
        return MetricOutcome(
            UUID(int=random.randrange(800)), environment, user, random.choice(METRICS), value, at_us, number
        )

    return [one(number) for number in range(1_000)]


@pytest.fixture(params=[1, 2, 3])
def reported(opened: OpenStore, request: pytest.FixtureRequest) -> tuple[list[Exposure], list[MetricOutcome]]:
    random = Random(request.param)
    exposures, outcomes = exposures_at_random(random), outcomes_at_random(random)
    opened.measurements.add_exposures(exposures)
    opened.measurements.add_outcomes(outcomes)
    return exposures, outcomes


def told(one: Exposure | MetricOutcome) -> dict[str, Any]:
    """As the API does, with what all rows of an export have in common."""
    row = {**one._asdict(), "at": rfc3339(one.at_us), "received_at": rfc3339(one.received_us)}
    return {"id": row.get("experiment"), **row}


def exported_to(folder: Path, reported: tuple[list[Exposure], list[MetricOutcome]]) -> str:
    with exported(folder) as made:
        for table, rows in zip(("varve_exposures", "varve_outcomes"), reported, strict=True):
            made.add(table, map(told, rows))
    return str(folder)


def in_database(file: Path, reported: tuple[list[Exposure], list[MetricOutcome]]) -> str:
    url = f"sqlite:///{file}"
    with sa.create_engine(url).begin() as database:
        for table, rows in zip(("varve_exposures", "varve_outcomes"), reported, strict=True):
            plain = [{k: v.hex if isinstance(v, UUID) else v for k, v in one._asdict().items()} for one in rows]
            database.execute(sa.text(f"CREATE TABLE {table} ({', '.join(plain[0])})"))
            database.execute(
                sa.text(f"INSERT INTO {table} VALUES ({', '.join(f':{name}' for name in plain[0])})"), plain
            )
    return url


def figures(sums: Sums) -> tuple[Mapping[str | None, Exposed], Mapping[str, Mapping[str, Measured]]]:
    measured = sums.measured(EXPERIMENT, environment="production", metrics=METRICS)
    return sums.exposed(EXPERIMENT, since_us=2 * DAY_US), measured


def about(measured: Mapping[str, Mapping[str, Measured]]) -> dict[str, Any]:
    return {name: {variant: pytest.approx(one) for variant, one in by.items()} for name, by in measured.items()}


def plainly(reported: tuple[list[Exposure], list[MetricOutcome]], metric: str) -> dict[str, Measured]:
    """The same, in so many words."""
    exposures, outcomes = reported
    once_a_day = {one[1:5]: one for one in reversed(exposures)}.values()
    mine = [one for one in once_a_day if one.experiment == EXPERIMENT]
    variants = {user: {one.variant for one in mine if one.user_id == user} for user in {one.user_id for one in mine}}
    first = {user: min(one.at_us for one in mine if one.user_id == user) for user in variants}
    kept = {(one.environment, one.id): one for one in reversed(outcomes)}.values()
    values: dict[str, list[float]] = {}
    for one in kept:
        if (one.environment, one.metric) == ("production", metric) and one.at_us >= first.get(one.user_id, 7 * DAY_US):
            values.setdefault(one.user_id, []).append(one.value)
    found: dict[str, Measured] = {}
    for variant in ("control", "deep"):
        users = [user for user, met in variants.items() if met == {variant}]
        means = [sum(values[user]) / len(values[user]) for user in users if user in values]
        mean = sum(means) / len(means)
        found[variant] = Measured(len(means), mean, sum((one - mean) ** 2 for one in means))
    return found


def test_sums_are_the_same_wherever_the_rows_are(
    opened: OpenStore, reported: tuple[list[Exposure], list[MetricOutcome]], tmp_path: Path
):
    exposed, measured = figures(opened.measurements)
    assert measured == about({name: plainly(reported, name) for name in METRICS})
    for where in (exported_to(tmp_path / "o'clock", reported), in_database(tmp_path / "own.db", reported)):
        with warehouse(where) as sums:
            assert figures(sums) == (exposed, about(measured))


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path):
    exported_to(tmp_path, ([], []))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert before.keys() == {"exposures.parquet", "outcomes.parquet"}
    with pytest.raises(duckdb.Error, match="no time"), exported(tmp_path) as made:
        made.add("varve_exposures", [{"at": "no time"}])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("nowhere", "varve experiment export"),
        ("snowflake://there", "install"),
        ("sqlite://", "needs tables or views varve_exposures and varve_outcomes"),
        ("://", "no address"),
    ],
)
def test_a_warehouse_without_rows_says_what_to_do(where: str, says: str):
    with pytest.raises(WarehouseFault, match=says), warehouse(where) as sums:
        sums.exposed(EXPERIMENT, since_us=0)
