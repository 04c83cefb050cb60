"""The log: events, commits, and its identity."""

import os
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# AUTOINCREMENT: a position is never given twice. The library finds the column by the name rowid.
SQLITE = """
CREATE TABLE IF NOT EXISTS varve_events (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE TABLE IF NOT EXISTS varve_commits (
    recorded_us INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    principal TEXT NOT NULL,
    command_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    digest BLOB NOT NULL,
    UNIQUE (principal, command_id)
);
CREATE INDEX IF NOT EXISTS varve_commits_last ON varve_commits (last);
CREATE TABLE IF NOT EXISTS varve_log (log_id TEXT NOT NULL, epoch INTEGER NOT NULL, digest_key BLOB NOT NULL)
"""

# No default for the position: an insert that bypasses the ordering lock fails at once. Rows are never updated, so
# vacuum, whose lock stops writers, has nothing to do but freeze.
POSTGRES = """
CREATE TABLE varve_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    notification_id bigint NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (autovacuum_vacuum_threshold = 100000000, autovacuum_vacuum_insert_threshold = 100000000);
CREATE UNIQUE INDEX varve_events_position ON varve_events (notification_id);
CREATE TABLE varve_commits (
    recorded_us bigint PRIMARY KEY,
    first bigint NOT NULL,
    last bigint NOT NULL,
    principal text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    digest bytea NOT NULL,
    UNIQUE (principal, command_id)
);
CREATE INDEX varve_commits_last ON varve_commits (last);
CREATE TABLE varve_log (log_id uuid NOT NULL, epoch integer NOT NULL, digest_key bytea NOT NULL);
CREATE TABLE varve_views (generation integer NOT NULL);
INSERT INTO varve_views VALUES (0)
"""


def upgrade() -> None:
    connection = op.get_bind()
    postgres = connection.dialect.name == "postgresql"
    for statement in (POSTGRES if postgres else SQLITE).split(";"):
        op.execute(statement)
    if connection.execute(sa.text("SELECT count(*) FROM varve_log")).scalar() == 0:
        log = sa.table("varve_log", sa.column("log_id"), sa.column("epoch"), sa.column("digest_key"))
        log_id = uuid4()
        op.execute(
            log.insert().values(log_id=log_id if postgres else log_id.hex, epoch=1, digest_key=os.urandom(32)),
        )
