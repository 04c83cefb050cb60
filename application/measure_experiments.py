"""Takes in what applications measure of experiments, and says what has come of one."""

from __future__ import annotations

from collections.abc import Sequence

from application.catalog import Catalogs
from application.measurements import Exposure, Measurements, MetricOutcome, Page, Sums
from application.take_reports import Taken
from domain.errors import Fault, InvalidRequest
from domain.experiments.known import KnownExperiment
from domain.experiments.results import Question, Results, metrics_of, question_about, results


class MeasureExperiments:
    def __init__(self, measurements: Measurements, catalogs: Catalogs) -> None:
        self._measurements = measurements
        self._catalogs = catalogs

    def exposures(self, environment: str, exposures: Sequence[Exposure]) -> Taken:
        """Each is taken once a day. Raises StoreUnavailable, NotFound (environment).

        InvalidRequest for what no experiment there has: a name with a slip would leave its results empty in silence.
        """
        self._catalogs.current().require_environment(environment)
        self._require_known(exposures)
        new = self._measurements.add_exposures(exposures) if exposures else 0
        return Taken(new, len(exposures) - new)

    def outcomes(self, environment: str, outcomes: Sequence[MetricOutcome]) -> Taken:
        """Each is taken once, by its id. Raises StoreUnavailable, NotFound (environment)."""
        self._catalogs.current().require_environment(environment)
        new = self._measurements.add_outcomes(outcomes) if outcomes else 0
        return Taken(new, len(outcomes) - new)

    def results(self, known: KnownExperiment) -> Results:
        """Raises StoreUnavailable."""
        return results_from(self._measurements, question_about(known))

    def exposures_of(self, known: KnownExperiment, *, after: int) -> Page[Exposure]:
        """Raises StoreUnavailable."""
        return self._measurements.exposures_of(known.uuid, after=after)

    def outcomes_of(self, known: KnownExperiment, *, after: int) -> Page[MetricOutcome]:
        """Those of its metrics, of every user of its environment. Raises StoreUnavailable."""
        names = {metric["name"] for metric in metrics_of(known.plan)}
        return self._measurements.outcomes_of(known.environment, names, after=after)

    def _require_known(self, exposures: Sequence[Exposure]) -> None:
        experiments = self._catalogs.current().experiments
        faults = []
        for index, one in enumerate(exposures):
            known = experiments.get(one.experiment.hex)
            if known is None:
                message = "there is no experiment of this name: GET /api/experiments lists what there is"
                faults.append(Fault(f"/exposures/{index}/experiment", message, "known"))
            elif one.variant not in (variant["name"] for variant in known.plan["variants"]):
                message = f"{known.name} has no such variant: GET /api/experiments/{known.uuid} tells them"
                faults.append(Fault(f"/exposures/{index}/variant", message, "known"))
        if faults:
            raise InvalidRequest(f"{faults[0].message} ({len(faults)} of {len(exposures)})", faults=faults)


def results_from(sums: Sums, asked: Question) -> Results:
    """Wherever the sums are made. Raises StoreUnavailable."""
    exposed = sums.exposed(asked.experiment, since_us=asked.since_us)
    names = {metric["name"] for metric in asked.metrics}
    measured = sums.measured(asked.experiment, environment=asked.environment, metrics=names)
    return results(asked, exposed, measured)
