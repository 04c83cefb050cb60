"""No secret is found again: not in files, logs, answers, streams, exports or backups, whichever way it came in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import psycopg
import pytest

from tests.faults.canaries import Canaries, files_under, in_every_form
from tests.master_keys import key_file
from tests.postgres import PostgresServer

pytestmark = pytest.mark.xdist_group("faults")

ROOT = Path(__file__).parents[2]
CONFIGS, EFFECTIVE = "/api/runtime-configs/", "/api/runtime-configs/effective"
LAUNCH = str(ROOT / "tests" / "launch.py")
VARVE = (sys.executable, "-m", "varve_server")
STREAMS = ("/api/stream", "/ofrep/v1/events")
NOTHING = "0" * 32  # an id that nothing has
PLAIN = "Plain7d41c02b9e"  # stands in a description: whatever is searched for secrets must hold it
VAULT = {
    "schema": {
        "type": "object",
        "properties": {
            "token": {"type": "string", "x-secret": True, "maxLength": 60},
            "deep": {"type": "object", "additionalProperties": {"type": "string", "x-secret": True}},
        },
    },
    "rules": [{"name": "r", "expression": "this.token != 'x'", "message": "not x", "fields": ["/token"]}],
}


class Planter:
    """Sends a canary by every way that takes values; what comes back is kept to be searched."""

    def __init__(self, client: httpx.Client, canaries: Canaries) -> None:
        self.client = client
        self.canaries = canaries
        self.answers: dict[str, bytes] = {}
        self.kept: dict[str, str] = {}  # way → the user whose secret it is now

    def send(self, way: str, method: str, address: str, *, status: int, **how: Any) -> Any:
        answer = self.client.request(method, address, **how)
        assert answer.status_code == status, f"{way}: {answer.text}"
        self.answers[f"the answer to {way}"] = answer.content + repr(answer.headers).encode()
        return answer.json() if answer.content else None

    def body(self, way: str, **fields: Any) -> dict[str, Any]:
        config = {"config_type": "provider", "name": way, "scope": "user", "user_id": way, "is_default": True}
        return {**config, "description": PLAIN, "config_data": {"api_key": self.canaries.value(way)}, **fields}

    def plant(self) -> None:
        self._commands()
        self._drafts()
        self._imports()
        self._refused()

    def _commands(self) -> None:
        for way in ("create", "repeat", "rolled-back", "deleted", "undone", "global"):
            scope = {"scope": "global", "user_id": None} if way == "global" else {}
            config = self.send(way, "POST", CONFIGS, status=201, json=self.body(way, **scope))
            address = CONFIGS + config["id"]
            if way == "repeat":
                body = self.body("repeat-body", name="repeated")
                for _ in range(2):
                    self.send(way, "POST", CONFIGS, status=201, json=body, headers={"Idempotency-Key": way})
            if way in ("rolled-back", "undone"):
                data = {"config_data": {"api_key": self.canaries.value(f"{way}-new")}, "reason": "again"}
                changed = self.send(f"{way}-new", "PUT", address, status=200, json=data)
            if way == "rolled-back":
                self.send("rollback", "POST", f"{address}/rollback", status=200, json={"to_version": 1})
            elif way == "undone":
                self.send("undo", "POST", f"/api/events/{changed['position']}/undo", status=200, json={})
            elif way == "deleted":
                self.send("delete", "DELETE", address, status=204)
        self.send("dry-run", "POST", f"{CONFIGS}?dry_run=true", status=200, json=self.body("dry-run"))
        deep = {"token": self.canaries.value("token"), "deep": {"a/b": self.canaries.value("deep")}}
        self.send("custom type", "PUT", "/api/config-types/vault", status=200, json=VAULT)
        self.send("vault", "POST", CONFIGS, status=201, json=self.body("v", config_type="vault", config_data=deep))
        del self.canaries.cores["v"]

    def _drafts(self) -> None:
        draft = {"config_type": "provider", "scope": "user:create"}

        def data(way: str) -> dict[str, Any]:
            return {"config_data": {"api_key": self.canaries.value(way)}}

        self.send("preview", "POST", CONFIGS + "test", status=200, json={**draft, **data("preview")})
        changes = [{"action": "put", **draft, **data("impact")}]
        changes += [{"action": "variables", "config_type": "provider", **data("impact-variables")}]
        self.send("impact", "POST", CONFIGS + "impact", status=200, json={"changes": changes})
        imagined = {"draft": {**draft, **data("counterfactual")}, "contexts": [{"user_id": "create"}]}
        self.send("counterfactual", "POST", "/api/counterfactuals", status=200, json=imagined)

    def _imports(self) -> None:
        config = {"environment": "production", "scope": "user:bundle", "config_type": "provider", "name": "bundle"}

        def bundle(way: str) -> dict[str, Any]:
            configs = [{**config, "is_default": True, "config_data": {"api_key": self.canaries.value(way)}}]
            layer = {"production": {"provider": {"api_key": self.canaries.value(f"{way}-variables")}}}
            whole = {"varve_bundle": 1, "configs": configs, "environment_variables": layer}
            return {"kind": "bundle", "bundle": whole}

        self.send("bundle-trial", "POST", "/api/imports?dry_run=true", status=200, json=bundle("bundle-trial"))
        self.send("bundle", "POST", "/api/imports", status=200, json=bundle("bundle"))
        section = {"llm": {"service": {"api_key": self.canaries.value("document")}}}
        asked = {"kind": "document", "document": section, "map": ["llm.service=provider"], "scope": "user:document"}
        self.send("document", "POST", "/api/imports", status=200, json=asked)

    def _refused(self) -> None:
        def config(way: str, value: Any, **fields: Any) -> dict[str, Any]:
            return self.body("x", name=way, user_id=way, config_data={"api_key": value}, **fields)

        value = self.canaries.value
        self.send("list", "POST", CONFIGS, status=400, json=config("list", [value("list")]))
        self.send("object", "POST", CONFIGS, status=400, json=config("object", {"is": value("object")}))
        forged = {"$secret": {"commitment": value("forged")}}
        self.send("forged", "POST", CONFIGS, status=400, json=config("forged", forged))
        long = {"token": value("long") + "x" * 60}
        body = self.body("x", name="long", config_type="vault", config_data=long)
        self.send("long", "POST", CONFIGS, status=400, json=body)
        self.send("bad", "POST", CONFIGS, status=400, json=config("bad", value("bad"), mode="neither"))
        self.send("no type", "POST", CONFIGS, status=404, json=config("no type", value("no type"), config_type="none"))
        cut = json.dumps(config("cut", value("cut")))[:-2].encode()
        json_type = {"Content-Type": "application/json"}
        self.send("cut", "POST", CONFIGS, status=400, content=cut, headers=json_type)
        del self.canaries.cores["x"]


@contextmanager
def served(store_url: str, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A server that says all it can, into files in this folder; its address."""
    launch = [sys.executable, "-I", "-S", LAUNCH, str(os.getpid()), "", str(int(signal.SIGKILL))]
    command = [*launch, *VARVE, "serve", "--json", "--port", "0", "--store", store_url]
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as told, err.open("wb") as logged:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=told, stderr=logged)
    try:
        deadline = time.monotonic() + 60
        while (address := announced(out)) is None:
            assert process.poll() is None and time.monotonic() < deadline, err.read_text()  # noqa: PT018 -- one wait
            time.sleep(0.05)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def announced(out: Path) -> str | None:
    """Where a server listens, once it has said so among its logs."""
    lines = (json.loads(line) for line in out.read_text().splitlines(keepends=True) if line.endswith("\n"))
    return next((line["address"] for line in lines if "address" in line), None)


@contextmanager
def listening(address: str, heard: dict[str, bytes]) -> Iterator[None]:
    """Fills `heard` with what the streams tell meanwhile."""

    def listen(path: str, is_open: Event) -> None:
        with httpx.stream("GET", f"{address}{path}", params={"seconds": 300}, timeout=60) as answer:
            for piece in answer.iter_bytes():
                heard[path] = heard.get(path, b"") + piece
                is_open.set()
                if is_over.is_set():
                    return

    is_over, opened = Event(), [Event() for _ in STREAMS]
    for path, is_open in zip(STREAMS, opened, strict=True):
        Thread(target=listen, args=(path, is_open), daemon=True).start()
    assert all(is_open.wait(10) for is_open in opened)
    yield
    is_over.set()


def all_reads(client: httpx.Client) -> dict[str, bytes]:
    """What every GET of the OpenAPI document answers, for everything that it can be asked about."""
    configs = client.get(CONFIGS, params={"limit": 500}).json()["items"]
    newest = int(client.get(CONFIGS).headers["Varve-Position"])
    known: dict[str, list[str]] = {
        "config_id": [one["id"] for one in configs],
        "user_id": [one["user_id"] for one in configs if one["user_id"]],
        "name": ["provider", "vault"],
        "position": [str(n) for n in range(1, newest + 1)],
    }
    found: dict[str, bytes] = {}
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "get" not in methods or path in STREAMS:  # which have no end, and are listened to
            continue
        names = [one["name"] for one in methods["get"].get("parameters", ()) if one["in"] == "path"]
        values = known.get(names[0], [NOTHING]) if names else [""]
        for value in values:
            address = path.replace("{%s}" % names[0], value) if names else path  # noqa: UP031 -- braces of its own
            for query in ("", "?explain=true", "?position=14", "?format=ndjson"):
                answer = client.get(address + query)
                assert answer.status_code < 500, f"{address}{query}: {answer.text}"
                found[f"GET {address}{query}"] = answer.content + repr(answer.headers).encode()
    return found


def told(environment: dict[str, str], *arguments: str) -> dict[str, bytes]:
    """What a command line says, on both streams."""
    done = subprocess.run([*VARVE, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode in (0, 1), done.stderr.decode()
    return {f"varve {' '.join(arguments)}": done.stdout + done.stderr}


def command_lines(environment: dict[str, str], address: str, folder: Path, way: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for arguments in (
        ("get", way, "--explain"),
        ("get", way, "--json"),
        ("list", "--json"),
        ("history", f"user:{way}", "provider", "--json"),
        ("timeline", way),
        ("audit", "replay", "--all", "--json"),
        ("export", str(folder / "export.json")),
        ("export",),
        ("settings",),
    ):
        server = () if arguments[0] == "settings" else ("--server", address)
        found |= told(environment, *arguments, *server)
    return found


@contextmanager
def kept_in(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """A store, and the folder in which its database keeps its files."""
    if kind == "sqlite":
        (folder / "store").mkdir()
        yield f"sqlite:///{folder / 'store' / 'varve.db'}", folder / "store"
        return
    with PostgresServer(within=folder) as server:
        assert server._folder is not None
        yield server.url(), server._folder / "data"


def written_out(store_url: str) -> None:
    """Let a database write down what it has in memory."""
    if store_url.startswith("postgres"):
        with psycopg.connect(store_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_secret_is_found_anywhere(kind: str, tmp_path: Path) -> None:
    canaries, folder = Canaries(), tmp_path / "said"
    folder.mkdir()
    keys = {"VARVE_SECRET_KEYS": str(key_file(tmp_path / "keys", "m-1")), "VARVE_LOG_LEVEL": "debug"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VARVE_")} | keys
    with kept_in(kind, tmp_path) as (store_url, database):
        with served(store_url, folder, environment) as address, httpx.Client(base_url=address, timeout=30) as client:
            planter, heard = Planter(client, canaries), dict[str, bytes]()
            with listening(address, heard):
                planter.plant()
                said = told(
                    environment, "set", "user:cli", "provider", f"api_key={canaries.value('cli')}", "--server", address
                )
                assert client.post("/api/secrets/rotations", json={}).status_code == 201
            answers = all_reads(client) | command_lines(environment, address, folder, "create")
            opened = client.get(f"{EFFECTIVE}/create", params={"secrets": "true", "config_types": "provider"})
            backup = told(environment, "backup", str(folder / "backup.db"), "--store", store_url)
            written_out(store_url)
            live = files_under(database)
        written_out(store_url)
        files = files_under(database, folder)
    assert len(canaries.cores) >= 20
    assert canaries.found_in({"an opened answer": opened.content}) == ["create in an opened answer, raw"]
    assert canaries.found_in({**planter.answers, **answers, **heard, **said, **backup, **live, **files}) == []
    for place in (live, files, answers):  # the search looks where things are
        assert any(PLAIN.encode() in content for content in place.values())
    assert all(b"provider" in heard[path] or b"refetch" in heard[path] for path in STREAMS)
    for name in ("export.json", "backup.db"):
        assert PLAIN.encode() in files[str(folder / name)]
    assert b"ciphertext" in b"".join(live.values())
    assert b"ciphertext" not in b"".join(answers.values()) + b"".join(planter.answers.values())


def test_the_search_finds_a_value_in_every_form() -> None:
    canaries = Canaries()
    canaries.value("planted")
    core = canaries.cores["planted"]
    for form, content in in_every_form(core):
        assert canaries.found_in({form: content}), form
    assert canaries.found_in({"another": b"nothing of it"}) == []
