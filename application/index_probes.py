"""Probes of what is retrieved from: the index that is read, and what the application last measured of its chunks."""

from __future__ import annotations

from functools import partial

import orjson

from application.go_live import Found, GoingLive, Probe, failed, passed, unknown
from domain.configs.scope import GLOBAL
from domain.documents import Document
from domain.releases.index import LIVE
from domain.times import rfc3339

FRESH_HOURS = 24
REPORTS = 20  # the newest, of which one measured it
HOUR_US = 3_600 * 1_000_000


def index_ready(going: GoingLive) -> Found:
    name, manage = going.environment, going.cases.manage_indexes
    kept = [one for one in manage.indexes(name) if one.is_kept]
    live = [one for one in kept if one.status == LIVE]
    if not live:
        what = f"{kept[-1].table or kept[-1].id} is not read yet: varve index ready" if kept else "none is registered"
        return failed(f"no index is read: {what} (varve index register --lock LOCK -e {name})")
    for index in live:
        if not manage.route(name, index.scope).matches:
            table = index.table or str(index.id)
            return failed(f"{table} was built with other settings than are in effect at {index.scope}: build another")
    if all(index.scope != GLOBAL for index in live):
        return passed(f"{len(live)} collections have an index of the settings in effect; there is no global one")
    return passed(", ".join(f"{one.table or one.id} ({one.scope})" for one in live) + " is of the settings in effect")


def measured(metric: str, going: GoingLive) -> Found:
    """What the newest report says that measured it, held to the bound of the environment."""
    report = _report(metric, going)
    post = f"post a report: varve health {going.environment} --metrics metrics.json"
    if report is None:
        return unknown(f"no report of health says what {metric} is: {post}")
    at_us, value = report
    if going.cases.store.now_us() - at_us > FRESH_HOURS * HOUR_US:
        return unknown(f"{metric} was last measured at {rfc3339(at_us)}, over {FRESH_HOURS} hours ago: {post}")
    bound = going.cases.check_health.judge.bounds(going.environment)[metric]
    told = f"{metric} was {value:g} at {rfc3339(at_us)}"
    if bound.holds(value):
        return passed(told)
    return failed(f"{told}, and must be {bound}: build the index anew, measure it, and {post}")


INDEX_PROBES = (
    Probe("index_ready", "The index that reads go to, and whether it was built with what is in effect.", index_ready),
    Probe(
        "token_budget",
        "How many chunks are over their budget of tokens, by the last report of health that measured it.",
        partial(measured, "over_budget_chunks"),
    ),
    Probe(
        "prefix_leakage",
        "How many texts for BM25 have the prefix in them, by the last report of health that measured it.",
        partial(measured, "bm25_prefix_leakage"),
    ),
)


def _report(metric: str, going: GoingLive) -> tuple[int, float] | None:
    """When it was measured last, and what it was."""
    page = going.cases.check_health.reports.page(going.environment, is_healthy=None, after=None, limit=REPORTS)
    for report in page.items:
        retrieval: Document = orjson.loads(report.body)["retrieval_health"]
        if retrieval.get(metric) is not None:
            return report.at_us, retrieval[metric]
    return None
