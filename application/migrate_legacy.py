"""Rows of an older system's tables as configs of its users: what each becomes, and which of several is taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.config_types.builtin import BUILTIN
from domain.configs.config import name_key
from domain.documents import Document
from domain.errors import InvalidRequest, TooLarge
from domain.strict_json import parse

ROWS_A_COMMIT = 100
TRUE, FALSE = frozenset({"true", "t", "1", "yes", "y"}), frozenset({"false", "f", "0", "no", "n"})
EVERY_TABLE = ("id", "user_id", "name", "description", "is_default", "is_active")
TIMES = ("updated_at", "created_at")  # say which row is the later; the log has times of its own


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """`fields` is what a column of the table is called in the type; of two columns for one field the first counts."""

    name: str
    config_type: str
    fields: Mapping[str, str]
    json_fields: frozenset[str] = frozenset()


def _itself(*names: str) -> dict[str, str]:
    return {name: name for name in names}


TABLES = (
    LegacyTable(
        "llm_parameters",
        "llm",
        {
            **_itself("provider_id", "model_id", "max_new_tokens", "temperature", "top_k", "top_p"),
            **_itself("repetition_penalty", "timeout", "max_retries"),
            **dict.fromkeys(("provider", "provider_name"), "provider_id"),
            **dict.fromkeys(("model", "model_name"), "model_id"),
        },
    ),
    LegacyTable(
        "prompt_templates",
        "template",
        _itself(
            *("template_type", "system_prompt", "template_format", "input_variables", "max_context_length"),
            *("context_strategy", "stop_sequences"),
        ),
        json_fields=frozenset({"input_variables", "context_strategy", "stop_sequences"}),
    ),
)
REQUIRED = {spec.name: frozenset(spec.schema.get("required", ())) for spec in BUILTIN}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be read, as a config of a bundle that no environment is named for yet."""

    table: str
    id: str
    config: Document

    @property
    def slot(self) -> tuple[str, str]:
        return self.config["scope"], self.config["config_type"]

    def __str__(self) -> str:
        return f"{self.table} {self.id}"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a row: why it is left out, or what of it is."""

    table: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Rows that can be taken together, and what had to give way for that."""

    rows: tuple[Row, ...]
    skipped: tuple[Told, ...]
    notes: tuple[Told, ...]


def row_of(table: LegacyTable, values: Mapping[str, Any]) -> Row:
    """What a row asks for. A NULL is left out; a document that is not complete by itself is an overlay.

    Raises InvalidRequest for what cannot be read, or lacks an id, a user or a name.
    """
    data: Document = {}
    for column, field in table.fields.items():
        if field not in data and (value := _value(table, column, values.get(column))) is not None:
            data[field] = value
    config = {
        "scope": f"user:{_required(values, 'user_id')}",
        "config_type": table.config_type,
        "name": _required(values, "name"),
        "description": _plain("description", values.get("description")),
        "mode": "replace" if data.keys() >= REQUIRED[table.config_type] else "overlay",
        "config_data": data,
        "is_default": _truth(values, "is_default", absent=False),
        "is_active": _truth(values, "is_active", absent=True),
    }
    return Row(table.name, _required(values, "id"), config)


def _required(values: Mapping[str, Any], column: str) -> str:
    value = _plain(column, values.get(column))
    if value in (None, ""):
        raise InvalidRequest(f"{column} is missing")
    return str(value)


def _truth(values: Mapping[str, Any], column: str, *, absent: bool) -> bool:
    value = values.get(column)
    text = str(value).lower()
    if value is None or text in TRUE | FALSE:
        return absent if value is None else text in TRUE
    raise InvalidRequest(f"{column} is {value!r}, and neither true nor false")


def _value(table: LegacyTable, column: str, value: Any) -> Any:
    if column not in table.json_fields:
        return _plain(column, value)
    try:
        found = parse(value.encode()) if isinstance(value, str) and value.strip() else value or None
    except (InvalidRequest, TooLarge) as refusal:
        raise InvalidRequest(f"{column} is not JSON: {refusal.detail}") from refusal
    return _described(found) if column == "input_variables" else found


def _described(variables: Any) -> Any:
    """A list of names, as some systems keep variables, as names that are described by nothing."""
    if isinstance(variables, list) and all(isinstance(name, str) for name in variables):
        return dict.fromkeys(variables, "")
    return variables


def _plain(column: str, value: Any) -> Any:
    """A cell as JSON has it."""
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(f"{column} is {value}, and no number")
    if isinstance(value, UUID):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise InvalidRequest(f"{column} is neither a text nor a number")


def parts(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows for a commit each; what stands at one slot stays together, in its order."""
    slots: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        slots.setdefault(row.slot, []).append(row)
    found: list[list[Row]] = [[]]
    for slot in slots.values():
        if found[-1] and len(found[-1]) + len(slot) > ROWS_A_COMMIT:
            found.append([])
        found[-1] += slot
    return found if found[0] else []


def settled(rows: Sequence[Row]) -> Settled:
    """Of rows that want the same name, or to be the same default, the last wins."""
    named = {_name(row): row for row in rows}
    taken = [row for row in rows if named[_name(row)] is row]
    others = [row for row in rows if named[_name(row)] is not row]
    defaults = {row.slot: row for row in taken if row.config["is_default"]}
    unseated = [row for row in taken if row.config["is_default"] and defaults[row.slot] is not row]
    return Settled(
        tuple(_with_default(row, is_default=defaults.get(row.slot) is row) for row in taken),
        tuple(_told(row, f"{named[_name(row)]} of the same user has the same name: rename one") for row in others),
        tuple(_told(row, f"not the default: {defaults[row.slot]} of the same user is later") for row in unseated),
    )


def _name(row: Row) -> tuple[str, str, str]:
    return *row.slot, name_key(row.config["name"])


def _told(row: Row, reason: str) -> Told:
    return Told(row.table, row.id, reason)


def _with_default(row: Row, *, is_default: bool) -> Row:
    return replace(row, config={**row.config, "is_default": is_default})
