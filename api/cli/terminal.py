"""What a command says: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
LONG_WORK = 20  # steps; below that a bar would only flicker
WIDE = 10_000  # columns of an output that is no terminal: nothing is cut off there


class Terminal:
    """Answers go to stdout, notes and progress to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def answer(self, data: Any) -> None:
        """The whole answer, for a program."""
        print(json.dumps(data, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))

    def at_once(self, text: str, data: Any) -> None:
        """One line of an answer that goes on: whoever reads it does not wait for the next."""
        print(json.dumps(data, ensure_ascii=False) if self.as_json else visible(text), flush=True)

    def line(self, text: str) -> None:
        """One line for people; left out where a program reads."""
        if not self.as_json:
            print(text)

    def note(self, text: str) -> None:
        """Something beside the answer."""
        print(text, file=sys.stderr)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell(value)) for value in row))
        Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)

    def progress(self, steps: Sequence[T], *, what: str) -> Iterator[T]:
        """The steps, with a bar on a terminal."""
        if len(steps) < LONG_WORK or not sys.stderr.isatty():
            yield from steps
            return
        from rich.console import Console
        from rich.progress import track

        yield from track(steps, description=what, console=Console(stderr=True), transient=True)

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[int, int, float], None]]:
        """Takes how much is done, of how much, in how many seconds; shows that, the rate, and the time that is left."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
            task = shown.add_task("", total=None)

            def show(done: int, of: int, seconds: float) -> None:
                told = f"{done:,} of {of:,} {what}, {done / max(seconds, 0.001):,.0f}/s"
                shown.update(task, completed=done, total=of, description=told)

            yield show


def cell(value: Any) -> str:
    """A value in a table: text as it is, other values as JSON."""
    if value is None:
        return ""
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def visible(text: str) -> str:
    """With what would steer a terminal written out: some texts come from strangers."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
