"""What ends a command early, and with which exit code.

0  done
1  a negative answer, a refused command, or a bad file
2  misuse: an option or a setting that cannot be; also a question to which there is no answer yet
3  the store or the server cannot be reached
70 a fault of Varve itself
130 interrupted
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

REFUSED, MISUSED, UNREACHABLE, BROKEN, INTERRUPTED = 1, 2, 3, 70, 130


class Failed(Exception):
    """A command that is not carried out; `detail` says what is the case and what to do."""

    exit_code = REFUSED

    def __init__(self, detail: str, *, faults: Iterable[tuple[str, str]] = (), code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.code = code


class Misused(Failed):
    exit_code = MISUSED


class Unreachable(Failed):
    exit_code = UNREACHABLE


def tell(failure: Failed) -> None:
    """One line, and each fault below it by its pointer."""
    line = on_one_line(failure.detail)
    print(f"varve: {line}", file=sys.stderr)
    told_already = len(failure.faults) == 1 and failure.faults[0][1] in failure.detail
    for pointer, message in () if told_already else failure.faults:
        print(f"  {pointer or '(the whole)'}: {on_one_line(message)}", file=sys.stderr)


def on_one_line(text: str) -> str:
    return " ".join(text.split())
