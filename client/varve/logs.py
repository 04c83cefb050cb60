"""The settings in use on every line that an application logs."""

from __future__ import annotations

import logging

from varve.bound import current_trace
from varve.facts import Trace


class TraceFilter(logging.Filter):
    """Gives every record `varve_position`, `varve_digest` and `varve_configs`; outside of any use they are empty.

    For a handler: `handler.addFilter(varve.TraceFilter())`. Use begins with `with cfg.bound():`, or with a guard.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        trace = current_trace()
        record.varve_position = "" if trace is None or trace.position is None else trace.position
        record.varve_digest = "" if trace is None else trace.digest or ""
        record.varve_configs = "" if trace is None else configs_of(trace)
        return True


def configs_of(trace: Trace) -> str:
    """The configs of a trace in one word each: `llm=0b9e…@7`."""
    return " ".join(f"{used.config_type}={used.config_id}@{used.version}" for used in trace.configs)
