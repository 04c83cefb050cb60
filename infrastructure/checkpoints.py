"""The log's tree is kept up beside it; checkpoints are signed with a key from a file, and go where others hold them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from application.prove_log import ProveLog
from application.publish_checkpoints import Publish, PublishCheckpoints
from application.walk_log import Altered
from domain.audit.checkpoint import private_key_of, private_pem, public_pem
from domain.errors import Conflict, InvalidRequest
from infrastructure.webhooks.sender import HttpSender, proved

log = structlog.get_logger("checkpoints")
WEBHOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """How often checkpoints are cut, with which key, and where they go."""

    key: Ed25519PrivateKey | None = None
    publishers: tuple[Publish, ...] = ()
    every_leaves: int = 1000
    every_seconds: float = 60.0


class Anchor:
    """A thread that follows the log with its Merkle tree; nothing waits for it."""

    def __init__(
        self,
        prove_log: ProveLog,
        publish: PublishCheckpoints,
        *,
        leads: Callable[[], bool],
        often: Checkpoints,
        poll_seconds: float = 1.0,
    ) -> None:
        self._prove_log = prove_log
        self._publish = publish
        self._leads = leads
        self._often = often
        self._poll_seconds = poll_seconds
        self._published, self._published_at = 0, -often.every_seconds
        self._closing = Event()
        self._thread = Thread(target=self._follow, name="anchor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Come to the head of the log once more, and stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
            self._step()

    def _follow(self) -> None:
        while not self._closing.wait(self._poll_seconds):
            self._step()

    def _step(self) -> None:
        try:
            if self._leads():
                self._grow()
        except Altered as altered:
            # What does not fit together is never signed.
            log.error("the log was altered: run varve audit verify", position=altered.position, reason=altered.reason)
        except Conflict as refusal:
            log.error(refusal.detail)
        except Exception as error:  # noqa: BLE001 -- the thread outlives a store that is away for a while
            log.warning("the log's tree does not grow", error=repr(error))

    def _grow(self) -> None:
        leaves = self._prove_log.grow() - self._published
        waited = time.monotonic() - self._published_at
        due = leaves >= self._often.every_leaves or (
            leaves > 0 and (waited >= self._often.every_seconds or self._closing.is_set())
        )
        if due and self._publish.can_sign:
            self._published, self._published_at = self._publish.publish(), time.monotonic()


def to_file(path: Path) -> Publish:
    """Keeps the newest checkpoint in a file; a reader sees the old one or the new one."""

    def publish(note: str) -> None:
        new = path.with_name(path.name + ".new")
        try:
            new.write_text(note, encoding="utf-8")
            new.replace(path)
        except OSError as error:
            log.error("a checkpoint cannot be written", file=str(path), error=repr(error))

    return publish


def to_webhook(url: str, *, ca_file: Path | None = None) -> Publish:
    """Posts each checkpoint as text, wherever the operator says: inside the own network too, and with a password."""
    address, proof = proved(url)
    headers = {"Content-Type": "text/plain; charset=utf-8", **proof}
    sender = HttpSender(ca_file, allows_private=True, seconds=WEBHOOK_SECONDS)

    def publish(note: str) -> None:
        answered = sender.send(address, headers=headers, body=note.encode())
        if not answered.is_taken:
            log.error("a checkpoint cannot be sent", status=answered.status, error=answered.text)

    return publish


def read_key(path: Path) -> Ed25519PrivateKey:
    """Raises InvalidRequest for a file that cannot be read, or is no key."""
    try:
        return private_key_of(path.read_bytes())
    except OSError as error:
        message = f"the key {path} cannot be read ({error.strerror}): make one with varve audit key {path}"
        raise InvalidRequest.at("/checkpoint_key", message, "key") from error


def make_key(path: Path) -> Path:
    """A new key in a file that only its owner may read; its public half beside it, whose name is answered.

    Raises InvalidRequest for a file that is there already: a key is never overwritten.
    """
    key, public = Ed25519PrivateKey.generate(), path.with_name(path.name + ".pub")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(private_pem(key))
        public.write_bytes(public_pem(key.public_key()))
    except OSError as error:
        raise InvalidRequest.at("", f"the key {path} cannot be written: {error.strerror}", "key") from error
    return public
