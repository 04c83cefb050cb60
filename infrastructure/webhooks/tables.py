"""The tables of what waits to be sent: beside the log, no part of it, and no view of it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from infrastructure.projections.generations import sqlite_engine
from infrastructure.projections.tables import flag, number, text
from infrastructure.report_tables import counted, hexadecimal

OUTBOX = sa.MetaData()

kept = sa.Table(
    "varve_webhook_progress",
    OUTBOX,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # one row, id 1
    text("log"),
    number("position"),
    flag("is_paused"),
)
WAITING = sa.text("state = 'waiting'")

deliveries = sa.Table(
    "varve_webhook_deliveries",
    OUTBOX,
    counted(),
    hexadecimal("id"),
    hexadecimal("webhook"),
    text("log"),
    number("position"),
    text("event_type"),
    hexadecimal("subject"),
    number("created_us"),
    text("state"),
    number("attempts"),
    number("due_us", nullable=True),
    number("attempted_us", nullable=True),
    number("status", nullable=True),
    text("answer", nullable=True),
    sa.Index("varve_webhook_deliveries_id", "id", unique=True),
    sa.Index("varve_webhook_deliveries_of", "webhook", "number"),
    sa.Index("varve_webhook_deliveries_due", "webhook", "due_us"),
    sa.Index(
        "varve_webhook_deliveries_waiting",
        "webhook",
        "subject",
        "number",
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    ),
)
failing = sa.Table(  # webhooks to which nothing could be delivered of late
    "varve_webhook_failing",
    OUTBOX,
    sa.Column("webhook", sa.String(32), primary_key=True),
    number("since_us"),
)


def in_file(log: Path) -> sa.Engine:
    """A file of its own beside a SQLite log; what was queued or delivered outlives a power cut."""
    engine = sqlite_engine(f"sqlite:///{log}-webhooks", synchronous="FULL")
    OUTBOX.create_all(engine)
    return engine


def in_memory() -> sa.Engine:
    engine = sqlite_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0)
    OUTBOX.create_all(engine)
    return engine
