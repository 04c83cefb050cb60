"""Reports of health. On SQLite they are in the file of reports, made when it is opened."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=nullable)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "varve_health_reports",
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False),
        text("environment"),
        text("config_version", nullable=True),
        sa.Column("is_healthy", sa.Boolean, nullable=False),
        number("at_us"),
        number("received_us"),
        text("body"),
        sa.Index("varve_health_reports_id", "id", unique=True),
        sa.Index("varve_health_reports_at", "environment", "at_us", "number"),
    )
