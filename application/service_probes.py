"""Probes of what serves an environment: databases, models, limits, backups, alerts, keys."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import UUID

from application.go_live import Found, GoingLive, Probe, failed, passed, unknown
from application.ports import EventStore
from application.webhook_outbox import Delivery, State
from domain.access.api_key import KnownKey
from domain.access.roles import EVERY_ENVIRONMENT
from domain.errors import InvalidRequest, StoreUnavailable
from domain.times import rfc3339
from domain.webhooks.event_types import matches

ALERTS = ("health.alerted", "change_set.rolled_back")
STATES: tuple[State, ...] = ("delivered", "dead", "waiting")
LATEST = 100  # deliveries of a state
MODELS_AT_ONCE = 8
MOST_DAYS = 90
DAY_US = 86_400 * 1_000_000
ROWS, PAGES = 1_000, 20  # of the commit log that are looked through for a rotation
ROTATION = "rotate_secrets"  # the operation, as commits have it


def database(going: GoingLive) -> Found:
    if failing := going.cases.inspect_health.checks().failing():
        return failed("; ".join(failing.values()))
    try:
        named = going.cases.manage_indexes.reach(going.environment)
    except StoreUnavailable as away:
        return failed(f"the store answers; {away.detail}")
    if named:
        return passed("the store answers, and so does the database of the application")
    return passed("the store answers; no database of the application is named (VARVE_INDEX_URLS)")


def models_answer(going: GoingLive) -> Found:
    addresses = going.running.models.get(going.environment, ())
    if not addresses:
        return unknown("no address is named that answers as long as models do: set VARVE_MODEL_URLS")
    with ThreadPoolExecutor(MODELS_AT_ONCE) as pool:
        answers = list(pool.map(going.running.ask, addresses))
    silent = []
    for address, answered in zip(addresses, answers, strict=True):
        host = urlsplit(address).hostname
        if not answered.is_taken:
            silent.append(f"{host} answered {answered.status}" if answered.status else f"{host}: {answered.text}")
    if silent:
        return failed(f"{'; '.join(silent)}: see to the models, or name an address that answers 200 to a plain GET")
    return passed(f"{len(addresses)} answered")


def concurrency_limits(going: GoingLive) -> Found:
    if not going.running.knows_callers:
        return failed("no caller is known, so none is limited: set VARVE_AUTH_MODE to keys, oidc or keys+oidc")
    if not going.running.rate_limit:
        return failed("no caller is limited: set VARVE_RATE_LIMIT")
    return passed(f"{going.running.rate_limit} reads a second and caller; what is beyond the threads waits, or is shed")


def backup_restorable(going: GoingLive) -> Found:
    backup = going.backup
    take = "varve backup FILE, then varve golive --backup FILE"
    if backup is None:
        return unknown(f"no backup was shown: {take}")
    try:
        found = going.cases.prove_log.consistency(backup.size)
    except InvalidRequest:
        return failed(f"the backup holds more than this log: it is of another. {take}")
    if found.first_root.hex() != backup.root.lower():
        return failed(f"the backup is not the beginning of this log: it is of another. {take}")
    if lacking := found.second - backup.size:
        return failed(f"{lacking} entries of the log came after the backup: {take}")
    return passed(f"it can be restored, and holds all {backup.size} entries of the log")


def alerts_wired(going: GoingLive) -> Found:
    name = going.environment
    active = [one for one in going.cases.catalogs.current().webhooks.values() if one.is_active]
    here = [one for one in active if one.environment in (None, name)]
    takers = {topic: [one for one in here if matches(one.event_types, topic)] for topic in ALERTS}
    if lacking := [topic for topic, those in takers.items() if not those]:
        add = f"varve webhooks add URL 'health.*' 'change_set.*' -e {name}"
        return failed(f"no active webhook takes {' and '.join(lacking)}: {add}")
    if going.cases.deliver_webhooks.standing().is_paused:
        return failed("deliveries are paused since a restore: varve webhooks resume")
    last = {topic: [_last_tried(going, one.id) for one in those] for topic, those in takers.items()}
    if wrong := [one for those in last.values() for one in those if one is not None and one.state != "delivered"]:
        told = f"was answered {wrong[0].status}" if wrong[0].status else "was not answered"
        return failed(f"the last delivery {told}: varve webhooks deliveries {UUID(wrong[0].webhook)}")
    if not all(any(those) for those in last.values()):
        return unknown("nothing has been sent to it yet: the next event that it takes will tell (varve release draft)")
    return passed("a webhook takes alerts and rollbacks, and took what was sent to it last")


def api_keys(going: GoingLive) -> Found:
    if not going.running.knows_callers:
        return failed("everybody may do everything: set VARVE_AUTH_MODE to keys, oidc or keys+oidc")
    now_us = going.cases.store.now_us()
    good = list(_good_keys(going, now_us))
    if old := [key for key in good if now_us - key.issued_us > MOST_DAYS * DAY_US]:
        issue = "issue others, and revoke these (varve keys list)"
        return failed(
            f"{len(old)} of {len(good)} keys that open {going.environment} are over {MOST_DAYS} days: {issue}"
        )
    return passed(f"{len(good)} keys open {going.environment}, none over {MOST_DAYS} days old")


def secret_keys(going: GoingLive) -> Found:
    store = going.cases.store
    if not store.secrets.can_seal:
        return unknown("there is no master key here, so no secret can be kept: set VARVE_SECRET_KEYS")
    if masters := store.secrets.outdated_masters():
        return failed(f"keys lie under the master key {', '.join(masters)} still: varve secrets rotate")
    since_us = store.now_us() - MOST_DAYS * DAY_US
    rotated = _is_rotated(store, since_us)
    if rotated is None:
        return unknown("the log is too long to find the last rotation in it: varve secrets rotate")
    if not rotated:
        return failed(f"the key of secrets was not rotated since {rfc3339(since_us)}: varve secrets rotate")
    return passed(f"all keys lie under the first master key, and the newest is not over {MOST_DAYS} days old")


SERVICE_PROBES = (
    Probe(
        "database", "The store, its schema and views, and the application's PostgreSQL where one is named.", database
    ),
    Probe("models_answer", "A GET of each address that VARVE_MODEL_URLS names for the environment.", models_answer),
    Probe("concurrency_limits", "The limit of the service on how often a caller may ask.", concurrency_limits),
    Probe(
        "backup_restorable",
        "A backup that was restored on trial, held against the Merkle tree of the log.",
        backup_restorable,
    ),
    Probe("alerts_wired", f"The webhooks that take {' and '.join(ALERTS)}, and their last delivery.", alerts_wired),
    Probe("api_keys", "How callers are known, and how old the keys are that open the environment.", api_keys),
    Probe("secret_keys", "What the keys of secrets lie under, and when they were rotated last.", secret_keys),
)


def _last_tried(going: GoingLive, webhook: str) -> Delivery | None:
    """Of each state the newest are looked through: many may wait behind one that fails."""
    page = going.cases.outbox.page
    found = [one for state in STATES for one in page(webhook, state=state, before=None, limit=LATEST)]
    return max((one for one in found if one.attempted_us), key=lambda one: one.attempted_us or 0, default=None)


def _good_keys(going: GoingLive, now_us: int) -> Iterator[KnownKey]:
    for key in going.cases.catalogs.current().keys.values():
        is_good = key.revoked_us is None and (key.expires_us is None or key.expires_us > now_us)
        if is_good and {EVERY_ENVIRONMENT, going.environment} & set(key.grant.environments):
            yield key


def _is_rotated(store: EventStore, since_us: int) -> bool | None:
    """Whether the newest key of secrets was made since; None where that takes too long to find out.

    The first key of a log is as old as the log at most.
    """
    beginning = store.commits(after=0, limit=1)
    if beginning and beginning[0].recorded_us >= since_us:
        return True
    for _ in range(PAGES):
        rows = store.commit_rows(after_us=since_us, limit=ROWS)
        if any(row.operation == ROTATION for row in rows):
            return True
        if len(rows) < ROWS:
            return False
        since_us = rows[-1].recorded_us
    return None
