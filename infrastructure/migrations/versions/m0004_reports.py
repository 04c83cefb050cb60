"""What applications report. On SQLite that is a file of its own, made when it is opened."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "varve_failures",
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False),
        text("environment"),
        text("config_type"),
        sa.Column("config_id", sa.String(32), nullable=True),
        number("version", nullable=True),
        text("layer"),
        text("user_id", nullable=True),
        text("collection_id", nullable=True),
        number("position"),
        text("error"),
        text("healed_by", nullable=True),
        text("circuit"),
        number("at_us"),
        number("received_us"),
        text("reporter"),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Index("varve_failures_id", "id", unique=True),
        sa.Index("varve_failures_at", "environment", "at_us", "number"),
        sa.Index("varve_failures_of", "config_id", "version", "received_us"),
    )
    op.create_table(
        "varve_usage",
        sa.Column("number", sa.BigInteger, primary_key=True),
        text("environment"),
        text("request_id"),
        text("user_id", nullable=True),
        text("collection_id", nullable=True),
        number("position"),
        text("digest"),
        text("configs"),
        text("experiment", nullable=True),
        text("variant", nullable=True),
        text("outcome"),
        number("at_us"),
        number("received_us"),
        sa.Index("varve_usage_request", "environment", "request_id", unique=True),
        sa.Index("varve_usage_at", "environment", "at_us", "number"),
        sa.Index("varve_usage_user", "environment", "user_id", "at_us"),
    )
    op.create_table(
        "varve_usage_configs",
        number("number"),
        sa.Column("config_id", sa.String(32), nullable=False),
        number("version"),
        text("config_type"),
        number("at_us"),
        sa.PrimaryKeyConstraint("number", "config_id"),
        sa.Index("varve_usage_configs_of", "config_id", "version", "at_us"),
    )
