"""What a service does by itself when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import structlog

from application.moments import SERVER
from application.ports import Command
from application.use_cases import UseCases
from domain.errors import Gated, InvalidRequest

log = structlog.get_logger("start")


def read_variables(cases: UseCases, environment: str, variables: Mapping[str, str]) -> None:
    """Add what the process layer lacks; what cannot be read is told, and stops nothing."""
    command = own_command("start")
    try:
        problems = cases.read_environment.start(variables, environment=environment, command=command)
    except (Gated, InvalidRequest) as refusal:
        log.warning("environment variables were not read: sync them", environment=environment, problem=refusal.detail)
        return
    for name, message in problems:
        log.warning("an environment variable was skipped", variable=name, problem=message)


def own_command(operation: str) -> Command:
    return Command(SERVER, uuid4().hex, operation, b"")
