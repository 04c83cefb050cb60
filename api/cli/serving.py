"""The server: one process on a SQLite store, any number on PostgreSQL."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
import webbrowser
from datetime import UTC, datetime
from json import dumps, loads
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import wiring
from api.cli.failures import Misused
from api.cli.operating import Debug, Json

if TYPE_CHECKING:
    from api.cli.wiring import Settings

LOOPBACK, EXAMPLE_ENVIRONMENT = "127.0.0.1", "production"


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    store: Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://USER@HOST/DATABASE")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes, on PostgreSQL.")] = 1,
    *,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 -- read where faults are told
) -> None:
    """Serve the API until it is stopped."""
    settings = wiring.settings(host=host, port=port, store_url=store)
    if settings.auth_mode == "open":
        _require_loopback(settings.host)
    if workers > 1 and not settings.store_url.startswith("postgres"):
        raise Misused("only PostgreSQL takes several processes: leave --workers out, or name another --store")
    from api.cli import server

    with _listening(settings) as listener:
        address = _address(listener)

        def announce() -> None:
            _announce(address, wiring.without_password(settings.store_url), as_json=json)

        if workers == 1:
            server.run_alone(settings, listener, address=address, announce=announce)
        else:
            server.run_workers(settings, listener, workers=workers, announce=announce)


def demo(
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    *,
    browser: Annotated[bool, typer.Option(help="Open the console in a browser.")] = True,
    debug: Debug = False,  # noqa: ARG001 -- read where faults are told
) -> None:
    """Serve the example from memory, and open the console on it. What is changed there ends with the server."""
    own = {"store_url": "memory:", "host": LOOPBACK, "auth_mode": "open", "read_only": False}
    settings = wiring.settings(port=port, default_environment=EXAMPLE_ENVIRONMENT, environment_variables=False, **own)
    from api.cli import server

    with _listening(settings) as listener:
        address = _address(listener)

        def announce() -> None:
            _announce(address, settings.store_url, as_json=False)
            Thread(target=_show_example, args=(address,), kwargs={"browser": browser}, daemon=True).start()

        server.run_alone(settings, listener, address=address, announce=announce)


def _show_example(address: str, *, browser: bool) -> None:
    """Load the example as anybody can, now that the server answers, and open the console where it shows."""
    import httpx

    from api.pages import EXAMPLE

    body = {"kind": "bundle", "bundle": loads(EXAMPLE.read_bytes()), "reason": "the example"}
    httpx.post(f"{address}/api/imports", json=body, headers={"Varve-Actor": "demo"}, trust_env=False).raise_for_status()
    page = f"{address}/?context=user:u-1,collection:contracts"
    print(f"The console: {page}", flush=True)
    if browser:
        webbrowser.open(page)


def _require_loopback(host: str) -> None:
    """Where nobody needs to prove who they are, nobody from elsewhere gets in."""
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
    if not inside:
        message = f"{host} can be reached from other machines, and callers need no key: set VARVE_AUTH_MODE=keys"
        raise Misused(f"{message}, or use --host 127.0.0.1")


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where, reason = f"{settings.host}:{settings.port}", os.strerror(error.errno) if error.errno else error
        raise Misused(f"cannot listen on {where} ({reason}): name another --port, 0 takes a free one") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(address: str, store: str, *, as_json: bool) -> None:
    if as_json or not sys.stdout.isatty():  # a line of the log, for whoever reads it
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        told = {"time": at, "level": "info", "event": "listening"}
        print(dumps({**told, "address": address, "store": store, "pid": os.getpid()}), flush=True)
        return
    print(f"Varve listens on {address}, with the store {store}. Ctrl-C stops it.", flush=True)
    print(f"Next, in another terminal: {_program()} get --server {address}    (the API: {address}/docs)", flush=True)


def _program() -> str:
    """How this program is called from here: by its name where the shell finds it, else by its path."""
    return "varve" if shutil.which("varve") or not sys.argv[0].endswith("varve") else sys.argv[0]
