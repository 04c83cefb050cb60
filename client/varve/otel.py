"""The settings in use on spans of OpenTelemetry: `pip install varve[otel]`.

```python
varve.otel.enable()         # once: every guarded call and every `with cfg.bound():` marks the span it runs in
varve.otel.mark_span(cfg)   # or here and there
```
"""

from __future__ import annotations

from opentelemetry import trace as opentelemetry
from opentelemetry.trace import Span

from varve.bound import Bound, on_bound
from varve.effective import Effective
from varve.facts import Trace

__all__ = ["attributes_of", "disable", "enable", "mark_span"]


def enable() -> None:
    """From now on, in this process. Twice is once."""
    if _mark not in on_bound:
        on_bound.append(_mark)


def disable() -> None:
    if _mark in on_bound:
        on_bound.remove(_mark)


def mark_span(used: Effective | Trace, span: Span | None = None) -> None:
    """Put what was used on a span; on the current one where none is named."""
    span = span or opentelemetry.get_current_span()
    if span.is_recording():
        span.set_attributes(attributes_of(used.trace() if isinstance(used, Effective) else used))


def attributes_of(trace: Trace) -> dict[str, str | int]:
    """`varve.position`, `varve.digest`, and for each type the strongest config that had a part: `varve.config.llm`."""
    told = {
        "varve.environment": trace.environment,
        "varve.position": trace.position,
        "varve.digest": trace.digest,
        "varve.experiment": trace.experiment,
        "varve.variant": trace.variant,
    }
    strongest = {
        f"varve.config.{used.config_type}": f"{used.config_id}@{used.version}" for used in reversed(trace.configs)
    }
    return {**{name: value for name, value in told.items() if value is not None}, **strongest}


def _mark(bound: Bound) -> None:
    span = opentelemetry.get_current_span()
    if span.is_recording():
        mark_span(bound.trace(), span)
