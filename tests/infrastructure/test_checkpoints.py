"""The tree follows the log by itself, and checkpoints go where they are wanted."""

from __future__ import annotations

import stat
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api.bootstrap import service
from application.edit_configs import Draft
from application.ports import Command
from application.use_cases import UseCases
from domain.audit.checkpoint import opened, private_key_of, public_key_of
from domain.configs.scope import Scope
from domain.errors import InvalidRequest
from infrastructure.checkpoints import Checkpoints, make_key, read_key, to_file, to_webhook


def until(true: Callable[[], bool], *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def change(cases: UseCases, number: int) -> None:
    draft = Draft("production", Scope("user", f"u-{number}"), "chunking", "mine", {"chunk_overlap": number})
    cases.edit_configs.create(draft, command=Command("u-1", f"c-{number}", "create", b""))


def test_checkpoints_are_published_after_so_many_events_and_at_the_end(tmp_path: Path):
    key = read_key(_made(tmp_path))
    notes: list[str] = []
    checkpoints = Checkpoints(key, (notes.append, to_file(tmp_path / "newest")), every_leaves=8, every_seconds=3600)
    with service(f"sqlite:///{tmp_path / 'varve.db'}", variables={}, checkpoints=checkpoints) as served:
        until(lambda: len(notes) == 1)  # what is there when it starts
        for number in range(3):
            change(served.use_cases, number)
        until(lambda: len(notes) == 2)
        change(served.use_cases, 9)
    sizes = [opened(note, key.public_key()).size for note in notes]
    assert sizes == sorted(set(sizes))
    assert (tmp_path / "newest").read_text() == notes[-1]


def test_a_log_that_was_altered_is_never_signed(tmp_path: Path):
    notes: list[str] = []
    url, checkpoints = f"sqlite:///{tmp_path / 'varve.db'}", Checkpoints(read_key(_made(tmp_path)), (notes.append,))
    with service(url, variables={}, checkpoints=checkpoints) as served:
        until(lambda: len(notes) == 1)
    with service(url, variables={}) as served:
        change(served.use_cases, 1)
        recorder = served.use_cases.store._recorder  # type: ignore[attr-defined]
        with recorder.ordered() as cursor:
            cursor.execute("UPDATE varve_commits SET last = last - 1 WHERE operation = 'create'", ())
    with capture_logs() as told, service(url, variables={}, checkpoints=checkpoints):
        until(lambda: any("altered" in one["event"] for one in told))
    assert len(notes) == 1


def test_a_checkpoint_is_posted_to_a_webhook():
    got: list[tuple[str | None, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Content-Type"], self.headers["Authorization"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as receiver:
        threading.Thread(target=receiver.handle_request).start()
        to_webhook(f"http://notary:p%40ss@127.0.0.1:{receiver.server_port}/")("a note — signed")
    login = f"Basic {b64encode(b'notary:p@ss').decode()}"
    assert got == [("text/plain; charset=utf-8", login, "a note — signed".encode())]
    with capture_logs() as told:
        to_webhook("http://127.0.0.1:9/")("nobody is there")
    assert [one["event"] for one in told] == ["a checkpoint cannot be sent"]


def test_a_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path):
    path = tmp_path / "key"
    public = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    private = private_key_of(path.read_bytes())
    assert public_key_of(public.read_bytes()) == private.public_key()
    with pytest.raises(InvalidRequest, match="cannot be written"):
        make_key(path)
    assert private_key_of(path.read_bytes()).private_bytes_raw() == private.private_bytes_raw()


def test_a_key_that_is_not_there_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(InvalidRequest, match="varve audit key"):
        read_key(tmp_path / "nosuch")


def _made(folder: Path) -> Path:
    make_key(folder / "key")
    return folder / "key"
