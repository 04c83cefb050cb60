"""Record evaluation runs, with the verdict against the baseline that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.catalog import Catalogs
from application.commands import Commands, DryRun, Outcome
from application.lock_configs import LockConfigs
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.aggregate import stream_id
from domain.documents import Document
from domain.errors import InvalidRequest, NotFound
from domain.releases.change_set import ChangeSet
from domain.releases.evaluation import Evaluation
from domain.releases.lock import Lock
from domain.releases.verdict import Tolerance, compared, verdict_of


@dataclass(frozen=True, slots=True)
class Run:
    """What somebody measured. The baseline is another evaluation, or a lock's; else that of its own lock."""

    environment: str
    manifest: Document
    dataset_hash: str
    metrics: Mapping[str, float]
    tolerances: Mapping[str, Tolerance]
    name: str | None = None
    ran_us: int | None = None
    dataset: str | None = None
    lock_id: UUID | None = None
    change_set_id: UUID | None = None
    baseline_evaluation: UUID | None = None
    baseline_lock: UUID | None = None


class RecordEvaluations:
    def __init__(self, catalogs: Catalogs, locks: LockConfigs, commands: Commands) -> None:
        self._catalogs = catalogs
        self._locks = locks
        self._commands = commands

    def record(self, run: Run, *, command: Command, dry_run: bool = False) -> Outcome | DryRun:
        """Its id is `evaluation_id_of` the command.

        Raises NotFound (environment, lock, change set, baseline); InvalidRequest for a manifest that does not fit its
        lock, for what is of another environment, and for a baseline that was measured with another dataset.
        """
        self._catalogs.current().require_environment(run.environment)
        lock = None if run.lock_id is None else self._locks.lock(run.lock_id)
        manifest = run.manifest if lock is None else _fitting(run.manifest, lock)
        _require_here(run.environment, lock, "/lock_id")

        def decide(work: UnitOfWork) -> None:
            if run.change_set_id is not None:
                self._require_change_set(work, run.change_set_id, run.environment)
            baseline = self._baseline(work, run, lock)
            found = list(compared(run.metrics, baseline["metrics"] if baseline else {}, run.tolerances))
            facts: dict[str, Any] = {
                "name": run.name,
                "ran_us": run.ran_us,
                "manifest": manifest,
                "dataset": run.dataset,
                "dataset_hash": run.dataset_hash,
                "metrics": dict(run.metrics),
                "tolerances": {metric: one.to_data() for metric, one in run.tolerances.items()},
                "baseline": baseline,
                "compared": [one.to_data() for one in found],
                "verdict": verdict_of(found),
                "lock_id": run.lock_id,
                "change_set_id": run.change_set_id,
            }
            work.load(Evaluation, evaluation_id_of(command)).record_run(run.environment, facts, stamp=command.stamp)

        return self._commands.run(command, decide, dry_run=dry_run)

    def _require_change_set(self, work: UnitOfWork, change_set_id: UUID, environment: str) -> None:
        change_set = work.load(ChangeSet, change_set_id)
        change_set.require()
        if change_set.environment != environment:
            message = f"this change set is of {change_set.environment}: evaluate it there"
            raise InvalidRequest.at("/change_set_id", message, "environment")

    def _baseline(self, work: UnitOfWork, run: Run, lock: Lock | None) -> Document | None:
        if run.baseline_evaluation is not None:
            return _of_evaluation(work, run.baseline_evaluation, run)
        if run.baseline_lock is not None:
            lock = self._locks.lock(run.baseline_lock)
        metrics = numbers(lock.baseline_metrics) if lock is not None else {}
        if lock is None or not (metrics or run.baseline_lock):
            return None
        return {"evaluation_id": None, "lock_id": str(lock.id), "metrics": metrics}


def _of_evaluation(work: UnitOfWork, evaluation_id: UUID, run: Run) -> Document:
    found = work.load(Evaluation, evaluation_id).recorded
    if found is None:
        raise unknown_evaluation(evaluation_id)
    if found.environment != run.environment:
        message = f"the baseline is of {found.environment}: name one of {run.environment}"
        raise InvalidRequest.at("/baseline/evaluation_id", message, "environment")
    if found.dataset_hash != run.dataset_hash:
        message = "the baseline was measured with another dataset: what differs may be the dataset's doing"
        raise InvalidRequest.at("/baseline/evaluation_id", message, "dataset")
    return {"evaluation_id": str(evaluation_id), "lock_id": None, "metrics": found.metrics}


def _require_here(environment: str, lock: Lock | None, pointer: str) -> None:
    if lock is not None and lock.environment != environment:
        raise InvalidRequest.at(
            pointer, f"this lock is of {lock.environment}: name one of {environment}", "environment"
        )


def _fitting(manifest: Document, lock: Lock) -> Document:
    """The manifest with what the lock says of the config; what it says itself must be the same."""
    known = {"config_hash": lock.config_hash, "ingest_run_id": lock.ingest_run_id}
    for name, value in known.items():
        if manifest.get(name) not in (None, value):
            message = f"the lock {lock.version_label} has {value}: another config was measured"
            raise InvalidRequest.at(f"/manifest/{name}", message, "lock")
    return {**manifest, **known}


def numbers(metrics: Document) -> dict[str, float]:
    """Those of a document that can be compared."""
    return {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def evaluation_id_of(command: Command) -> UUID:
    """The same command makes the same evaluation."""
    return stream_id("evaluation_of", command.principal, command.command_id)


def unknown_evaluation(evaluation_id: UUID) -> NotFound:
    return NotFound(f"there is no evaluation {evaluation_id}: GET /api/evaluations lists what there is")
