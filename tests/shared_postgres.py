"""One PostgreSQL for all processes of a test session: the first test that wants it starts it.

Its lifetime hangs on a named pipe that only the session's main process holds open for writing: when that process ends,
in whatever way, the server's keeper reads the end of its input and takes the server down.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).parent.parent


class SharedPostgres:
    """The session's server, seen from any of its processes; `folder` is where they meet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pipe = folder / "alive"
        self._running = folder / "running"
        self._keeper: subprocess.Popen[str] | None = None

    def url(self) -> str:
        """Where the server is; started now unless another process of the session has done so."""
        with locked(self.folder / "start"):
            answer = self.folder / "url"
            if not answer.exists():
                answer.write_text(self._start())
            return answer.read_text()

    def _start(self) -> str:
        with self._pipe.open() as alive, (self.folder / "log").open("w") as log, locked(self._running) as running:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.postgres"],
                cwd=ROOT,
                stdin=alive,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[running],  # so the lock is free again when the keeper has ended
                start_new_session=True,
                text=True,
            )
        assert self._keeper.stdout is not None
        with self._keeper.stdout as answer:
            url = answer.readline().strip()
        if not url:
            raise RuntimeError((self.folder / "log").read_text())
        return url

    @classmethod
    @contextmanager
    def session(cls) -> Iterator[SharedPostgres]:
        """For the main process: a meeting place while the session lasts, no server and no folder after it."""
        shared = cls(Path(tempfile.mkdtemp(prefix="varve-tests-")))
        shared.folder.chmod(0o711)  # where the tests run as root, their servers do not
        os.mkfifo(shared._pipe)
        alive = os.open(shared._pipe, os.O_RDWR)  # for reading too, or opening would wait for a reader
        try:
            yield shared
        finally:
            os.close(alive)
            with locked(shared._running):
                # A worker that was interrupted leaves its own servers' data, which they may be leaving this moment.
                shutil.rmtree(shared.folder, ignore_errors=True)
            if shared._keeper:
                shared._keeper.wait()


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold a lock between processes on `path`; the descriptor keeps it for a child that inherits it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of an empty database on that server; gone afterwards, whoever is still connected."""
    name = f"varve_test_{uuid.uuid4().hex}"
    # template0 takes no connections, so nobody can hold up the copy.
    _run_on(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _run_on(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run_on(server_url: str, statement: sql.Composed) -> None:
    # Not one connection for both: a test may kill the server in between.
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(statement)
