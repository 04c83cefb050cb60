"""Implements the port `HealthReports`, beside the other reports."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from application.health_reports import HealthPage, HealthReport
from application.reports import Place
from infrastructure.projections.tables import number, text
from infrastructure.report_queries import page_of
from infrastructure.report_tables import REPORTS, counted, hexadecimal
from infrastructure.report_transactions import Transactions

health_reports = sa.Table(
    "varve_health_reports",
    REPORTS,
    counted(),
    hexadecimal("id"),
    text("environment"),
    text("config_version", nullable=True),
    sa.Column("is_healthy", sa.Boolean, nullable=False),
    number("at_us"),
    number("received_us"),
    text("body"),  # JSON
    sa.Index("varve_health_reports_id", "id", unique=True),
    sa.Index("varve_health_reports_at", "environment", "at_us", "number"),
)
COLUMNS = [health_reports.c[name] for name in ("number", *HealthReport._fields)]


class SqlHealthReports:
    def __init__(self, engine: sa.Engine) -> None:
        self._transactions = Transactions(engine)

    def add(self, report: HealthReport) -> None:
        row = {**report._asdict(), "id": report.id.hex, "received_us": report.at_us}

        def add(connection: sa.Connection) -> None:
            known = sa.select(health_reports.c.id).where(health_reports.c.id == row["id"])
            if connection.execute(known).first() is None:  # it may have been kept before the connection died
                connection.execute(health_reports.insert(), row)

        self._transactions.run(add, writes=True)

    def page(self, environment: str, *, is_healthy: bool | None, after: Place | None, limit: int) -> HealthPage:
        query = sa.select(*COLUMNS).where(health_reports.c.environment == environment)
        if is_healthy is not None:
            query = query.where(health_reports.c.is_healthy == is_healthy)
        rows = self._transactions.read(page_of(query, health_reports, after=after, limit=limit))
        items = [HealthReport._make(row[1:])._replace(id=UUID(row.id)) for row in rows[:limit]]
        last = Place(rows[limit - 1].at_us, rows[limit - 1].number) if len(rows) > limit else None
        return HealthPage(items, last)
