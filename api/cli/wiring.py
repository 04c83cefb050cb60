"""The command line's part of the composition root: the only file here that names infrastructure, and loads it late."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.failures import Failed, Misused, Unreachable
from domain.documents import Document
from domain.errors import Refusal, StoreUnavailable

if TYPE_CHECKING:
    from api.app import Service
    from api.callers import Callers
    from application.measurements import Sums
    from application.running import Running
    from application.watch_failures import Watching
    from infrastructure.checkpoints import Checkpoints
    from infrastructure.indexing import Indexing
    from infrastructure.legacy_source import LegacyRows
    from infrastructure.parquet import Export
    from infrastructure.settings import Settings
    from infrastructure.store_lock import Holder
    from infrastructure.stores import OpenStore
    from infrastructure.webhooks.courier import Webhooks

    __all__ = ["Export", "OpenStore", "Settings"]  # for those who speak of them


class Held(Unreachable):
    """Another process has the store open."""


@contextmanager
def told(kind: type[Failed] = Failed) -> Iterator[None]:
    """Refusals end the command, as this kind of failure."""
    try:
        yield
    except StoreUnavailable as refusal:
        raise (Held if hasattr(refusal, "holder") else Unreachable)(refusal.detail) from refusal
    except Refusal as refusal:
        faults = [(fault.pointer, fault.message) for fault in refusal.faults]
        shown = [one for one in faults if one[0] or len(faults) > 1]
        raise kind(refusal.detail, faults=shown, code=refusal.code) from refusal


def settings(**options: Any) -> Settings:
    """The settings in force, with these options over them."""
    from infrastructure.settings import read_settings

    try:
        return read_settings(**options)
    except Refusal as refusal:
        raise Misused(refusal.detail) from refusal


def settings_with_sources(**options: Any) -> list[tuple[str, Any, str]]:
    """Name, value as it may be shown, and where the value comes from."""
    from infrastructure.settings import shown, sources

    values, origins = shown(settings(**options)), sources(**options)
    return [(name, values[name], origins[name]) for name in values]


def without_password(url: str) -> str:
    """An address as it may be shown."""
    from infrastructure.settings import without_password as masked

    return masked(url)


def read_file(path: Path, *, layers: Path | None = None) -> Document:
    """A TOML, YAML or JSON file, over the layers that it extends."""
    with told():
        from infrastructure.files import read_layered

        return read_layered(path, layers_dir=layers)


def read_env_file(path: Path) -> dict[str, str]:
    with told():
        from infrastructure.files import read_env_file as read

        return read(path)


def read_bytes(path: Path) -> bytes:
    """A file that is no single document."""
    with told():
        from infrastructure.files.source import bytes_of

        return bytes_of(path)


def legacy_rows(source: str) -> LegacyRows:
    """What the tables of an older system hold."""
    with told(Misused):
        from infrastructure.legacy_source import read_legacy

        return read_legacy(source)


def holder(store_url: str) -> Holder | None:
    """Who holds the file of a SQLite store, looked up without opening it; None where nobody does."""
    from infrastructure.store_lock import holder_of

    return holder_of(store_url)


def exported(folder: Path) -> AbstractContextManager[Export]:
    from infrastructure.parquet import exported as export

    return export(folder)


def warehouse(where: str) -> AbstractContextManager[Sums]:
    from infrastructure.warehouse import warehouse as sums

    return sums(where)


def checkpoints_of(settings: Settings, *, published: bool = True) -> Checkpoints:
    """How checkpoints are cut with these settings. Raises Misused for a key that cannot be read."""
    from infrastructure.checkpoints import Checkpoints, read_key, to_file, to_webhook

    publishers = []
    if published and settings.checkpoint_file is not None:
        publishers.append(to_file(settings.checkpoint_file))
    if published and settings.checkpoint_webhook is not None:
        publishers.append(to_webhook(str(settings.checkpoint_webhook), ca_file=settings.webhook_ca_file))
    with told(Misused):
        key = read_key(settings.checkpoint_key) if settings.checkpoint_key else None
    return Checkpoints(key, tuple(publishers), settings.checkpoint_events, settings.checkpoint_seconds)


def callers_of(settings: Settings) -> Callers | None:
    """How callers are known with these settings; None where everybody may do everything.

    Raises Misused for a secret that cannot be read.
    """
    from api.callers import Callers
    from infrastructure.sign_in import sign_in_of
    from infrastructure.tokens import Issuer, IssuerTokens

    if settings.auth_mode == "open":
        return None
    if "oidc" not in settings.auth_mode:
        return Callers()
    tokens = IssuerTokens(Issuer.of(settings))
    with told(Misused):
        return Callers("keys" in settings.auth_mode, tokens, sign_in_of(settings, tokens))


def watching_of(settings: Settings) -> Watching:
    """What is done about failures with these settings."""
    from application.reports import Threshold
    from application.watch_failures import Watching

    threshold = Threshold(settings.quarantine_failures, settings.quarantine_seconds)
    return Watching(threshold, settings.auto_quarantine, settings.telemetry_days)


def webhooks_of(settings: Settings, *, delivers: bool = True) -> Webhooks:
    """How events are sent with these settings. Raises Misused for authorities that cannot be read."""
    from application.deliver_webhooks import Patience
    from infrastructure.webhooks.courier import Webhooks
    from infrastructure.webhooks.sender import HttpSender, trusted

    with told(Misused):
        if settings.webhook_ca_file is not None:
            trusted(settings.webhook_ca_file)  # told now, where a wrong file still stops the start
    sender = HttpSender(settings.webhook_ca_file, allows_private=settings.webhook_allow_private)
    patience = Patience(settings.webhook_retry_seconds, settings.webhook_disable_days)
    return Webhooks(sender, patience, settings.telemetry_days, delivers)


def indexing_of(settings: Settings) -> Indexing:
    """What is known of the indexes of applications with these settings."""
    from infrastructure.indexing import Indexing

    urls = {name: url.get_secret_value() for name, url in settings.index_urls.items()}
    return Indexing(settings.tokenizers, urls)


def running_of(settings: Settings) -> Running:
    """What the checklist for going live is told of these settings."""
    from infrastructure.running import running_of as told_of

    return told_of(settings)


def made_key(path: Path) -> Path:
    """A new key to sign checkpoints with; where its public half is."""
    with told():
        from infrastructure.checkpoints import make_key

        return make_key(path)


def new_master_key(name: str) -> str:
    """A line for the file of master keys."""
    with told():
        from infrastructure.master_keys import new_line

        return new_line(name)


def log_to_stderr(level: str) -> None:
    """As it is when something is told."""
    from infrastructure.logs import configure_logs

    configure_logs(level, stream=lambda: sys.stderr)


def log_to_stdout(level: str) -> None:
    """Lines of JSON; on a terminal, text. Those of libraries too."""
    from infrastructure.logs import configure_logs, take_in_libraries

    take_in_libraries()
    configure_logs(level, stream=lambda: sys.stdout, for_people=sys.stdout.isatty())


def migrated(store_url: str, *, secret_keys: Path | None = None) -> str:
    """Bring a store's schema up to date, and try its keys; answers which schema that is."""
    with told(Misused):
        from infrastructure.migrations import HEAD
        from infrastructure.stores import open_store

        opened = open_store(store_url)
        try:
            opened.unlock(secret_keys)
        finally:
            opened.close()
        return HEAD


def backed_up(store_url: str, file: Path) -> dict[str, Any]:
    """Copy a store's log into a file; what the file holds."""
    with told():
        from infrastructure.backup import back_up

        return back_up(store_url, file)._asdict()


def restored(file: Path, store_url: str) -> dict[str, Any]:
    """Make a backup the log of a new store; what it holds."""
    with told():
        from infrastructure.backup import restore

        return restore(file, store_url)._asdict()


@contextmanager
def opened_service(
    store_url: str,
    *,
    environment: str,
    variables: Mapping[str, str],
    on_open: Callable[[OpenStore], None],
    checkpoints: Checkpoints | None = None,
    callers: Callers | None = None,
    secret_keys: Path | None = None,
    watching: Watching | None = None,
    webhooks: Webhooks | None = None,
    indexing: Indexing | None = None,
    is_read_only: bool = False,
) -> Iterator[Service]:
    """A store with its use cases; `on_open` sees the store before anything is recorded."""
    from api.bootstrap import served
    from infrastructure.stores import open_store

    opened = open_store(store_url)
    try:
        on_open(opened)
        opened.unlock(secret_keys)
        yield from served(
            opened,
            environment=environment,
            variables=variables,
            checkpoints=checkpoints,
            callers=callers,
            watching=watching,
            webhooks=webhooks,
            indexing=indexing,
            is_read_only=is_read_only,
        )
    finally:
        opened.close()
