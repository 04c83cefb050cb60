"""Sends events to webhooks: at least once each, those of one subject in their order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from application.catalog import Catalog, Catalogs
from application.inspect_log import LoggedEvent
from application.manage_webhooks import ManageWebhooks
from application.moments import SERVER
from application.ports import Command, Commit, EventStore, Progress, Recorded
from application.webhook_outbox import Answered, Attempted, Delivery, DeliverySignals, Kept, NewDelivery, Outbox, Sender
from domain.aggregate import stream_id
from domain.errors import Conflict, NotFound, Refusal, StoreUnavailable
from domain.secrets.envelope import shown_json
from domain.webhooks.known import KnownWebhook
from domain.webhooks.message import content_type, message
from domain.webhooks.signature import signed_headers
from domain.webhooks.webhook import SECRET_AT, Webhook

COMMITS_A_STEP = 200
EVENTS_A_STEP = 5_000  # but for a commit that has more
FAR = 1_000  # positions that nobody wanted: more of them are not looked through again after a crash
AT_ONCE = 4  # deliveries on their way to one webhook
GONE = 410
SWITCHED_OFF = "the webhook was switched off before this was sent"
RESTORED = "the log was restored before this was sent"
US = 1_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """The seconds before each further attempt, and for how many days a webhook may fail."""

    retry_seconds: Sequence[float] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    days: float = 5.0


class DeliverWebhooks:
    """`plan`, `due` and `settle` are called by one thread of one process; `attempt` by many."""

    def __init__(
        self,
        store: EventStore,
        progress: Progress,
        catalogs: Catalogs,
        manage: ManageWebhooks,
        *,
        outbox: Outbox,
        sender: Sender,
        signals: DeliverySignals,
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._progress = progress
        self._catalogs = catalogs
        self._manage = manage
        self._outbox = outbox
        self._sender = sender
        self._signals = signals
        self._patience = patience or Patience()
        self._log = f"{store.identity.log_id}/{store.identity.epoch}"
        self._kept: Kept | None = None
        self._is_idle = False  # there was no webhook at the last look, and nothing is left of one
        self._read = 0  # how far the log was looked through since: nobody wanted what lies between

    def begin(self) -> None:
        """When the log is opened. One that has webhooks and comes without its queue was restored: then it is paused."""
        if self._outbox.kept() is None:
            webhooks = self._catalogs.current().webhooks
            self._outbox.begin(Kept(self._log, self._head(), bool(webhooks)))

    def standing(self) -> Kept:
        """Where it stands; paused too where the log is another than it was, until `resume`."""
        kept = self._outbox.kept()
        assert kept is not None, "deliveries have begun when the log was opened"
        return kept._replace(is_paused=kept.is_paused or kept.log != self._log)

    def _head(self) -> int:
        newest = self._store.newest()
        return newest.last if newest else 0

    def resume(self, *, after: int | None = None) -> Kept:
        """Go on with what lies beyond a position; None for what is to come. What waited before a restore is dead."""
        head = self._head()
        kept = Kept(self._log, head if after is None else min(after, head), is_paused=False)
        self._outbox.resume(kept, why=RESTORED)
        return kept

    def plan(self) -> bool:
        """Queue what has been recorded; whether there may be more."""
        standing = self.standing()
        if standing.is_paused:
            return False
        if standing != self._kept:
            self._kept, self._read, self._is_idle = standing, standing.position, False
        upto = self._progress.visible  # asked before the catalog, which is then never behind it
        catalog = self._catalogs.current()
        last, events = self._unread(upto, catalog)
        if last <= self._read:
            return False
        new = list(self._wanted(events, catalog))
        given_up = dict.fromkeys(_switched_off(events, catalog), SWITCHED_OFF)
        if new or given_up or last - standing.position >= FAR:
            now_us = self._store.now_us()
            moved = self._outbox.plan(standing, position=last, new=new, given_up=given_up, now_us=now_us)
            self._kept = standing._replace(position=last) if moved else None
        self._read, self._is_idle = last, not catalog.webhooks and catalog.position <= last
        return last < upto

    def _unread(self, upto: int, catalog: Catalog) -> tuple[int, Sequence[Recorded]]:
        """Some of what lies before a position, and where it ends; nothing is read where there is no webhook."""
        if self._is_idle and not catalog.webhooks:
            return upto, ()
        last = self._read
        for commit in self._store.commits(after=self._read, limit=COMMITS_A_STEP):
            if commit.last > upto or (last > self._read and commit.last - self._read > EVENTS_A_STEP):
                break
            last = commit.last
        return last, self._store.events(first=self._read + 1, last=last) if last > self._read else ()

    def _wanted(self, events: Sequence[Recorded], catalog: Catalog) -> Iterator[NewDelivery]:
        webhooks = [one for one in catalog.webhooks.values() if one.is_active]
        now_us = self._store.now_us() if webhooks else 0
        for event in events if webhooks else ():
            environment = orjson.loads(event.state).get("environment")
            for one in webhooks:
                if one.takes(event.topic, environment=environment, position=event.position):
                    id_ = stream_id("delivery", one.id, self._log, str(event.position)).hex
                    place = (self._log, event.position, event.topic, event.stream_hex)
                    yield NewDelivery(id_, one.id, *place, now_us)

    def due(self, flying: Collection[Delivery]) -> list[Delivery]:
        """What is to be sent now, besides what is on its way."""
        busy = Counter(one.webhook for one in flying)
        webhooks = self._catalogs.current().webhooks.values()
        places = {one.id: AT_ONCE - busy[one.id] for one in webhooks if one.is_active and busy[one.id] < AT_ONCE}
        if not places or self.standing().is_paused:
            return []
        return self._outbox.due(places, flying=[one.number for one in flying], now_us=self._store.now_us())

    def attempt(self, delivery: Delivery) -> Attempted | None:
        """Send it once; None where that is not to be, or cannot be told now. Raises StoreUnavailable."""
        webhook = self._catalogs.current().webhooks.get(delivery.webhook)
        if webhook is None or not webhook.is_active:
            return None
        event = self._event(delivery.position)
        body = json_of(message(webhook.template, event.told(), source=f"/varve/{self._log}"))
        answered = self._send(webhook, UUID(delivery.id), body)
        return self._attempted(delivery, answered)

    def test(self, webhook: KnownWebhook) -> Answered:
        """Send an event that never was, once. Raises StoreUnavailable."""
        now_us = self._store.now_us()
        event = LoggedEvent(
            Recorded(0, webhook.id, webhook.version, "webhook.test", b'{"actor":"varve","class_version":1}'),
            Commit(now_us, 0, 0, SERVER, "", "", b""),
        ).told()
        event["environment"] = webhook.environment
        body = json_of(message(webhook.template, event, source=f"/varve/{self._log}"))
        return self._send(webhook, stream_id("test", webhook.id, str(now_us)), body)

    def _send(self, webhook: KnownWebhook, message_id: UUID, body: bytes) -> Answered:
        at_us = self._store.now_us()
        try:
            secrets = self._secrets(UUID(webhook.id), at_us)
        except StoreUnavailable:
            raise
        except Refusal as refusal:  # no master key here, for one
            return Answered(None, refusal.detail, 0.0)
        signed = signed_headers(str(message_id), at_seconds=at_us // US, body=body, secrets=secrets)
        headers = {"Content-Type": content_type(webhook.template), **signed}
        return self._sender.send(webhook.url, headers=headers, body=body)

    def _secrets(self, webhook_id: UUID, now_us: int) -> list[str]:
        """The newest first; with the one of before, for as long as that signs too."""
        webhook = self._store.load(Webhook, webhook_id)
        sealed = [webhook.secret]
        if webhook.old_secret is not None and now_us < webhook.old_until_us:
            sealed.append(webhook.old_secret)
        opened = self._store.secrets.open
        return [opened(one, stream=webhook_id, version=webhook.version, pointer=SECRET_AT) for one in sealed]

    def _event(self, position: int) -> LoggedEvent:
        (event,) = self._store.events(first=position, last=position)
        return LoggedEvent(event, self._store.commits(after=position - 1, limit=1)[0])

    def _attempted(self, delivery: Delivery, answered: Answered) -> Attempted:
        now_us, waits = self._store.now_us(), self._patience.retry_seconds
        if answered.is_taken:
            return Attempted(delivery, "delivered", None, answered, now_us)
        if answered.status == GONE or delivery.attempts >= len(waits):
            return Attempted(delivery, "dead", None, answered, now_us)
        wait = waits[delivery.attempts] * random.uniform(0.9, 1.1)  # noqa: S311 -- jitter, not a secret
        return Attempted(delivery, "waiting", now_us + round(wait * US), answered, now_us)

    def settle(self, attempted: Sequence[Attempted]) -> None:
        """Keep what came of attempts, and switch off webhooks that want no more or have failed for days."""
        failing = self._outbox.settle(attempted)
        for one in attempted:
            self._signals.attempted(one)
        gone = {one.delivery.webhook for one in attempted if one.answered.status == GONE}
        for webhook in gone:
            self._disable(webhook, why="its receiver answered 410 Gone")
        now_us = self._store.now_us() if failing else 0
        for webhook, since_us in failing.items():
            if webhook not in gone and now_us - since_us > self._patience.days * 86_400 * US:
                self._disable(webhook, why=f"nothing could be delivered for {self._patience.days:g} days")

    def _disable(self, webhook: str, *, why: str) -> None:
        known = self._catalogs.current().webhooks.get(webhook)
        if known is None or not known.is_active:
            return
        # The same from whichever server.
        command = Command(SERVER, f"disable:{webhook}:{known.version}", "disable_webhook", b"", why)
        try:
            self._manage.disable(UUID(webhook), why=why, command=command)
        except Refusal as refusal:
            self._signals.disabled(webhook, why=why, problem=refusal.detail)
            return
        self._signals.disabled(webhook, why=why, problem=None)

    def tell_standing(self) -> None:
        backlog, is_paused = self._outbox.backlog(), self.standing().is_paused
        self._signals.standing(backlog, is_paused=is_paused, now_us=self._store.now_us())

    def forget(self, *, days: float, limit: int) -> int:
        """Some of the deliveries that wait no more and are older; how many."""
        return self._outbox.prune(before_us=self._store.now_us() - round(days * 86_400 * US), limit=limit)

    def send_again(self, webhook: KnownWebhook, delivery_id: str) -> Delivery:
        """A delivery that waits, is dead or was delivered, at once. Raises NotFound, Conflict."""
        found = self._outbox.find(webhook.id, delivery_id)
        if found is None:
            raise NotFound(f"there is no delivery {UUID(delivery_id)}: GET …/deliveries lists what there is")
        if not webhook.is_active:
            raise Conflict("this webhook is switched off: switch it on, then send again")
        if found.log != self._log:
            raise Conflict(f"the log was restored since: what stands at {found.position} now is another event")
        self._outbox.send_again(found, now_us=self._store.now_us())
        again = self._outbox.find(webhook.id, delivery_id)
        return again or found


def json_of(content: object) -> bytes:
    """What leaves: an envelope as its placeholder."""
    return shown_json(orjson.dumps(content))


def _switched_off(events: Sequence[Recorded], catalog: Catalog) -> set[str]:
    """The webhooks that these events are about and to which nothing is sent any more."""
    about = {event.stream_hex for event in events if event.topic.startswith(f"{Webhook.TOPIC}.")}
    return {one for one in about if one not in catalog.webhooks or not catalog.webhooks[one].is_active}
