"""What works behind a client: everything with a thread or a connection, made anew in a forked process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from varve.answers import Answers
from varve.batch import Batches
from varve.defaults import Defaults
from varve.fallbacks import Fallbacks
from varve.fetcher import Fetcher
from varve.follower import Follower
from varve.held import Held
from varve.kept import Disk, NoDisk
from varve.link import Link
from varve.metrics import Metrics
from varve.notices import Notices
from varve.refresher import Refresher
from varve.saving import Saver
from varve.threads import join
from varve.transport import Transport

logger = logging.getLogger("varve")

ENDING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    url: str
    api_key: str | None
    environment: str | None
    cache_dir: Path | None
    timeout_seconds: float
    secrets: bool
    stream: bool
    poll_seconds: float


class Running:
    def __init__(
        self, options: Options, *, held: Held, link: Link, defaults: Defaults, metrics: Metrics, notices: Notices
    ) -> None:
        self.transport = Transport(options.url, api_key=options.api_key, connect_seconds=options.timeout_seconds)
        self.saver = Saver(held, disk := disk_of(options, metrics))
        answers = Answers(defaults, link)
        batches = Batches(self.transport, metrics, environment=options.environment, secrets=options.secrets)
        self.fallbacks = Fallbacks(
            defaults, disk, answers, standing=link, environment=options.environment, metrics=metrics, notices=notices
        )
        refresher = Refresher(
            held, batches, answers, fallbacks=self.fallbacks, metrics=metrics, notices=notices,
            on_new=self.saver.note,
        )  # fmt: skip
        self.fetcher = Fetcher(held, refresher, timeout_seconds=options.timeout_seconds)
        self.follower = Follower(
            held, link, self.transport, refresher, metrics=metrics, notices=notices,
            environment=options.environment, stream=options.stream, poll_seconds=options.poll_seconds,
            timeout_seconds=options.timeout_seconds, on_live=self.fetcher.try_now,
        )  # fmt: skip

    def start(self) -> None:
        self.follower.start()
        self.saver.start()

    def close(self) -> None:
        for close in (self.follower.close, self.fetcher.close, self.saver.close, self.transport.close):
            quietly(close)
        join([self.follower.thread, self.fetcher.thread, self.saver.thread], seconds=ENDING_SECONDS)

    def forget(self) -> None:
        """In a forked process: the threads are not here, and the connections are the parent's."""
        self.follower.forget()
        self.saver.forget()


def disk_of(options: Options, metrics: Metrics) -> Disk:
    if options.cache_dir is None:
        return NoDisk()
    if options.secrets:
        logger.warning("nothing is kept in %s: answers with secrets are never written to disk", options.cache_dir)
        return NoDisk()
    try:
        from varve.disk import CacheFolder  # noqa: PLC0415 - it needs the locks of POSIX
    except ImportError:
        logger.warning("nothing is kept in %s: this system has no locks on files", options.cache_dir)
        return NoDisk()
    return CacheFolder(options.cache_dir, about=f"{options.url} {options.environment or ''}".strip(), metrics=metrics)


def quietly(close: Callable[[], object]) -> None:
    """Whoever closes a client does not want to hear of what could not be closed."""
    try:
        close()
    except Exception:
        logger.exception("the client was not closed cleanly")
