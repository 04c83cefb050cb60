"""The tables of what applications report: beside the log, no part of it, and no view of it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from infrastructure.projections.generations import sqlite_engine
from infrastructure.projections.tables import number, text

REPORTS = sa.MetaData()


def counted() -> sa.Column[int]:
    """Given out by the database, in about the order in which rows come."""
    return sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def hexadecimal(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


failures = sa.Table(
    "varve_failures",
    REPORTS,
    counted(),
    hexadecimal("id"),
    text("environment"),
    text("config_type"),
    hexadecimal("config_id", nullable=True),
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

usage = sa.Table(
    "varve_usage",
    REPORTS,
    counted(),
    text("environment"),
    text("request_id"),
    text("user_id", nullable=True),
    text("collection_id", nullable=True),
    number("position"),
    text("digest"),
    text("configs"),  # JSON: a list of [config type, config id, version, layer]
    text("experiment", nullable=True),
    text("variant", nullable=True),
    text("outcome"),
    number("at_us"),
    number("received_us"),
    sa.Index("varve_usage_request", "environment", "request_id", unique=True),
    sa.Index("varve_usage_at", "environment", "at_us", "number"),
    sa.Index("varve_usage_user", "environment", "user_id", "at_us"),
)

usage_configs = sa.Table(  # which records a config had a part in
    "varve_usage_configs",
    REPORTS,
    number("number"),
    hexadecimal("config_id"),
    number("version"),
    text("config_type"),
    number("at_us"),
    sa.PrimaryKeyConstraint("number", "config_id"),
    sa.Index("varve_usage_configs_of", "config_id", "version", "at_us"),
)

HOUR_US = 3_600 * 1_000_000

usage_contexts = sa.Table(  # what usage records speak of, each once, however many records there are
    "varve_usage_contexts",
    REPORTS,
    text("environment"),
    text("user_id"),  # empty: nobody is named
    text("collection_id"),
    number("seen_us"),  # the end of the hour in which it was seen last, so that a row is written once an hour
    sa.PrimaryKeyConstraint("environment", "user_id", "collection_id"),
    sa.Index("varve_usage_contexts_at", "environment", "seen_us"),
    sa.Index("varve_usage_contexts_old", "seen_us"),
)


def in_file(log: Path) -> sa.Engine:
    """A file of its own beside a SQLite log, so that reports never hold up a command."""
    engine = sqlite_engine(f"sqlite:///{log}-telemetry")
    REPORTS.create_all(engine)
    return engine


def in_memory() -> sa.Engine:
    engine = sqlite_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0)
    REPORTS.create_all(engine)
    return engine
