"""varve demo: the example, served from memory."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx

from tests.faults.server import ROOT


def test_the_demo_serves_the_example_and_says_where():
    command = [sys.executable, "-m", "varve_server", "demo", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stdout.readline, "")  # each is waited for
            address = next(json.loads(line)["address"] for line in lines if '"listening"' in line)
            page = next(line for line in lines if line.startswith("The console: "))
            context = {"collection_id": "contracts"}
            answer = httpx.get(f"{address}/api/runtime-configs/effective/u-1", params=context, trust_env=False).json()
        finally:
            process.terminate()
    assert page.split()[-1].startswith(f"{address}/?context=")
    assert answer["chunking"]["max_chunk_size"] == 1200
    assert answer["resolution_path"]["chunking"] == "collection:contracts"
