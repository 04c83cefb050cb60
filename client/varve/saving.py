"""Bringing the answers held to disk, every now and then, on a thread of its own."""

from __future__ import annotations

import threading

from varve.effective import Effective
from varve.held import Held
from varve.kept import Disk, NoDisk
from varve.threads import started

WRITE_EVERY_SECONDS = 2.0


class Saver:
    def __init__(self, held: Held, disk: Disk) -> None:
        self._held = held
        self._disk = disk
        self._unsaved = threading.Event()
        self._closed = threading.Event()
        self._saving = threading.Lock()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        if not isinstance(self._disk, NoDisk):
            self.thread = started(self._run, name="varve-disk")

    def note(self) -> None:
        """Something is held that is not on disk."""
        self._unsaved.set()

    def _run(self) -> None:
        while not self._closed.wait(WRITE_EVERY_SECONDS):
            self._unsaved.wait()
            self.save()

    def save(self) -> None:
        with self._saving:
            if self._unsaved.is_set():
                self._unsaved.clear()
                self._disk.save(self._answers())

    def _answers(self) -> list[Effective]:
        return [held for context in self._held.contexts() if (held := self._held.peek(context)) is not None]

    def forget(self) -> None:
        """In a forked process: the folder stays the parent's."""
        self._disk.close()

    def close(self) -> None:
        """What is held is saved once more."""
        self.save()
        self._closed.set()
        self._unsaved.set()
        self._disk.close()
