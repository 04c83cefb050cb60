"""What a user reads first names everything that there is."""

from __future__ import annotations

import inspect
from pathlib import Path

import varve
from varve.metrics import NAMES

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_every_argument_of_the_client_is_told_with_its_default():
    rows = {line.split("|")[1]: line.split("|")[2] for line in README.splitlines() if line.startswith("| `")}
    arguments = [one for one in inspect.signature(varve.Client).parameters.values() if one.name != "self"]
    untold = [one.name for one in arguments if not any(f"`{one.name}`" in row for row in rows)]
    assert untold == []
    numbers = {one.name: one.default for one in arguments if type(one.default) in (int, float)}
    assert {name: rows[f" `{name}` "].strip() for name in numbers} == {
        name: f"{default:,}" for name, default in numbers.items()
    }


def test_every_counter_is_told():
    assert [name for name in NAMES if f"`{name}`" not in README] == []
