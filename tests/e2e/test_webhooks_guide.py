"""The receiver in the guide takes what Varve sends, once, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from domain.webhooks.signature import secret_of, signed_headers
from infrastructure.webhooks.sender import HttpSender

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "webhooks.md"
SECRET = secret_of(bytes(32))


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the program in the guide defines."""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    names: dict[str, Any] = {"__name__": "guide"}
    exec(found[1], names)  # noqa: S102 -- the guide's own program
    return names


@pytest.fixture
def address(example: dict[str, Any]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), example["Receiver"]) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_receiver_of_the_guide_takes_what_is_sent_once(
    example: dict[str, Any], address: str, capsys: pytest.CaptureFixture[str]
):
    body = b'{"type": "config.updated", "subject": "c-9"}'
    headers = signed_headers("m-1", at_seconds=int(time.time()), body=body, secrets=[SECRET])
    sender = HttpSender(allows_private=True)
    assert sender.send(address, headers=headers, body=body).status == 204
    assert sender.send(address, headers=headers, body=body).status == 204  # the same again
    assert capsys.readouterr().out == "config.updated c-9\n"
    assert example["done"] == {"m-1"}
    assert sender.send(address, headers=headers, body=body + b" ").status == 401
