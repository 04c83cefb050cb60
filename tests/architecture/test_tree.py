"""Rules about files that no linter knows."""

from __future__ import annotations

import re
import sys

from tests.architecture.tree import ROOMS, ROOT, imported_by, modules, named, our_files

# Spelled in pieces, or this file would be a finding.
REGISTRIES = [name + suffix for name, suffix in (("pypi", ".org"), ("pythonhosted", ".org"), ("npmjs", ".org"))]
HOMES = ["/" + "root/", "/" + r"home/\w", "/" + r"Users/\w"]
HOST_OR_HOME = re.compile("|".join([re.escape(host) for host in REGISTRIES] + HOMES).encode())
EXTRAS_OF_THE_CLIENT = {"openfeature", "opentelemetry", "pydantic", "pydantic_settings", "pytest"}
LEFT_OUT = re.compile(r"pytest\.(mark\.)?(skip|skipif|importorskip|xfail)\b")


def test_the_rooms_are_found():
    assert {path.relative_to(ROOT).parts[0] for path in modules(*ROOMS)} == set(ROOMS)


def test_every_folder_of_tests_is_a_package():
    # Otherwise tests/domain would be imported as `domain`, and hide the room of that name.
    tests = [path.relative_to(ROOT) for path in modules("tests", "client/tests")]
    folders = {ROOT / folder for path in tests for folder in path.parents if "tests" in folder.parts}
    assert [named(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_nothing_names_a_registry_or_a_folder_of_somebodys_machine():
    assert [named(path) for path in our_files(ROOT) if HOST_OR_HOME.search(path.read_bytes())] == []


def test_no_module_is_longer_than_300_lines():
    lengths = {named(path): len(path.read_text().splitlines()) for path in modules(*ROOMS, "client/varve")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_no_test_is_left_out():
    assert [named(path) for path in modules("tests", "client/tests") if LEFT_OUT.search(path.read_text())] == []


def test_the_client_shares_no_code_with_the_service():
    imported = {name.partition(".")[0] for path in modules("client/varve") for name in imported_by(path)}
    assert imported & {*ROOMS, "varve_server", "tests", "client"} == set()
    assert imported - sys.stdlib_module_names - {"varve"} <= {"urllib3", *EXTRAS_OF_THE_CLIENT}


def test_the_domain_takes_only_the_aggregates_of_the_event_sourcing_library():
    taken = {name for path in modules("domain") for name in imported_by(path) if name.startswith("eventsourcing")}
    assert taken <= {"eventsourcing.domain", "eventsourcing.utils"}


def test_json_leaves_the_api_through_the_one_place_that_hides_secrets():
    # The command line tells what the API answered; it makes no answers.
    doors = [path for path in modules("api") if "cli" not in path.parts and path.name != "json_text.py"]
    makers = re.compile(r"\bdumps\(|\bJSONResponse\b|\bORJSONResponse\b")
    assert [named(path) for path in doors if makers.search(path.read_text())] == []
