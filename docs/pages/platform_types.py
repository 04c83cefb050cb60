"""platform-types.md: each type of the bundle `platform`, from its definition, with configs to begin with."""

from __future__ import annotations

from collections.abc import Iterator

from docs.pages.config_types import kind_of, rule_table
from docs.pages.markdown import code, example, one_line, table
from domain.config_types.platform import PLATFORM, ShippedType
from domain.documents import Document

HEAD = """# Platform types

These types ship with the service and are loaded with `varve import builtin:platform`; see
[the guide](guides/platform-types.md). Bounds are inclusive, a field with a default may be left out, and all are
overlays: a config names only the fields that it changes. `*` stands for any name.
"""


def page() -> str:
    return "\n".join([HEAD, *map(_section, PLATFORM)])


def _section(one: ShippedType) -> str:
    spec = one.spec
    head = ("field", "type", "default", "meaning")
    parts = [
        f"## `{spec.name}`",
        f"{spec.description} Revision {spec.revision}.",
        table(head, _rows(spec.schema)),
        rule_table(spec),
        *(
            f"`varve import builtin:platform/{spec.name}/{name}`:\n\n{example(data)}"
            for name, data in one.examples.items()
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _rows(schema: Document, inside: str = "") -> Iterator[tuple[str, str, str, str]]:
    """The fields, each followed by those inside it."""
    for name, field in schema["properties"].items():
        within, own = inside + name, "required" if name in schema.get("required", ()) else ""
        is_section, each = "properties" in field, _each(field)
        default = code(field["default"]) if "default" in field and not is_section else own
        kind = "section" if is_section else kind_of(field)
        yield f"`{within}`", kind, default, one_line(field.get("description"))
        if is_section:
            yield from _rows(field, f"{within}/")
        elif each:
            yield from _rows(each, f"{within}/*/")


def _each(field: Document) -> Document | None:
    """The schema of what is in it, where that has fields of its own."""
    found = field.get("items", field.get("additionalProperties"))
    return found if isinstance(found, dict) and "properties" in found else None
