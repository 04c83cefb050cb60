"""What waits to be sent, and the words that its sending is told in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

State = Literal["waiting", "delivered", "dead"]


class Kept(NamedTuple):
    """How far the log has been looked through. `log` names it and its epoch: a restore makes it another."""

    log: str
    position: int
    is_paused: bool


class NewDelivery(NamedTuple):
    """An event that is to be sent to a webhook. Those of one subject are sent in their order.

    `id` is the same however often it is made. Ids are 32 hex digits.
    """

    id: str
    webhook: str
    log: str
    position: int
    event_type: str
    subject: str
    created_us: int


class Delivery(NamedTuple):
    """One that is kept. `due_us` is None while an earlier one of its subject waits, and once it waits no more.

    `answer` is the beginning of what the receiver said last, or why it could not be asked.
    """

    number: int
    id: str
    webhook: str
    log: str
    position: int
    event_type: str
    subject: str
    created_us: int
    state: State
    attempts: int
    due_us: int | None
    attempted_us: int | None
    status: int | None
    answer: str | None


class Answered(NamedTuple):
    """What came of one attempt; `status` is None where nobody answered."""

    status: int | None
    text: str
    seconds: float

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Attempted(NamedTuple):
    """A delivery after an attempt; `due_us` is when it is tried again, while it waits."""

    delivery: Delivery
    state: State
    due_us: int | None
    answered: Answered
    at_us: int


class Backlog(NamedTuple):
    """How much waits, and since when the oldest."""

    waiting: int
    oldest_us: int | None


class Outbox(Protocol):
    """The queue, beside the log. Nothing in it is lost: where it stands in the log commits with what is queued."""

    def kept(self) -> Kept | None: ...

    def begin(self, kept: Kept) -> None:
        """Where there is nothing yet."""

    def plan(
        self, before: Kept, *, position: int, new: Sequence[NewDelivery], given_up: Mapping[str, str], now_us: int
    ) -> bool:
        """Queue what lies before a position, and give up what waits for webhooks, for a reason.

        False where another process has come there first: nothing was queued.
        """

    def due(self, places: Mapping[str, int], *, flying: Collection[int], now_us: int) -> list[Delivery]:
        """What is to be sent now: at most so many for each webhook, and none that is on its way, by its number."""

    def settle(self, attempted: Sequence[Attempted]) -> Mapping[str, int]:
        """Keep what came of attempts; since when (microseconds) each webhook fails that has failed again."""

    def resume(self, kept: Kept, *, why: str) -> None:
        """Go on from there. What waits of another log is dead, for this reason."""

    def page(self, webhook: str, *, state: State | None, before: int | None, limit: int) -> list[Delivery]:
        """Those of a webhook below a number, the newest first."""

    def find(self, webhook: str, delivery_id: str) -> Delivery | None: ...

    def send_again(self, delivery: Delivery, *, now_us: int) -> None:
        """At once, and as often as a new one; before what else waits of its subject."""

    def backlog(self) -> Backlog: ...

    def prune(self, *, before_us: int, limit: int) -> int:
        """Forget what waits no more and was made before; how many."""


class Sender(Protocol):
    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answered:
        """Post a body. Never raises: whatever goes wrong is an answer."""


class DeliverySignals(Protocol):
    """Where deliveries are counted and told."""

    def attempted(self, one: Attempted) -> None: ...

    def disabled(self, webhook: str, *, why: str, problem: str | None) -> None:
        """A webhook was switched off, or could not be."""

    def standing(self, found: Backlog, *, is_paused: bool, now_us: int) -> None: ...
