"""What waits to be sent to webhooks. On SQLite that is a file of its own, made when it is opened."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
WAITING = sa.text("state = 'waiting'")


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def hexadecimal(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=False)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "varve_webhook_progress",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        text("log"),
        number("position"),
        sa.Column("is_paused", sa.Boolean, nullable=False),
    )
    op.create_table(
        "varve_webhook_deliveries",
        sa.Column("number", sa.BigInteger, primary_key=True),
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
        sa.Index("varve_webhook_deliveries_waiting", "webhook", "subject", "number", postgresql_where=WAITING),
    )
    op.create_table("varve_webhook_failing", sa.Column("webhook", sa.String(32), primary_key=True), number("since_us"))
