"""The last known good answers on disk: one folder a process, one file in it, replaced as a whole."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from varve.context import Context
from varve.effective import Effective
from varve.kept import Kept, document_of, entries_of
from varve.metrics import Metrics

logger = logging.getLogger("varve")

FORMAT = "varve-answers-1"
MOST_CONTEXTS = 1_000
LARGEST_FILE = 64 * 1024 * 1024
DEAD_FOLDERS = 2
WRITE_EVERY_SECONDS = 2.0


class CacheFolder:
    """What was known when the process began is read from the newest good file of any process, also a dead one.

    A folder is in use for as long as somebody holds its lock. `about` names the service and the environment: answers
    about others are none of ours.
    """

    def __init__(self, folder: Path, *, about: str, metrics: Metrics) -> None:
        self._folder = folder
        self._about = about
        self._metrics = metrics
        self._own: Path | None = None
        self._lock: int | None = None
        self._warned = False
        self._begun: dict[Context, Kept] | None = None

    def found(self, context: Context) -> Kept | None:
        if self._begun is None:
            self._begun = self._adopted()
        return self._begun.get(context)

    def _adopted(self) -> dict[Context, Kept]:
        for file in self._files():
            try:
                return dict(entries_of(document_in(file, about=self._about)))
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                logger.warning("kept answers in %s are of no use: %s", file, error)
        return {}

    def _files(self) -> list[Path]:
        """All there are, the newest first."""
        try:
            dated = [(file.stat().st_mtime, file) for file in self._folder.glob("*/answers")]
        except OSError:
            return []
        return [file for _, file in sorted(dated, reverse=True)]

    def save(self, answers: Iterable[Effective]) -> None:
        """Called by one thread. What fails is told once, and tried again the next time."""
        try:
            self._write(list(answers)[:MOST_CONTEXTS])
            self._metrics.count("disk_writes")
            self._warned = False
        except OSError as error:
            self._metrics.count("disk_failures")
            if not self._warned:
                logger.warning("answers are not kept on disk: %s", error)
            self._warned = True

    def _write(self, answers: list[Effective]) -> None:
        payload = json.dumps(document_of(answers, about=self._about), separators=(",", ":")).encode()
        if len(payload) > LARGEST_FILE:
            return self._write(answers[: len(answers) // 2])
        own = self._folder_of_our_own()
        begun = own / "answers.new"
        head = f"{FORMAT} {sha256(payload).hexdigest()}\n".encode()
        with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(head + payload)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(own / "answers")
        return None

    def _folder_of_our_own(self) -> Path:
        if self._own is not None and self._own.is_dir():
            return self._own
        self._release()
        own = self._folder / os.urandom(16).hex()
        own.mkdir(mode=0o700, parents=True)
        self._lock = locked(own)
        self._own = own
        self._remove_dead()
        return own

    def _remove_dead(self) -> None:
        """All but the newest few folders that nobody uses."""
        dead = [folder for folder in folders(self._folder) if folder != self._own and is_dead(folder)]
        for folder in dead[DEAD_FOLDERS:]:
            with suppress(OSError):  # another process is at it too
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        self._release()


def folders(folder: Path) -> Iterator[Path]:
    """The newest first."""
    found = [one for one in folder.iterdir() if (one / "lock").exists()]
    return iter(sorted(found, key=lambda one: one.stat().st_mtime, reverse=True))


def locked(folder: Path) -> int:
    number = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return number


def is_dead(folder: Path) -> bool:
    try:
        os.close(locked(folder))
    except OSError:
        return False
    return True


def document_in(file: Path, *, about: str) -> dict[str, Any]:
    """Raises OSError, or ValueError for what is torn, of another version, or about something else."""
    head, _, payload = file.read_bytes().partition(b"\n")
    form, _, digest = head.decode("ascii", "replace").partition(" ")
    if form != FORMAT:
        raise ValueError(f"it is of another version ({form[:40]!r})")
    if sha256(payload).hexdigest() != digest:
        raise ValueError("it is torn")
    document: dict[str, Any] = json.loads(payload)
    if document["about"] != about:
        raise ValueError("it is about another service or environment")
    return document
