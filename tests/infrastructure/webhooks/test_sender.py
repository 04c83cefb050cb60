"""The sender reaches whom it may, for as long as it may, and tells what came of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from domain.errors import InvalidRequest
from infrastructure.webhooks.sender import MOST_TOLD, HttpSender, trusted
from tests.domain.webhooks.test_address import NOT_PUBLIC
from tests.receiver import Receiver, receiving

BODY = b'{"specversion": "1.0"}'


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as found:
        yield found


def at_home(receiver: Receiver, **options: object) -> HttpSender:
    """A sender in development, which knows the receiver's authority."""
    return HttpSender(receiver.ca_file, allows_private=True, **options)  # type: ignore[arg-type]


def test_a_body_is_posted_with_its_headers(receiver: Receiver):
    receiver.answers = lambda _: (200, {}, [b"ok"])
    answered = at_home(receiver).send(receiver.url, headers={"webhook-id": "m-1"}, body=BODY)
    assert (answered.status, answered.text, answered.is_taken) == (200, "ok", True)
    ((headers, body),) = receiver.heard
    assert body == BODY
    assert headers["webhook-id"] == "m-1"
    assert headers["host"] == f"localhost:{receiver.port}"
    assert headers["user-agent"].startswith("Varve-Webhooks/")


def test_an_address_is_asked_with_the_login_in_it(receiver: Receiver):
    receiver.answers = lambda _: (200, {}, [b"ok"])
    answered = at_home(receiver).get(receiver.url.replace("https://", "https://u:p%40ss@"))
    assert (answered.status, answered.text) == (200, "ok")
    ((headers, body),) = receiver.heard
    assert (headers["authorization"], body) == ("Basic dTpwQHNz", b"")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_inside_is_not_followed(receiver: Receiver, address: str):
    sender = HttpSender(receiver.ca_file, resolve=lambda _, __: [address])
    answered = sender.send(receiver.url, headers={}, body=BODY)
    assert answered.status is None
    assert "not on the public internet" in answered.text
    assert receiver.heard == []


def test_one_address_inside_spoils_the_name(receiver: Receiver):
    sender = HttpSender(receiver.ca_file, resolve=lambda _, __: ["93.184.215.14", "127.0.0.1"])
    assert "127.0.0.1" in sender.send(receiver.url, headers={}, body=BODY).text
    assert receiver.heard == []


def test_a_name_is_resolved_once_and_that_very_address_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """A resolver that says something public first, and something private the next time, is asked once."""
    asked, connected = [], []

    def rebinding(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError("nobody is there")

    monkeypatch.setattr("socket.create_connection", connect)
    answered = HttpSender(receiver.ca_file, resolve=rebinding).send(receiver.url, headers={}, body=BODY)
    assert answered.status is None
    assert asked == ["localhost"]
    assert connected == [("93.184.215.14", receiver.port)]


def test_the_next_address_is_tried_where_one_cannot_be_reached(receiver: Receiver):
    sender = at_home(receiver, resolve=lambda _, __: ["127.0.0.9", "127.0.0.1"])
    assert sender.send(receiver.url, headers={}, body=BODY).is_taken


def test_a_name_that_does_not_resolve_is_told(receiver: Receiver):
    def unknown(*_: object) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    answered = at_home(receiver, resolve=unknown).send(receiver.url, headers={}, body=BODY)
    assert (answered.status, answered.is_taken) == (None, False)
    assert "Name or service not known" in answered.text


def test_redirects_are_not_followed(receiver: Receiver):
    receiver.answers = lambda _: (307, {"Location": f"https://localhost:{receiver.port}/inside"}, [])
    answered = at_home(receiver).send(receiver.url, headers={}, body=BODY)
    assert (answered.status, answered.is_taken) == (307, False)
    assert "redirects are not followed" in answered.text
    assert len(receiver.heard) == 1


def test_a_proxy_of_the_environment_is_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert at_home(receiver).send(receiver.url, headers={}, body=BODY).is_taken


def test_a_receiver_whose_authority_is_not_known_hears_nothing(receiver: Receiver):
    answered = HttpSender(allows_private=True).send(receiver.url, headers={}, body=BODY)
    assert answered.status is None
    assert "certificate" in answered.text
    assert receiver.heard == []


def test_a_receiver_of_another_name_hears_nothing(tmp_path: Path):
    with receiving(tmp_path, name="other.example") as receiver:
        answered = at_home(receiver).send(receiver.url, headers={}, body=BODY)
    assert "certificate" in answered.text
    assert receiver.heard == []


def test_of_a_long_answer_the_beginning_is_kept(receiver: Receiver):
    receiver.answers = lambda _: (500, {}, [b"\x00\x1b[31mtoo bad", b"x" * 1_000_000])
    answered = at_home(receiver).send(receiver.url, headers={}, body=BODY)
    assert answered.status == 500
    assert len(answered.text) <= MOST_TOLD
    assert answered.text.isprintable()
    assert "too bad" in answered.text


def test_a_receiver_that_hangs_is_left_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = HttpSender(allows_private=True, seconds=0.3)
        answered = sender.send(f"https://127.0.0.1:{listener.getsockname()[1]}/", headers={}, body=BODY)
    assert answered.status is None
    assert "within 0.3 s" in answered.text


def test_a_receiver_that_answers_a_byte_at_a_time_is_left_at_the_deadline(receiver: Receiver):
    """Each wait is short, and together they would never end."""

    def drip() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield b"x"

    receiver.answers = lambda _: (200, {}, drip())
    answered = at_home(receiver, seconds=0.5).send(receiver.url, headers={}, body=BODY)
    assert answered.status is None
    assert "within 0.5 s" in answered.text


def test_authorities_that_cannot_be_read_are_told(tmp_path: Path):
    (tmp_path / "no.pem").write_text("nothing")
    for path in (tmp_path / "no.pem", tmp_path / "away.pem"):
        with pytest.raises(InvalidRequest, match="name a file with certificates"):
            trusted(path)
