"""events.md: each event, its fields, and how it lies in the log."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import domain
from docs.pages.markdown import example, one_line, table
from domain.aggregate import Aggregate, DomainEvent, PlacedEvent

GOLDENS = Path(__file__).parents[2] / "tests" / "golden" / "events"
HEAD = """# Events

Everything that Varve knows was recorded as one of these events. What is stored is never changed: a new field is
optional, or comes with a higher class version and a step that brings older payloads up to it. `tests/golden/events`
holds one payload for each version, and they are read for ever.

`GET /api/events` serves them in the order of their positions. A position is the place of an event among all events of
the log; the stream and the version are its place among those of one thing.
"""
MEANING = {
    "originator_id": "the stream that it belongs to; kept in a column of its own",
    "originator_version": "its number in that stream, from 1; kept in a column of its own",
    "actor": "who did it",
    "command_id": "the command that recorded it: the Idempotency-Key, or one that was made up",
    "reason": "why, in the words of the actor",
    "correlation_id": "what else it belongs to, as the caller said",
    "caller_time": "the time of the caller's clock; nothing is ordered by it",
    "environment": "where it stands",
    "scope": "to whom it applies: `global`, `process` or `kind:id`",
}


def event_classes() -> list[type[DomainEvent]]:
    """Every event of the domain, by topic."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found = [event for aggregate in Aggregate.__subclasses__() for event in aggregate.EVENTS]
    return sorted((event for event in found if event.__module__.startswith("domain.")), key=lambda one: one.TOPIC)


def golden_file(event_class: type[DomainEvent], version: int) -> Path:
    return GOLDENS / f"{event_class.TOPIC}.v{version}.json"


def page() -> str:
    return "\n".join([HEAD, _common(), *map(_section, event_classes())])


def _common() -> str:
    every = table(("field", "type", "meaning"), (_row(DomainEvent, name) for name in DomainEvent.model_fields))
    placed = set(PlacedEvent.model_fields) - set(DomainEvent.model_fields)
    place = table(("field", "type", "meaning"), (_row(PlacedEvent, name) for name in sorted(placed)))
    return f"## What every event carries\n\n{every}\n\nThose that stand at a place carry it too:\n\n{place}\n"


def _section(event: type[DomainEvent]) -> str:
    shared = PlacedEvent if issubclass(event, PlacedEvent) else DomainEvent
    own = [name for name in event.model_fields if name not in shared.model_fields]
    parts = [f"## `{event.TOPIC}`", f"`{event.__qualname__}`, class version {event.class_version}{_place(event)}."]
    doc = one_line(event.__doc__) if event.__doc__ != shared.__doc__ else ""
    fields = (
        table(("field", "type"), (_row(event, name)[:2] for name in own)) if own else "It has no fields of its own."
    )
    golden = json.loads(golden_file(event, event.class_version).read_text(encoding="utf-8"))
    return (
        "\n\n".join(
            [*parts, *([doc] if doc else []), fields, "As it is stored:", example(json.loads(golden["stored"]))]
        )
        + "\n"
    )


def _place(event: type[DomainEvent]) -> str:
    return ", at a place" if issubclass(event, PlacedEvent) else ""


def _row(event: type[DomainEvent], name: str) -> tuple[str, str, str]:
    field = event.model_fields[name]
    optional = "" if field.is_required() else ", optional"
    return f"`{name}`", f"{_type_name(field.annotation)}{optional}", MEANING.get(name, "")


def _type_name(annotation: Any) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not hasattr(annotation, "__args__") else str(annotation)
    )
    for ours, plain in (
        ("uuid.UUID", "UUID"),
        ("typing.Any", "any"),
        (" | None", " or null"),
        ("dict[str, any]", "object"),
    ):
        text = text.replace(ours, plain)
    return text
