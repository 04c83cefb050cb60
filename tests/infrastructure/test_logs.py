"""A line of the log is a line, whatever is in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from infrastructure.logs import LONGEST, ToStructlog, configure_logs


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "nobody reads")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def told(event: str = "request", *, people: bool = False, level: str = "info", **values: Any) -> str:
    stream = io.StringIO()
    configure_logs(level, stream=lambda: stream, for_people=people)
    structlog.get_logger().info(event, **values)
    return stream.getvalue()


NASTY = [
    "two\nlines",
    "carriage\rreturn",
    "\x00\x1b[31mred\x7f",
    "line\u2028and\u2029paragraph\x85",
    "\ud800 alone",
    b"\xff\xfe bytes",
    b"\xff\xfe".decode("latin-1"),
    '{"level": "error"}',
    'tab\tquote"',
    float("nan"),
    {"a\n": "b\n"},
    ["a\n", {1, 2}],
]


@pytest.mark.parametrize("value", NASTY, ids=repr)
@pytest.mark.parametrize("where", ["value", "event"])
def test_nothing_that_a_caller_sends_breaks_a_line(value: Any, where: str) -> None:
    line = told(str(value)) if where == "event" else told(actor=value)
    assert line.endswith("\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    found = json.loads(line)
    if isinstance(value, str):
        assert found["event" if where == "event" else "actor"] == value


@pytest.mark.parametrize("value", NASTY, ids=repr)
def test_nor_a_line_on_a_terminal(value: Any) -> None:
    line = told(people=True, actor=value)
    assert line[:-1].isascii()
    assert line[:-1].isprintable()


def test_a_huge_value_is_cut() -> None:
    found = json.loads(told(actor="a" * 1_000_000, types=["b" * 10_000] * 100, number=7, none=None))
    assert found["actor"] == "a" * LONGEST + "…"
    assert len(found["types"]) == LONGEST + 1
    assert (found["number"], found["none"]) == (7, None)


def test_time_level_and_event_come_first() -> None:
    line = json.loads(told(actor="ann", status=200))
    assert list(line) == ["time", "level", "event", "actor", "status"]
    assert (line["level"], line["event"], line["time"][-1]) == ("info", "request", "Z")


def test_on_a_terminal_a_line_is_text() -> None:
    line = told(people=True, actor="ann", position=None, method="GET", route="/api/x/{id}", problem="is away")
    assert line.split(" ", 1)[1] == 'info    request actor=ann method=GET route=/api/x/{id} problem="is away"\n'


def test_the_trace_of_a_fault_stays_on_its_line_and_keeps_its_end() -> None:
    stream = io.StringIO()
    configure_logs("info", stream=lambda: stream)
    try:
        raise RuntimeError("a" * 20_000 + "\nthe end")
    except RuntimeError:
        structlog.get_logger().error("failed", exc_info=True)
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue())["exception"].endswith("the end")


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    configure_logs("info", stream=Closed)
    structlog.get_logger().info("request")


def test_below_its_level_nothing_is_told() -> None:
    assert told(level="warning") == ""


def test_what_libraries_say_is_told_the_same_way() -> None:
    stream = io.StringIO()
    configure_logs("info", stream=lambda: stream)
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "file", 1, "no %s", ("luck\n",), None)
    ToStructlog().emit(record)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("no luck\n", "warning", "uvicorn.error")
