"""Signed checkpoints of the log, for whoever keeps them away from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from application.prove_log import ProveLog
from domain.audit.checkpoint import Checkpoint, public_pem, signed, verifier_key
from domain.errors import Conflict, NotFound

Publish = Callable[[str], None]
"""Takes the text of a checkpoint away; must not raise."""


class PublishCheckpoints:
    def __init__(
        self, prove_log: ProveLog, *, key: Ed25519PrivateKey | None = None, publishers: Sequence[Publish] = ()
    ) -> None:
        self._prove_log = prove_log
        self._key = key
        self._publishers = publishers
        self._last: Checkpoint | None = None  # that was signed by this process

    def cut(self) -> tuple[Checkpoint, str]:
        """The tree as it is now, and its checkpoint as a signed note.

        Raises NotFound where the server has no key, Conflict where the log did not grow out of the last one it signed.
        """
        key = self._require_key()
        self._prove_log.grow()
        checkpoint = self._prove_log.checkpoint()
        self._require_growth()
        self._last = checkpoint
        return checkpoint, signed(checkpoint, key)

    def _require_growth(self) -> None:
        last = self._last
        if last is not None and self._prove_log.checkpoint(size=last.size).root != last.root:
            raise Conflict("the log is not the one that was signed before: run varve audit verify")

    def publish(self) -> int:
        """Cut one and send it wherever checkpoints go; how many leaves it covers."""
        checkpoint, note = self.cut()
        for send in self._publishers:
            send(note)
        return checkpoint.size

    @property
    def can_sign(self) -> bool:
        return self._key is not None

    def public_key(self, origin: str) -> tuple[str, str]:
        """The key in PEM, and as one line for tools of signed notes. Raises NotFound where the server has no key."""
        key = self._require_key().public_key()
        return public_pem(key).decode(), verifier_key(origin, key)

    def _require_key(self) -> Ed25519PrivateKey:
        if self._key is None:
            raise NotFound(
                "this server signs no checkpoints: make a key with varve audit key, and set VARVE_CHECKPOINT_KEY"
            )
        return self._key
