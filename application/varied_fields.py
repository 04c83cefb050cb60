"""Fields that a running experiment varies: whoever changes them from outside changes what is compared."""

from __future__ import annotations

from collections.abc import Iterator

from application.catalog import Catalog
from application.unit_of_work import UnitOfWork
from domain.configs.config import Config
from domain.configs.diff import changed_leaves
from domain.configs.scope import GLOBAL
from domain.configs.slot import Slot, slot_id
from domain.errors import Conflict
from domain.experiments.experiment import RUNNING, variant_scope
from domain.pointers import leaves, related


def require_unvaried(work: UnitOfWork, catalog: Catalog) -> None:
    """Raises Conflict where a global config would change a field that a running experiment varies."""
    for config in work.changed(Config):
        if config.scope == GLOBAL:
            before = work.past(Config, config.id, version=config.version - len(config.pending_events))
            _require(work, catalog, config, before)


def _require(work: UnitOfWork, catalog: Catalog, config: Config, before: Config) -> None:
    sides = (one.data if one.version and one.in_force else {} for one in (before, config))
    changed = [change.pointer for change in changed_leaves(*sides)]
    for experiment, pointer in _varied(work, catalog, config) if changed else ():
        if any(related(pointer, one) for one in changed):
            field = f"{config.config_type}{pointer.replace('/', '.')}"
            message = f"the experiment {experiment} varies {field} while it runs: pause it, or send force"
            raise Conflict(message)


def _varied(work: UnitOfWork, catalog: Catalog, config: Config) -> Iterator[tuple[str, str]]:
    for one in catalog.experiments.values():
        if one.environment != config.environment or one.status != RUNNING:
            continue
        for variant in one.plan["variants"]:
            scope = variant_scope(one.name, variant["name"])
            slot = work.load(Slot, slot_id(config.environment, scope, config.config_type))
            if slot.default is not None:
                yield from ((one.name, pointer) for pointer, _ in leaves(work.load(Config, slot.default).data))
