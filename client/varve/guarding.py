"""What becomes of the calls of a guard: circuits, counts, lines in the log, reports."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from varve.circuits import CircuitRule, Circuits, CircuitState, Failure, Key
from varve.facts import Layer
from varve.reporter import FAILURES, Reporter
from varve.reports import failure_report

if TYPE_CHECKING:
    from varve.rounds import Failed, Round

logger = logging.getLogger("varve")


@dataclass(frozen=True, slots=True)
class Guarding:
    """What a round asks for and tells: whose fault an error is, circuits, reports."""

    circuits: Circuits
    reporter: Reporter | None  # none where nothing is reported by itself
    environment: str | None
    count: Callable[..., object]
    is_config_error: Callable[[Exception], bool]
    describe: Callable[[Exception], str]
    rule: CircuitRule

    def state_of(self, layer: Layer) -> CircuitState:
        return "closed" if layer.config_id is None else self.circuits.state(self._key(layer))

    def went_well(self, layer: Layer, circuit: CircuitState) -> None:
        if layer.config_id is not None and self.circuits.succeed(self._key(layer)) and circuit != "closed":
            logger.info("settings of %s serve again: config %s, version %s", *layer[:3])

    def release(self, layer: Layer, circuit: CircuitState) -> None:
        """A trial, if it was one, ended without a verdict."""
        if layer.config_id is not None and circuit == "half-open":
            self.circuits.release(self._key(layer))

    def failed(self, round_: Round, failed: Failed, *, healed_by: str | None, counts: bool) -> None:
        """A call went wrong. Where a lower layer answered, that speaks against the settings."""
        layer, told = failed.layer, self._told(failed.error)
        self.count("failures_seen")
        logger.warning(
            "a call failed with the settings of %s (%s, config %s, version %s): %s; %s",
            layer.layer, round_.config_type, layer.config_id, layer.version, told,
            f"{healed_by} answered" if healed_by else "no other settings went well",
        )  # fmt: skip
        if healed_by is not None and layer.config_id is not None and self._opened_by(layer, told, counts=counts):
            self._tell_of_open(layer)
        self._report(round_, layer, told, healed_by=healed_by, circuit=failed.circuit, counts=counts)

    def _opened_by(self, layer: Layer, told: str, *, counts: bool) -> bool:
        return self.circuits.fail(self._key(layer), Failure(told, counts))

    def _tell_of_open(self, layer: Layer) -> None:
        self.count("circuits_opened")
        logger.warning(
            "the settings of %s are passed over for %g s: config %s, version %s",
            layer.layer, self.rule.cool_down_seconds, layer.config_id, layer.version,
        )  # fmt: skip

    def spared(self, round_: Round, layer: Layer, *, healed_by: str) -> None:
        """A call for which these settings were not even tried."""
        self.count("calls_spared")
        last = self.circuits.spared(self._key(layer))
        if last is not None:
            self._report(round_, layer, last.error, healed_by=healed_by, circuit="open", counts=last.counts)

    def _report(
        self, round_: Round, layer: Layer, error: str, *, healed_by: str | None, circuit: str, counts: bool
    ) -> None:
        if self.reporter is not None:
            report = failure_report(
                round_.effective, round_.config_type, layer,
                error=error, healed_by=healed_by, circuit=circuit, counts=counts,
            )  # fmt: skip
            self.reporter.add(FAILURES, report, environment=self.environment)

    def _told(self, error: Exception) -> str:
        try:
            return self.describe(error)
        except Exception:  # noqa: BLE001 - what is told of a failure must not be another
            return type(error).__name__

    def _key(self, layer: Layer) -> Key:
        return Key(cast("str", layer.config_id), layer.version, self.rule)
