"""One process writes a SQLite store: it holds a lock beside the file, and leaves its address there for the others."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domain.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Holder:
    """The server that holds a store: where it listens, and the token that shows a caller may read this file."""

    address: str | None
    token: str | None
    pid: int | None


class StoreHeld(StoreUnavailable):
    """Another process has the store open."""

    def __init__(self, path: Path, holder: Holder) -> None:
        who = f"the process {holder.pid}" if holder.pid else "another process"
        super().__init__(f"the store {path} is in use by {who}: stop it, or use --server with its address")
        self.holder = holder


class StoreLock:
    """Held until `release`, or until the process ends however it ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.token = secrets.token_urlsafe(32)

    @classmethod
    def take(cls, store: Path) -> Self:
        """Raises StoreHeld."""
        path = store.with_name(store.name + ".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = read_holder(descriptor)
            os.close(descriptor)
            raise StoreHeld(store, holder) from None
        lock = cls(path, descriptor)
        lock.announce(None)
        return lock

    def announce(self, address: str | None) -> None:
        """Say where the server of this process listens."""
        text = json.dumps({"address": address, "token": self.token, "pid": os.getpid()})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """The file stays, empty: to remove it would let two processes lock two files of one name."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def read_holder(descriptor: int) -> Holder:
    """What the holder left; nothing where it has not come to it yet."""
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(found.get("address"), found.get("token"), found.get("pid"))
    except ValueError:
        return Holder(None, None, None)


def holder_of(store_url: str) -> Holder | None:
    """Who holds the file of a SQLite store, looked up without opening it; None where nobody does."""
    path = Path(store_url.removeprefix("sqlite:///"))
    if not store_url.startswith("sqlite:///") or not path.is_file():
        return None
    try:
        StoreLock.take(path).release()
    except StoreHeld as held:
        return held.holder
    except OSError:
        return None  # opening it will tell
    return None
