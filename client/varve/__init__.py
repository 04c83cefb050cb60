"""Live settings from a Varve service: `varve.Client(url).effective(user="u-1").llm.temperature`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from varve.blame import is_config_error
from varve.bound import current_trace
from varve.circuits import CircuitRule
from varve.client import Client
from varve.context import Context
from varve.effective import Effective
from varve.errors import NotVarve, Refused, Unavailable, Unreachable
from varve.facts import ConfigUsed, Layer, Meta, Note, Source, State, Trace
from varve.guard import Guard
from varve.logs import TraceFilter
from varve.notices import Change, Fallback
from varve.settings import Settings
from varve.version import VERSION

if TYPE_CHECKING:
    from varve.aio import AsyncClient

__version__ = VERSION

__all__ = [
    "AsyncClient",
    "Change",
    "CircuitRule",
    "Client",
    "ConfigUsed",
    "Context",
    "Effective",
    "Fallback",
    "Guard",
    "Layer",
    "Meta",
    "NotVarve",
    "Note",
    "Refused",
    "Settings",
    "Source",
    "State",
    "Trace",
    "TraceFilter",
    "Unavailable",
    "Unreachable",
    "__version__",
    "current_trace",
    "is_config_error",
]


def __getattr__(name: str) -> Any:
    """What pulls in more than most applications need is imported when it is asked for."""
    if name == "AsyncClient":
        from varve.aio import AsyncClient  # noqa: PLC0415

        return AsyncClient
    raise AttributeError(f"module varve has no attribute {name!r}")
