"""Whether the plan of an experiment can be carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.config_types.expression_tree import UnusableExpression
from domain.documents import Document
from domain.errors import Fault, InvalidRequest
from domain.experiments.known import require_evaluable
from domain.times import microseconds

FEWEST, MOST = 2, 20  # variants
HEAVIEST = 1_000_000


def require_sound(plan: dict[str, Any]) -> None:
    """Raises InvalidRequest with every fault."""
    faults = [*_of_variants(plan["variants"]), *_of_each(plan["variants"]), *_of_the_rest(plan)]
    if faults:
        raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)


def _of_variants(variants: list[Document]) -> Iterator[Fault]:
    if not FEWEST <= len(variants) <= MOST:
        yield Fault("/variants", f"an experiment has {FEWEST} to {MOST} variants", "variants")
    if sum(one["weight"] for one in variants) <= 0:
        yield Fault("/variants", "at least one variant has a weight above 0", "weight")
    if sum(one["is_control"] for one in variants) != 1:
        yield Fault("/variants", "exactly one variant is the control", "one_control")


def _of_each(variants: list[Document]) -> Iterator[Fault]:
    names = [one["name"] for one in variants]
    for index, one in enumerate(variants):
        at, name = f"/variants/{index}", one["name"]
        if "/" in name or not name.isprintable() or name != name.strip() or not name:
            yield Fault(f"{at}/name", "a variant's name is printable, and holds no slash", "name")
        if name in names[:index]:
            yield Fault(f"{at}/name", f"{name} is named twice", "distinct")
        if not 0 <= one["weight"] <= HEAVIEST:
            yield Fault(f"{at}/weight", f"a weight is 0 to {HEAVIEST:,}", "weight")


def _of_the_rest(plan: dict[str, Any]) -> Iterator[Fault]:
    if not 0 < plan["traffic_percent"] <= 100:
        yield Fault("/traffic_percent", "traffic_percent is above 0, and at most 100", "percent")
    for name in ("starts_at", "ends_at"):
        if plan[name] is not None and microseconds(plan[name]) is None:
            yield Fault(f"/{name}", f"{name} is a time with its offset, such as 2026-11-20T10:00:00Z", "time")
    starts, ends = (microseconds(plan[name] or "") for name in ("starts_at", "ends_at"))
    if starts is not None and ends is not None and ends <= starts:
        yield Fault("/ends_at", "ends_at is later than starts_at", "order")
    if plan["eligibility"] is not None:
        try:
            require_evaluable(plan["eligibility"])
        except UnusableExpression as error:
            yield Fault("/eligibility", str(error), "expression")
