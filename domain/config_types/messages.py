"""What a failed check of JSON Schema says to a person: short, naming the field, never its value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jsonschema_rs

from domain.config_types.violation import Violation
from domain.pointers import pointer_of

Kind = jsonschema_rs.ValidationErrorKind

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SHOWN_OPTIONS = 30


def subject_of(path: Sequence[str | int]) -> str:
    """A place as a person would name it: "reranker.top_k", "stages[2]"."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def violations_of(error: jsonschema_rs.ValidationError, type_name: str) -> Iterator[Violation]:
    """What one error of the validator comes to; several where one error names several fields."""
    path, kind = error.instance_path, error.kind
    match kind:
        case Kind.AdditionalProperties(unexpected) | Kind.UnevaluatedProperties(unexpected):
            for name in unexpected:
                yield _violation([*path, name], f"is not a field of {type_name}", "additionalProperties")
        case Kind.Required(name):
            yield _violation([*path, name], "is required", "required")
        case Kind.AnyOf(branches) | Kind.OneOfNotValid(branches):
            yield from _of_branches(path, branches, kind.name, type_name)
        case _:
            yield _violation(path, _said(kind), kind.name, type_name)


def _violation(path: Sequence[str | int], said: str, rule: str, whole: str = "the document") -> Violation:
    return Violation((pointer_of(path),), f"{subject_of(path) or whole} {said}", rule)


def _of_branches(
    path: Sequence[str | int], branches: list[list[jsonschema_rs.ValidationError]], rule: str, type_name: str
) -> Iterator[Violation]:
    """The faults of the one form that the value was meant for, by its type; else the types that would do."""
    fitting = [errors for errors in branches if not any(_is_type_of(error, path) for error in errors)]
    if len(fitting) == 1:
        for error in fitting[0]:
            yield from violations_of(error, type_name)
    elif not fitting:
        types = [name for errors in branches for error in errors for name in _types(error.kind)]
        yield _violation(path, _must_be(list(dict.fromkeys(types))), "type", type_name)
    else:
        yield _violation(path, "fits none of the forms that are allowed", rule, type_name)


def _is_type_of(error: jsonschema_rs.ValidationError, path: Sequence[str | int]) -> bool:
    return isinstance(error.kind, Kind.Type) and error.instance_path == list(path)


def _types(kind: Kind) -> list[str]:
    return kind.types if isinstance(kind, Kind.Type) else []


def _must_be(types: Sequence[str]) -> str:
    ordered = sorted(types, key=lambda name: (name == "null", list(_TYPES).index(name)))
    return "must be " + " or ".join(_TYPES[name] for name in ordered)


def _said(kind: Kind) -> str:
    if isinstance(kind, Kind.Type):
        return _must_be(kind.types)
    say = _WORDS.get(kind.name)
    return say(kind.value) if say else f"does not meet {kind.name}"


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _options(values: list[Any]) -> str:
    shown = ", ".join(_shown(value) for value in values[:_SHOWN_OPTIONS])
    return f"must be one of {shown}" + (f", … ({len(values)} in all)" if len(values) > _SHOWN_OPTIONS else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_FORMATS = {"varve-expression": "must be an expression that is true or not, in CEL over this"}
_WORDS: dict[str, Callable[[Any], str]] = {
    "maximum": lambda limit: f"must be at most {_shown(limit)}",
    "minimum": lambda limit: f"must be at least {_shown(limit)}",
    "exclusiveMaximum": lambda limit: f"must be less than {_shown(limit)}",
    "exclusiveMinimum": lambda limit: f"must be greater than {_shown(limit)}",
    "multipleOf": lambda step: f"must be a multiple of {_shown(step)}",
    "enum": _options,
    "const": lambda value: f"must be {_shown(value)}",
    "pattern": lambda expression: f"must match {expression}",
    "format": lambda name: _FORMATS.get(name, f"must be a valid {name}"),
    "minLength": lambda count: f"must have at least {_counted(count, 'character')}",
    "maxLength": lambda count: f"must have at most {_counted(count, 'character')}",
    "minItems": lambda count: f"must have at least {_counted(count, 'item')}",
    "maxItems": lambda count: f"must have at most {_counted(count, 'item')}",
    "minProperties": lambda count: f"must have at least {_counted(count, 'field')}",
    "maxProperties": lambda count: f"must have at most {_counted(count, 'field')}",
    "uniqueItems": lambda _: "must not name anything twice",
    "contains": lambda _: "lacks an item that it must have",
    "propertyNames": lambda _: "has a field whose name is not allowed",
    "oneOf": lambda _: "fits more than one of the forms that are allowed",
    "not": lambda _: "has a form that is not allowed",
    "falseSchema": lambda _: "is not allowed",
    "unevaluatedItems": lambda _: "has items that are not allowed",
}
