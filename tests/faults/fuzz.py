"""Requests made up from the OpenAPI document, one by one and in chains, at a real server where callers show keys.

    python -m tests.faults.fuzz                on SQLite: 20,000 requests and more, 8 minutes
    python -m tests.faults.fuzz --examples 5

Nothing may be answered 5xx, or with a status, a type or a shape that the document does not name. It ends with the
summary of schemathesis, and 1 where that found something.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.server import ROOT, Server

CHECKS = (  # without use_after_free: a revoked key can be read on, and a dry run deletes nothing
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
KEYED = {"VARVE_AUTH_MODE": "keys", "VARVE_RATE_LIMIT": "0"}


def admin_key(store: str) -> str:
    """A key that was issued on the store itself."""
    command = [sys.executable, "-m", "varve_server", "keys", "create", "fuzzer", "--role", "admin", "--store", store]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def fuzz(address: str, key: str, *, examples: int, seed: str) -> int:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
    options = ["--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", seed, "--no-color"]
    options += ["--header", f"Authorization: Bearer {key}", "--suppress-health-check", "all", "--warnings", "off"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.faults.fuzz_hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *options, "--continue-on-failure"], cwd=ROOT, env=environment, check=False
    ).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=400, help="of each operation, in each phase")
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder, 'varve.db')}"
        key = admin_key(store)
        with Server(store, environment=KEYED) as server:
            return fuzz(server.address, key, examples=given.examples, seed=given.seed)


if __name__ == "__main__":
    sys.exit(main())
