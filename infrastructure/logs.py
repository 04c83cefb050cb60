"""What the service says: a line of JSON each, which nothing that a caller sends can break; on a terminal, text."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

LONGEST = 1_000  # characters of one value; the rest is cut off
LONGEST_TRACE = 8_000
TRACE = "exception"  # where structlog puts a traceback
PLAIN = re.compile(r"[\w./:@{}+-]+", re.ASCII)
FIRST = ("time", "level", "event")


def configure_logs(level: str, *, stream: Callable[[], TextIO], for_people: bool = False) -> None:
    """Logs go to the stream, as it is when something is told."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            fitting,
            readable if for_people else json_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: Lines(stream()),
        cache_logger_on_first_use=False,
    )


def take_in_libraries() -> None:
    """What libraries have to say goes the same way."""
    logging.basicConfig(handlers=[ToStructlog()], level=logging.WARNING, force=True)


class Lines:
    """Writes each line at once. A log that nobody takes is no reason to stop serving."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = write


class ToStructlog(logging.Handler):
    """What libraries have to say, among the logs of the service."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def fitting(_: WrappedLogger, __: str, told: EventDict) -> EventDict:
    """The event with every value in JSON and none too long; time, level and event come first."""
    ordered = [*(name for name in FIRST if name in told), *(name for name in told if name not in FIRST)]
    return {name: told[name][-LONGEST_TRACE:] if name == TRACE else cut(told[name]) for name in ordered}


def cut(value: Any) -> Any:
    """The value as JSON has it, and no longer than is good for a line."""
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    text = value if isinstance(value, str) else _as_text(value)
    if len(text) <= LONGEST:
        return value if isinstance(value, str | list) else text
    return text[:LONGEST] + "…"


def _as_text(value: Any) -> str:
    return json.dumps(value, default=str) if isinstance(value, list) else str(value)


def json_line(_: WrappedLogger, __: str, told: EventDict) -> str:
    """ASCII alone: control characters, and what some readers take for the end of a line, are escaped."""
    return json.dumps(told, default=str)


def readable(_: WrappedLogger, __: str, told: EventDict) -> str:
    """For somebody at a terminal, whom a caller's control characters must not reach either."""
    trace = told.pop(TRACE, "")
    time, level, event = (told.pop(name, "") for name in FIRST)
    values = " ".join(f"{name}={_shown(value)}" for name, value in told.items() if value is not None)
    lines = [f"{time[11:23]} {level:<7} {_escaped(event)} {values}".rstrip()]
    return "\n".join(lines + [f"    {_escaped(line)}" for line in trace.splitlines()])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and PLAIN.fullmatch(value) else json.dumps(value, default=str)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1].replace('\\"', '"')
