"""The run of docs/guides/journey.md, carried out as it is written: commands, and the application's own Python."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from doctest import DocTestParser
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.served import served
from tests.e2e.test_readme import ROOT, carried_out, pattern_of, steps

PAGE = ROOT / "docs" / "guides" / "journey.md"
SOON_SECONDS = 30.0
Namespace = dict[str, Any]


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """Language, name of a file, text."""
    found = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    yield from found


def soon(ask: Callable[[], Any], is_right: Callable[[Any], object]) -> Any:
    """What is asked for, once it is right, or what it is at last: a change reaches the client within a second."""
    deadline = time.monotonic() + SOON_SECONDS
    while not is_right(said := ask()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return said


def run_python(text: str, namespace: Namespace) -> int:
    """How many of its examples were carried out; what reads alone may be asked again until it has the change."""
    examples = DocTestParser().get_examples(text)
    if not examples:
        exec(text, namespace)  # noqa: S102 -- the page's own application
    for one in examples:
        wanted = one.want.strip()
        if "effective(" in one.source:
            said = soon(lambda one=one: repr(eval(one.source, namespace)), wanted.__eq__)  # noqa: S307 -- likewise
        else:
            said = repr(eval(one.source, namespace))  # noqa: S307 -- likewise
        assert said == wanted, f">>> {one.source}"
    return len(examples)


def run_console(text: str, folder: Path, environment: dict[str, str]) -> int:
    done = 0
    for command, expected in steps(f"```console\n{text}```"):
        said = carried_out(command, folder, environment)
        wanted = "\n".join(expected)
        assert pattern_of(expected).fullmatch(said), f"$ {command}\nsaid:\n{said}\nexpected:\n{wanted}"
        done += 1
    return done


@pytest.mark.timeout(240)
def test_the_journey_goes_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VARVE_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'client'}",
        "VARVE_ACTOR": "ann",
    }
    namespace: Namespace = {}
    done = 0
    with served(tmp_path, environment) as address:
        monkeypatch.setenv("VARVE_URL", address)
        try:
            for language, name, text in blocks(PAGE):
                if name:
                    (tmp_path / name).write_text(text, encoding="utf-8")
                elif language == "python":
                    done += run_python(text, namespace)
                else:
                    namespace["client"].flush(SOON_SECONDS)  # what it has to tell, it tells within a second
                    done += run_console(text, tmp_path, environment)
        finally:
            namespace["client"].close()
    assert done >= 20
