"""A server as a program of its own, and commands that reach it."""

from __future__ import annotations

import json
import logging
import os
import pty
import signal
import sqlite3
import subprocess
import sys

import httpx

from api.cli.server import worker
from tests.api.cli.conftest import ROOT, finished, program


def test_a_command_on_a_store_that_a_server_holds_goes_through_it(server, varve):
    assert varve("set", "global", "chunking", "max_chunk_size=900", "--store", server.store).code == 0
    found = varve("get", "--server", server.address, "-t", "chunking", "--json").json
    assert found["chunking"]["max_chunk_size"] == 900


def test_a_server_tells_where_it_listens_and_stops_on_ctrl_c(server, varve):
    assert server.address.startswith("http://127.0.0.1:")
    assert not server.address.endswith(":0")
    assert server.stop() == 0
    assert server.process.stderr.read() == ""
    assert varve("get", "--store", server.store).code == 0


def test_a_server_says_what_it_does_in_lines_of_json(folder):
    environment = {**os.environ, "VARVE_LOG_LEVEL": "info"}
    command = ["serve", "--port", "0", "--store", f"sqlite:///{folder}/served.db"]
    with program(*command, environment=environment) as process:
        try:
            listening = json.loads(process.stdout.readline())
            url = f"{listening['address']}/api/runtime-configs/effective/u-1"
            httpx.get(url, headers={"X-Request-Id": "r-7"}, trust_env=False)
            line = json.loads(process.stdout.readline())
        finally:
            process.kill()
    assert (listening["level"], listening["event"], listening["pid"]) == ("info", "listening", process.pid)
    assert list(line)[:3] == ["time", "level", "event"]
    assert (line["request_id"], line["route"]) == ("r-7", "/api/runtime-configs/effective/{user_id}")


def test_on_a_terminal_a_server_speaks_to_people(folder):
    ours, theirs = pty.openpty()
    environment = {**os.environ, "VARVE_LOG_LEVEL": "info"}
    command = ["serve", "--port", "0", "--store", f"sqlite:///{folder}/served.db"]
    with program(*command, stdout=theirs, environment=environment) as process, os.fdopen(ours, "rb") as terminal:
        try:
            listening = terminal.readline().decode()
            httpx.get(listening.split()[3].rstrip(",") + "/nowhere", trust_env=False)
            terminal.readline()
            line = terminal.readline().decode()
        finally:
            process.kill()
            os.close(theirs)
    assert listening.startswith("Varve listens on http://127.0.0.1:")
    assert " info    request " in line
    assert " status=404 " in line


def test_a_second_server_on_the_same_store_is_refused(server):
    done = finished(program("serve", "--port", "0", "--store", server.store))
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "is in use by the process" in done.err


def test_several_processes_serve_one_postgresql(postgres_url, varve):
    with program("serve", "--port", "0", "--workers", "2", "--store", postgres_url, "--json") as process:
        try:
            address = json.loads(process.stdout.readline())["address"]
            assert varve("set", "global", "chunking", "max_chunk_size=900", "--server", address).code == 0
            found = [varve("get", "--server", address, "-t", "chunking", "--json").json for _ in range(4)]
            assert {one["chunking"]["max_chunk_size"] for one in found} == {900}
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_a_worker_tells_of_its_faults(monkeypatch):
    monkeypatch.setenv("VARVE_STORE_URL", "memory:")
    monkeypatch.setattr("api.cli.wiring.log_to_stdout", lambda _: None)
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", True)
    worker()
    assert logging.getLogger("uvicorn.error").isEnabledFor(logging.ERROR)


def test_a_port_that_is_taken_is_told(server, folder):
    port = server.address.rpartition(":")[2]
    done = finished(program("serve", "--port", port, "--store", f"sqlite:///{folder}/other.db"))
    assert (done.code, done.err.count("\n"), "name another --port" in done.err) == (2, 1, True)


def test_a_server_that_holds_a_store_and_does_not_answer_is_told(server, varve, folder):
    server.process.kill()
    server.process.wait()
    lock = folder / "served.db.lock"
    address = json.loads(lock.read_text())["address"]
    assert address == server.address
    # The lock went with the process: the store is free again, whatever its file still says.
    assert varve("get", "--store", server.store).code == 0
    assert varve("get", "--server", address).code == 3


def test_real_files_reach_a_server(server, varve, folder):
    (folder / "settings.env").write_text("MAX_CHUNK_SIZE=900\n")
    done = finished(program("import", "env", "settings.env", "--server", server.address, cwd=folder))
    assert (done.code, done.err) == (0, "")
    found = finished(program("get", "-t", "chunking", "--json", "--server", server.address))
    assert found.json["resolution_path"] == {"chunking": "environment"}


def test_a_server_that_is_not_there_is_told(varve):
    done = varve("get", "--server", "http://127.0.0.1:1")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)


def test_a_server_that_is_none_is_told(varve):
    assert varve("get", "--server", "nonsense").code == 3


def test_a_store_that_cannot_be_opened_is_told(varve, folder):
    (folder / "text.db").write_text("this is not a database, but it is long enough to look like a file of one")
    for store in ("sqlite:///nowhere/a.db", "sqlite:///text.db", "postgresql://u:secret@127.0.0.1:1/d"):
        done = varve("get", "--store", store)
        assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
        assert "secret" not in done.err


def test_a_store_of_a_newer_varve_is_told(varve, folder):
    varve("migrate", "--store", "sqlite:///new.db")
    with sqlite3.connect(folder / "new.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = varve("get", "--store", "sqlite:///new.db")
    assert (done.code, "use a newer Varve" in done.err, done.err.count("\n")) == (3, True, 1)


HEAVY = ("fastapi", "httpx", "pydantic_settings", "rich", "sqlalchemy", "uvicorn")


def test_help_fits_a_screen_and_waits_for_nothing_heavy(folder):
    script = f"import sys; from api.cli import run; run(['--help']); print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *screen, loaded = done.stdout.splitlines()
    assert "serve" in done.stdout
    assert len(screen) <= 40
    assert loaded == ""


def test_a_reader_that_has_read_enough_is_no_fault(server):
    with program("types", "--json", "--server", server.address) as process:
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
