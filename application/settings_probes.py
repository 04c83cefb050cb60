"""Probes of what is in force: it is frozen, was measured so that it can be measured again, and changes by rules."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from application.evaluation_views import EvaluationFilter, EvaluationRow
from application.go_live import Found, GoingLive, Probe, failed, passed, unknown
from application.use_cases import UseCases
from domain.configs.config import Config
from domain.configs.scope import Context
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.releases.lock import PRODUCTION, Lock, config_hash

DETERMINISTIC = {"temperature": "temperature 0", "seed": "a seed", "cache_disabled": "caches off"}
"""What the manifest of an evaluation must say for it to be run again with the same result."""
MOST_NAMED = 5


def manifest_frozen(going: GoingLive) -> Found:
    held = _production_locks(going.cases, going.environment)
    if not held:
        to = f"varve lock promote LOCK --to {going.environment}"
        return failed(f"no production lock is held: lock what was measured, then {to}")
    if loose := [lock for lock in held if not _is_in_force(going.cases, lock)]:
        return failed(f"{loose[0].told}, and is not what is in force there: varve lock rollback, or lock anew")
    return passed(f"frozen: {_named(f'{lock.config_type} at {lock.scope} ({lock.version_label})' for lock in held)}")


def deterministic_settings(going: GoingLive) -> Found:
    row = _evaluation(going.cases, going.environment)
    if row is None:
        return failed("nothing was evaluated with what is locked: varve evaluation record -f run.yaml --lock LOCK")
    manifest: Document = orjson.loads(row.body)["manifest"]
    told = {name: manifest.get(name) for name in DETERMINISTIC}
    again = "set the evaluation so, and record it again"
    if wrong := [name for name, value in told.items() if value is not None and not _is_deterministic(name, value)]:
        found = ", ".join(f"{name} {told[name]}" for name in wrong)
        return failed(f"the last evaluation had {found}, not {_wanted(wrong)}: {again}")
    if silent := [name for name, value in told.items() if value is None]:
        return unknown(f"the manifest of the last evaluation does not say {_wanted(silent)}: {again}")
    return passed(f"the last evaluation was made with temperature 0, the seed {told['seed']} and caches off")


def environment_variables(going: GoingLive) -> Found:
    cases = going.cases
    own = going.running.variables if going.environment == cases.default_environment else {}
    if wrong := cases.read_environment.problems(own):
        told = "; ".join(f"{name}: {reason}" for name, reason in wrong[:MOST_NAMED])
        return failed(f"{len(wrong)} variables cannot be used ({told}): mend or unset them")
    if given := list(_from_variables(cases, going.environment)):
        what = f"{_named(given)} in effect: of variables, which no lock holds"
        return failed(f"{what}: give them with varve set, or all with varve import env FILE --materialize")
    return passed("no setting in effect comes from an environment variable, and none that is set is wrong")


def change_rules(going: GoingLive) -> Found:
    name, demands = going.environment, going.cases.catalogs.current().environment(going.environment).demands
    lacking = []
    if not (demands.approvals or demands.require_lock):
        lacking.append(f"one person alone can change it (varve env set {name} --approvals 1, or --require-lock)")
    if not (demands.require_reason or demands.reason_pattern):
        lacking.append(f"changes need no reason (varve env set {name} --require-reason)")
    if lacking:
        return failed("; ".join(lacking))
    how = "by promoted locks alone" if demands.require_lock else f"with approvals ({demands.approvals})"
    return passed(f"it changes {how}, and with a reason")


SETTINGS_PROBES = (
    Probe("manifest_frozen", "The production locks, and whether what they froze is in force.", manifest_frozen),
    Probe(
        "deterministic_settings",
        "The manifest of the last evaluation of what is locked, here or where it was promoted from.",
        deterministic_settings,
    ),
    Probe(
        "environment_variables",
        "Where each setting in effect comes from, and the variables that the service was started with.",
        environment_variables,
    ),
    Probe("change_rules", "What the environment demands of a change.", change_rules),
)


def _production_locks(cases: UseCases, environment: str) -> list[Lock]:
    return [lock for lock in cases.lock_configs.locks(environment) if lock.is_held and lock.kind == PRODUCTION]


def _is_in_force(cases: UseCases, lock: Lock) -> bool:
    """A quarantine goes past locks, and so does whoever breaks the glass."""
    slot = cases.store.load(Slot, slot_id(lock.environment, lock.scope, lock.config_type))
    config = cases.store.load(Config, lock.config_id)
    return slot.default == config.id and config.in_force and config_hash(config.data) == lock.config_hash


def _evaluation(cases: UseCases, environment: str) -> EvaluationRow | None:
    """The newest of what the newest production lock froze, here or where it was promoted from; without one, of all."""
    locks = _production_locks(cases, environment)
    if not locks:
        return next(iter(cases.evaluation_views.page(EvaluationFilter(environment), before=None, limit=1)), None)
    lock: Lock | None = locks[-1]
    while lock is not None:
        if rows := cases.evaluation_views.page(
            EvaluationFilter(lock.environment, lock_id=lock.id), before=None, limit=1
        ):
            return rows[0]
        lock = None if lock.promoted_from is None else cases.lock_configs.lock(lock.promoted_from)
    return None


def _is_deterministic(name: str, value: object) -> bool:
    return {"temperature": value == 0, "cache_disabled": value is True}.get(name, True)


def _wanted(names: list[str]) -> str:
    return " and ".join(DETERMINISTIC[name] for name in names)


def _from_variables(cases: UseCases, environment: str) -> Iterator[str]:
    """The fields that a context of which nothing is known gets from the process layer."""
    for name, one in cases.resolve_config.effective(Context(environment)).types.items():
        yield from (f"{name}{pointer}" for pointer in sorted(one.gives("environment")))


def _named(names: Iterator[str] | list[str]) -> str:
    found = list(names)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more
