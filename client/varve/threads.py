"""Threads of the client: none of them keeps a process alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

logger = logging.getLogger("varve")


def started(work: Callable[[], object], *, name: str) -> threading.Thread | None:
    """A thread at work; None where the system gives no more, or Python is about to end."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        logger.warning("%s has no thread: %s", name, error)
        return None
    return thread


def join(threads: Iterable[threading.Thread | None], *, seconds: float) -> None:
    """Wait until they have ended, for at most these seconds together."""
    deadline = time.monotonic() + seconds
    for thread in threads:
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))
