"""What applications measure of experiments. On SQLite that is in the file of reports, made when it is opened."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=False)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "varve_exposures",
        sa.Column("number", sa.BigInteger, primary_key=True),
        text("environment"),
        sa.Column("experiment", sa.String(32), nullable=False),
        text("user_id"),
        text("variant"),
        number("day"),
        number("at_us"),
        number("received_us"),
        sa.Index("varve_exposures_of", "experiment", "user_id", "variant", "day", unique=True),
    )
    op.create_table(
        "varve_outcomes",
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False),
        text("environment"),
        text("user_id"),
        text("metric"),
        sa.Column("value", sa.Double, nullable=False),
        number("at_us"),
        number("received_us"),
        sa.Index("varve_outcomes_id", "environment", "id", unique=True),
        sa.Index("varve_outcomes_of", "environment", "metric", "user_id", "at_us"),
    )
