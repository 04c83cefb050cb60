"""The locks hold what pyproject.toml asks for; `make lock` writes them anew."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOMS, ROOT, imported_by, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED_FOR = {"run": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}
PIN = re.compile(r"^(\S+)==([^ ;\\]+).*\\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text()


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall(text_of(lock))}


@pytest.mark.parametrize("lock", ASKED_FOR)
def test_a_lock_pins_what_was_asked_for(lock):
    pinned = pins(lock)
    asked_for = [Requirement(text) for text in ASKED_FOR[lock]]
    assert [str(one) for one in asked_for if pinned.get(canonicalize_name(one.name), "none") not in one.specifier] == []


@pytest.mark.parametrize("lock", ASKED_FOR)
def test_every_line_of_a_lock_has_a_hash_and_none_an_address(lock):
    lines = text_of(lock).splitlines()
    assert len(pins(lock)) == sum("==" in line for line in lines if not line.startswith(" "))
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_locks_that_share_an_environment_agree():
    together: dict[str, set[str]] = {}
    for lock in ASKED_FOR:
        for name, version in pins(lock).items():
            together.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in together.items() if len(versions) > 1} == {}


def test_the_rooms_import_only_what_the_service_is_or_may_be_installed_with():
    imported = {name.partition(".")[0] for path in modules(*ROOMS, "varve_server") for name in imported_by(path)}
    foreign = imported - set(ROOMS) - {"varve_server"} - sys.stdlib_module_names
    extras = PROJECT["project"]["optional-dependencies"].values()
    installed = pins("run").keys() | {canonicalize_name(Requirement(text).name) for extra in extras for text in extra}
    from_where = {name: {canonicalize_name(one) for one in packages_distributions().get(name, [])} for name in foreign}
    assert {name: where for name, where in from_where.items() if not where & installed} == {}
