"""Spans inside those of the web framework; they cost next to nothing while no provider of traces is set up."""

from __future__ import annotations

from typing import Final, TypedDict

from opentelemetry import trace

tracer = trace.get_tracer("varve")


class Faults(TypedDict):
    record_exception: bool
    set_status_on_exception: bool


# What moved meanwhile is tried again, and a refusal is an answer: the request's own span says whether it failed.
NO_FAULTS: Final[Faults] = {"record_exception": False, "set_status_on_exception": False}
