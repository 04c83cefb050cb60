"""The tables of what applications measure of experiments, beside those of reports."""

from __future__ import annotations

import sqlalchemy as sa

from infrastructure.projections.tables import number, text
from infrastructure.report_tables import REPORTS, counted, hexadecimal

exposures = sa.Table(
    "varve_exposures",
    REPORTS,
    counted(),
    text("environment"),
    hexadecimal("experiment"),
    text("user_id"),
    text("variant"),
    number("day"),
    number("at_us"),
    number("received_us"),
    sa.Index("varve_exposures_of", "experiment", "user_id", "variant", "day", unique=True),
)

outcomes = sa.Table(
    "varve_outcomes",
    REPORTS,
    counted(),
    hexadecimal("id"),
    text("environment"),
    text("user_id"),
    text("metric"),
    sa.Column("value", sa.Double, nullable=False),
    number("at_us"),
    number("received_us"),
    sa.Index("varve_outcomes_id", "environment", "id", unique=True),
    sa.Index("varve_outcomes_of", "environment", "metric", "user_id", "at_us"),
)
