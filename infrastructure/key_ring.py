"""The keys of an open log: kept wrapped beside it, unwrapped in memory alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from uuid import UUID

from application.secret_keys import Rotation
from domain.documents import Document
from domain.errors import KeysMissing
from domain.secrets import sealing
from domain.secrets.envelope import MARK
from domain.secrets.sealing import KEY_BYTES, NONCE_BYTES, DataKey, SecretPlace
from infrastructure.data_keys import DataKeys, WrappedKey
from infrastructure.master_keys import MasterKeys

COMMITMENTS = 0  # the number of the key for commitments, which stays for the life of the log


class NoKeys:
    """Implements the port `Secrets` where there is no master key: what is sealed stays so."""

    can_seal = False
    request_key: bytes | None = None

    def outdated_masters(self) -> list[str]:
        return []

    def commitment(self, *_: object) -> str:
        raise _none()

    def seal(self, *_: object, **__: object) -> Document:
        raise _none()

    def open(self, *_: object, **__: object) -> str:
        raise _none()

    def rotate(self, *_: object, **__: object) -> Rotation:
        raise _none()


class KeyRing:
    """Implements the port `Secrets`."""

    can_seal = True

    def __init__(self, kept: DataKeys, masters: MasterKeys, *, log_id: UUID) -> None:
        """Makes the first keys of a log. Raises KeysMissing for a key that no master key here opens."""
        self._kept = kept
        self._masters = masters
        self._log_id = log_id
        self._open: dict[str, bytes] = {}
        rows = self._kept.change(lambda found: found or self._first())
        for row in rows:
            self._unwrapped(row)
        self._commitment_key = self._unwrapped(rows[COMMITMENTS])
        self.request_key: bytes | None = sealing.request_key(self._commitment_key)

    def outdated_masters(self) -> list[str]:
        return sorted({row.master for row in self._kept.all()} - {self._masters.first})

    def commitment(self, text: str) -> str:
        return sealing.commitment(text, key=self._commitment_key)

    def seal(self, text: str, *, stream: UUID, version: int, pointer: str) -> Document:
        newest = self._kept.all()[-1]  # another process may have rotated
        return sealing.sealed(
            text,
            place=SecretPlace(self._log_id, stream, pointer),
            version=version,
            key=DataKey(newest.id, self._unwrapped(newest)),
            commitment_key=self._commitment_key,
            nonce=os.urandom(NONCE_BYTES),
        )

    def open(self, envelope: Document, *, stream: UUID, version: int, pointer: str) -> str:
        place = SecretPlace(self._log_id, stream, pointer)
        return sealing.opened(envelope, place=place, version=version, key=self._key(envelope[MARK]["key"]))

    def rotate(self, key: str, *, dry_run: bool = False) -> Rotation:
        def anew(found: Sequence[WrappedKey]) -> Sequence[WrappedKey]:
            rows = [self._wrapped(row.number, row.id, self._unwrapped(row)) for row in found]
            if key not in {row.id for row in rows}:
                rows.append(self._wrapped(len(rows), key, os.urandom(KEY_BYTES)))
            return rows

        rows = anew(self._kept.all()) if dry_run else self._kept.change(anew)
        return Rotation(key, self._masters.first, next(row.number for row in rows if row.id == key))

    def _first(self) -> Sequence[WrappedKey]:
        return [self._wrapped(number, os.urandom(16).hex(), os.urandom(KEY_BYTES)) for number in (COMMITMENTS, 1)]

    def _wrapped(self, number: int, id: str, key: bytes) -> WrappedKey:  # noqa: A002 -- as in WrappedKey
        master, nonce = self._masters.first, os.urandom(NONCE_BYTES)
        box = sealing.wrapped(key, id=id, log_id=self._log_id, under=self._masters.keys[master], nonce=nonce)
        return WrappedKey(number, id, master, box)

    def _key(self, id: str) -> bytes:  # noqa: A002
        if id not in self._open:
            for row in self._kept.all():
                if row.id == id:
                    return self._unwrapped(row)
            raise KeysMissing(
                f"the data key {id} is not beside the log: restore the table varve_data_keys with the log"
            )
        return self._open[id]

    def _unwrapped(self, row: WrappedKey) -> bytes:
        """The key, which is remembered. Raises KeysMissing, naming the master key."""
        if row.id not in self._open:
            self._open[row.id] = self._unwrapped_by(self._masters.keys.get(row.master), row)
        return self._open[row.id]

    def _unwrapped_by(self, master: bytes | None, row: WrappedKey) -> bytes:
        file = self._masters.path
        if master is None:
            raise KeysMissing(
                f"the setting secret_keys: the master key {row.master}, which wraps the data key {row.id}, is not in"
                f" {file}: put its line back, and rotate before it goes"
            )
        key = sealing.unwrapped(row.wrapped, id=row.id, log_id=self._log_id, under=master)
        if key is None:
            raise KeysMissing(
                f"the setting secret_keys: the key {row.master} in {file} is not the one that wraps the data key"
                f" {row.id}: put the right one there"
            )
        return key


def _none() -> KeysMissing:
    return KeysMissing("there is no master key for secrets here: set VARVE_SECRET_KEYS, and start again")
