"""What applications measure of experiments, on every store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.measurements import DAY_US, Exposure, MetricOutcome
from domain.experiments.results import Exposed, Measured
from infrastructure import measurements
from infrastructure.stores import OpenStore

E_1, E_2 = UUID(int=1), UUID(int=2)


def exposure(user: str, variant: str = "deep", at_us: int = 10, **fields: Any) -> Exposure:
    known = Exposure("production", E_1, user, variant, at_us // DAY_US, at_us, at_us)
    return known._replace(**fields)


def outcome(user: str, value: float, at_us: int = 20, **fields: Any) -> MetricOutcome:
    return MetricOutcome(uuid4(), "production", user, "score", value, at_us, at_us)._replace(**fields)


def measured(opened: OpenStore, metric: str = "score") -> dict[str, Measured]:
    return dict(opened.measurements.measured(E_1, environment="production", metrics={metric})[metric])


def test_an_exposure_is_kept_once_a_day(opened: OpenStore):
    first = exposure("u-1")
    assert opened.measurements.add_exposures([first, first, exposure("u-1", at_us=11)]) == 1
    different = [exposure("u-1", at_us=DAY_US), exposure("u-1", experiment=E_2), exposure("u-1", "control")]
    assert opened.measurements.add_exposures([first, *different]) == 3


def test_an_outcome_is_kept_once_in_its_environment(opened: OpenStore):
    one = outcome("u-1", 1.0)
    assert opened.measurements.add_outcomes([one, one._replace(value=7.0)]) == 1
    assert opened.measurements.add_outcomes([one, outcome("u-1", 1.0), one._replace(environment="staging")]) == 2


def test_of_measurements_that_come_twice_at_the_same_moment_one_is_kept(opened: OpenStore):
    exposures, outcomes = [exposure(f"u-{n}") for n in range(50)], [outcome(f"u-{n}", n) for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        met = list(pool.map(lambda _: opened.measurements.add_exposures(exposures), range(4)))
        came = list(pool.map(lambda _: opened.measurements.add_outcomes(outcomes), range(4)))
    assert (sum(met), sum(came)) == (50, 50)


def test_users_count_once_and_those_of_several_variants_apart(opened: OpenStore):
    met = [exposure("u-1"), exposure("u-1", at_us=DAY_US), exposure("u-2", at_us=DAY_US), exposure("u-3", "control")]
    both = [exposure("u-4"), exposure("u-4", "control")]
    opened.measurements.add_exposures([*met, *both, exposure("u-9", experiment=E_2)])
    assert opened.measurements.exposed(E_1, since_us=DAY_US) == {
        "deep": Exposed(2, 1),
        "control": Exposed(1, 0),
        None: Exposed(1, 0),
    }


def test_each_user_counts_with_the_mean_of_what_came_after_its_first_exposure(opened: OpenStore):
    opened.measurements.add_exposures(
        [exposure("u-1"), exposure("u-1", at_us=DAY_US), exposure("u-2"), exposure("u-3")]
    )
    before, other = outcome("u-1", 100.0, at_us=9), outcome("u-1", 100.0, metric="latency")
    elsewhere, unexposed = outcome("u-1", 100.0, environment="staging"), outcome("u-8", 100.0)
    opened.measurements.add_outcomes([before, other, elsewhere, unexposed])
    opened.measurements.add_outcomes([outcome("u-1", 1.0, at_us=10), outcome("u-1", 4.0), outcome("u-2", 0.1)])
    (found,) = measured(opened).items()
    assert (found[0], found[1].users) == ("deep", 2)
    assert found[1].mean == pytest.approx(1.3)
    assert found[1].deviations == pytest.approx(2 * 1.2**2)


def test_who_met_several_variants_is_left_out_of_the_sums(opened: OpenStore):
    opened.measurements.add_exposures([exposure("u-1"), exposure("u-2"), exposure("u-2", "control")])
    opened.measurements.add_outcomes([outcome("u-1", 2.0), outcome("u-2", 50.0)])
    assert measured(opened) == {"deep": Measured(1, 2.0, 0.0)}


def test_a_metric_without_outcomes_has_no_sums(opened: OpenStore):
    opened.measurements.add_exposures([exposure("u-1")])
    assert measured(opened) == {}


def test_values_come_back_as_they_went_in(opened: OpenStore):
    opened.measurements.add_exposures([exposure("u-1")])
    opened.measurements.add_outcomes([outcome("u-1", 0.1 + 0.2)])
    assert measured(opened)["deep"].mean == 0.1 + 0.2


def test_large_values_keep_what_they_vary_by(opened: OpenStore):
    opened.measurements.add_exposures([exposure(f"u-{n}") for n in range(4)])
    opened.measurements.add_outcomes([outcome(f"u-{n}", 1e12 + n) for n in range(4)])
    assert measured(opened) == {"deep": Measured(4, 1e12 + 1.5, 5.0)}


def test_rows_come_back_page_after_page_in_the_order_of_arrival(opened: OpenStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(measurements, "PLACES", 3)
    met = [exposure(f"u-{n}", experiment=E_2 if 2 < n < 9 else E_1) for n in range(12)]
    came = [outcome(f"u-{n}", n, metric="latency" if n % 2 else "score") for n in range(5)]
    came.append(outcome("u-9", 9.0, environment="staging"))
    opened.measurements.add_exposures(met)
    opened.measurements.add_outcomes(came)
    pages = [opened.measurements.exposures_of(E_1, after=0)]
    while (after := pages[-1].next) is not None:
        pages.append(opened.measurements.exposures_of(E_1, after=after))
    assert [len(page.rows) for page in pages] == [3, 0, 0, 3]
    assert [row for page in pages for row in page.rows] == [*met[:3], *met[9:]]
    assert (pages[0].first, pages[0].last) == (1, 12)
    assert opened.measurements.outcomes_of("production", {"score"}, after=0).rows == [came[0], came[2]]
    assert opened.measurements.outcomes_of("production", set(), after=3) == ([], None, 1, 6)


def test_where_nothing_is_kept_there_is_one_empty_page(opened: OpenStore):
    assert opened.measurements.exposures_of(E_1, after=0) == ([], None, 0, 0)


def test_what_is_old_is_forgotten(opened: OpenStore):
    opened.measurements.add_exposures([exposure(f"u-{n}", received_us=n) for n in range(10)])
    opened.measurements.add_outcomes([outcome(f"u-{n}", 1.0, received_us=n) for n in range(10)])
    assert [opened.reports.prune(before_us=8, limit=100) for _ in range(2)] == [16, 0]
    assert opened.measurements.exposed(E_1, since_us=0) == {"deep": Exposed(2, 2)}
    assert measured(opened) == {"deep": Measured(2, 1.0, 0.0)}
