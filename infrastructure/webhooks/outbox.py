"""Implements the port `Outbox`, in a database file of its own or in the store's PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from application.webhook_outbox import Attempted, Backlog, Delivery, Kept, NewDelivery, State
from infrastructure.report_transactions import Transactions
from infrastructure.webhooks.tables import deliveries, failing, kept

D = deliveries.c
WAITS = D.state == "waiting"
INSERT = sa.text(
    f"INSERT INTO {deliveries.name} ({', '.join(NewDelivery._fields)}, state, attempts)"  # noqa: S608 -- names of our own
    f" VALUES ({', '.join(f':{name}' for name in NewDelivery._fields)}, 'waiting', 0) ON CONFLICT DO NOTHING"
)
BEGIN = sa.text(
    "INSERT INTO varve_webhook_progress (id, log, position, is_paused) VALUES (1, :log, :position, :is_paused)"
    " ON CONFLICT DO NOTHING"
)
FAILS = sa.text(
    "INSERT INTO varve_webhook_failing (webhook, since_us) VALUES (:webhook, :since_us) ON CONFLICT DO NOTHING"
)
FIRST = sa.select(sa.func.min(D.number)).where(WAITS, D.webhook == sa.bindparam("of"), D.subject == sa.bindparam("on"))
LET_GO = (
    sa.update(deliveries)
    .where(D.number == FIRST.scalar_subquery(), D.due_us.is_(None))
    .values(due_us=sa.bindparam("now_us"))
)
"""The first that waits of a subject may be sent; the others wait for it, and have no time."""
SETTLE = (
    sa.update(deliveries)
    .where(D.number == sa.bindparam("of_number"), D.attempts == sa.bindparam("seen"), WAITS)
    .values(attempts=D.attempts + 1)
)
"""A process that has lost the lead unawares settles nothing that another has settled."""


class SqlOutbox:
    def __init__(self, engine: sa.Engine) -> None:
        self._transactions = Transactions(engine)

    def kept(self) -> Kept | None:
        rows = self._transactions.read(sa.select(kept.c.log, kept.c.position, kept.c.is_paused))
        return Kept._make(rows[0]) if rows else None

    def begin(self, kept: Kept) -> None:
        self._write(lambda c: c.execute(BEGIN, kept._asdict()))

    def plan(
        self, before: Kept, *, position: int, new: Sequence[NewDelivery], given_up: Mapping[str, str], now_us: int
    ) -> bool:
        def do(connection: sa.Connection) -> bool:
            k = kept.c
            stands = (k.log == before.log, k.position == before.position, ~k.is_paused)
            moved = connection.execute(sa.update(kept).where(*stands).values(position=position))
            if moved.rowcount == 0:
                return False
            if new:
                connection.execute(INSERT, [one._asdict() for one in new])
                let_go(connection, ((one.webhook, one.subject) for one in new), now_us=now_us)
            for webhook, why in given_up.items():
                connection.execute(sa.update(deliveries).where(D.webhook == webhook, WAITS).values(**dead(why)))
            return True

        return self._transactions.run(do, writes=True)

    def due(self, places: Mapping[str, int], *, flying: Collection[int], now_us: int) -> list[Delivery]:
        of_each = (
            sa.select(deliveries)
            .where(D.webhook == webhook, D.due_us <= now_us, D.number.not_in(flying))
            .order_by(D.due_us)
            .limit(limit)
            .subquery()
            for webhook, limit in places.items()
        )
        query = sa.union_all(*(sa.select(*one.c) for one in of_each))
        return [Delivery._make(row) for row in self._transactions.read(query)]

    def settle(self, attempted: Sequence[Attempted]) -> Mapping[str, int]:
        taken = {one.delivery.webhook for one in attempted if one.answered.is_taken}
        failed = {one.delivery.webhook: one.at_us for one in attempted if not one.answered.is_taken}
        done = [(one.delivery.webhook, one.delivery.subject) for one in attempted if one.state != "waiting"]
        values = [values_of(one) for one in attempted]
        names = ("state", "due_us", "attempted_us", "status", "answer")
        update = SETTLE.values({name: sa.bindparam(f"new_{name}") for name in names})

        def do(connection: sa.Connection) -> Mapping[str, int]:
            connection.execute(update, values)
            let_go(connection, done, now_us=max(one.at_us for one in attempted))
            if taken:
                connection.execute(sa.delete(failing).where(failing.c.webhook.in_(taken)))
            if not failed:
                return {}
            connection.execute(FAILS, [{"webhook": one, "since_us": at} for one, at in failed.items()])
            found = connection.execute(sa.select(failing).where(failing.c.webhook.in_(failed)))
            return {row.webhook: row.since_us for row in found}

        return self._transactions.run(do, writes=True)

    def resume(self, kept_now: Kept, *, why: str) -> None:
        def do(connection: sa.Connection) -> None:
            connection.execute(sa.update(kept).values(**kept_now._asdict()))
            connection.execute(sa.update(deliveries).where(WAITS, D.log != kept_now.log).values(**dead(why)))

        self._write(do)

    def page(self, webhook: str, *, state: State | None, before: int | None, limit: int) -> list[Delivery]:
        query = sa.select(deliveries).where(D.webhook == webhook).order_by(D.number.desc()).limit(limit)
        if state is not None:
            query = query.where(D.state == state)
        if before is not None:
            query = query.where(D.number < before)
        return [Delivery._make(row) for row in self._transactions.read(query)]

    def find(self, webhook: str, delivery_id: str) -> Delivery | None:
        rows = self._transactions.read(sa.select(deliveries).where(D.id == delivery_id, D.webhook == webhook))
        return Delivery._make(rows[0]) if rows else None

    def send_again(self, delivery: Delivery, *, now_us: int) -> None:
        others = (WAITS, D.webhook == delivery.webhook, D.subject == delivery.subject)
        anew = {"state": "waiting", "attempts": 0, "due_us": None}

        def do(connection: sa.Connection) -> None:
            connection.execute(sa.update(deliveries).where(*others).values(due_us=None))
            connection.execute(sa.update(deliveries).where(D.number == delivery.number).values(**anew))
            let_go(connection, [(delivery.webhook, delivery.subject)], now_us=now_us)

        self._write(do)

    def backlog(self) -> Backlog:
        (row,) = self._transactions.read(sa.select(sa.func.count(), sa.func.min(D.created_us)).where(WAITS))
        return Backlog._make(row)

    def prune(self, *, before_us: int, limit: int) -> int:
        old = sa.select(D.number).where(~WAITS, D.created_us < before_us).order_by(D.number).limit(limit)
        query = sa.delete(deliveries).where(D.number.in_(old))
        return self._transactions.run(lambda c: c.execute(query).rowcount, writes=True)

    def _write(self, do: Any) -> None:
        self._transactions.run(do, writes=True)


def let_go(connection: sa.Connection, subjects: Iterable[tuple[str, str]], *, now_us: int) -> None:
    """Give the first of each subject of each webhook its turn."""
    values = [{"of": webhook, "on": subject, "now_us": now_us} for webhook, subject in dict.fromkeys(subjects)]
    if values:
        connection.execute(LET_GO, values)


def dead(why: str) -> dict[str, Any]:
    return {"state": "dead", "due_us": None, "answer": why}


def values_of(one: Attempted) -> dict[str, Any]:
    return {
        "of_number": one.delivery.number,
        "seen": one.delivery.attempts,
        "new_state": one.state,
        "new_due_us": one.due_us,
        "new_attempted_us": one.at_us,
        "new_status": one.answered.status,
        "new_answer": one.answered.text,
    }
