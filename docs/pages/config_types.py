"""config-types.md: each built-in type, from its definition."""

from __future__ import annotations

from docs.pages.markdown import code, one_line, table
from domain.config_types.builtin import BUILTIN
from domain.config_types.environment_variables import VARIABLES
from domain.config_types.spec import TypeSpec
from domain.documents import Document

HEAD = """# Config types

These are built in; more are defined at run time with `PUT /api/config-types/{name}`. Bounds are inclusive. A field with
a default may be left out. The environment variable sets the field in the process layer, below every config.

A `replace` config starts again from the type's defaults; an `overlay` changes only the fields that it names.
"""
BOUNDS = (("minimum", "at least {}"), ("maximum", "at most {}"), ("format", "{}"), ("uniqueItems", "each at most once"))


def page() -> str:
    return "\n".join([HEAD, *map(_section, BUILTIN)])


def _section(spec: TypeSpec) -> str:
    fields = spec.schema["properties"]
    head = ("field", "type", "default", "environment variable", "meaning")
    parts = [
        f"## `{spec.name}`",
        f"{spec.description} Mode `{spec.mode}`, revision {spec.revision}.",
        table(head, (_row(spec, name, field) for name, field in fields.items())),
    ]
    if spec.schema.get("additionalProperties", True):
        parts.append("More fields are allowed.")
    if spec.rules:
        parts.append(rule_table(spec))
    return "\n\n".join(parts) + "\n"


def rule_table(spec: TypeSpec) -> str:
    rules = ((f"`{rule.name}`", rule.message, f"`{rule.expression}`") for rule in spec.rules)
    return table(("rule", "says", "expression"), rules)


def _row(spec: TypeSpec, name: str, field: Document) -> tuple[str, str, str, str, str]:
    default = code(field["default"]) if "default" in field else "required"
    return f"`{name}`", kind_of(field), default, _variable(spec.name, name), one_line(field.get("description"))


def kind_of(field: Document) -> str:
    if "enum" in field:
        return "one of " + ", ".join(f"`{option}`" for option in field["enum"])
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    text = "secret" if field.get("x-secret") else kinds[0]
    if "items" in field:
        text += f" of {kind_of(field['items'])}"
    bounds = [words.format(field[key]) for key, words in BOUNDS if key in field]
    return ", ".join([text, *bounds]) + (" or null" if "null" in kinds else "")


def _variable(config_type: str, field: str) -> str:
    names = [name for name, target in VARIABLES.items() if target == (config_type, field)]
    return ", ".join(f"`{name}`" for name in names)
