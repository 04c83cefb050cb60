"""The contexts that usage records speak of. On SQLite that is in the file of reports, made when it is opened."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(collation="C"), nullable=False)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "varve_usage_contexts",
        text("environment"),
        text("user_id"),
        text("collection_id"),
        sa.Column("seen_us", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("environment", "user_id", "collection_id"),
        sa.Index("varve_usage_contexts_at", "environment", "seen_us"),
        sa.Index("varve_usage_contexts_old", "seen_us"),
    )
