"""Leaf hashes of the log's Merkle tree, as they were when the events were new."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "varve_tiles",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("start_position", sa.BigInteger, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("upto_us", sa.BigInteger, nullable=False),
        sa.Column("upto_position", sa.BigInteger, nullable=False),
        sa.Index("varve_tiles_start", "start_position", "number"),
    )
