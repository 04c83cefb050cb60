"""What one command would record in one environment: what its gates look at."""

from __future__ import annotations

from dataclasses import dataclass

from application.catalog import Catalog
from application.known_environments import KnownEnvironment
from application.ports import Command
from application.unit_of_work import UnitOfWork
from domain.aggregate import PlacedEvent
from domain.errors import Fault


@dataclass(frozen=True, slots=True)
class Passage:
    environment: KnownEnvironment
    events: tuple[PlacedEvent, ...]
    command: Command
    work: UnitOfWork
    catalog: Catalog

    @property
    def warnings(self) -> list[Fault]:
        """What is let through, and told: a gate adds to it."""
        return self.work.warnings
