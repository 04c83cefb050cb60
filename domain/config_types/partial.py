"""The schema that an overlay must meet by itself: each field alone, nothing about the whole.

Objects are merged key by key, so what speaks of a whole object is left out of them. A list is one
value and stays whole.
"""

from __future__ import annotations

from typing import Any

from domain.config_types.subschemas import mapped, resolved
from domain.documents import Document

_OF_THE_WHOLE = frozenset(
    {
        *("required", "dependentRequired", "dependentSchemas", "minProperties", "unevaluatedProperties"),
        *("not", "if", "then", "else", "default", "$defs", "definitions"),
    }
)
_OF_LISTS = ("items", "prefixItems", "contains", "unevaluatedItems", "propertyNames")
_WHOLE = "whole"
"""Where the untouched schema stands in the new one, for what refers to it out of a list."""


def partial_schema(root: Document) -> Document:
    """`root` with required fields and everything across fields taken out, wherever objects are merged."""
    return _Partial(root).schema()


class _Partial:
    def __init__(self, root: Document) -> None:
        self._root = root
        self._definitions: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def schema(self) -> Document:
        top: Document = self._stripped(self._root)
        return {**top, "$defs": {**self._definitions, _WHOLE: _moved(self._root)}}

    def _stripped(self, schema: Any) -> Any:
        if not isinstance(schema, dict):
            return schema
        whole = _moved({key: schema[key] for key in _OF_LISTS if key in schema})
        alone = {key: value for key, value in schema.items() if key not in _OF_THE_WHOLE and key not in _OF_LISTS}
        kept = mapped({key: value for key, value in alone.items() if not _names_an_object(key, value)}, self._stripped)
        kept.update(whole)
        if "$ref" in kept:
            kept["$ref"] = self._reference(kept["$ref"])
        if "oneOf" in kept:
            kept["allOf"] = [*kept.get("allOf", ()), {"anyOf": kept.pop("oneOf")}]
        return kept

    def _reference(self, reference: str) -> str:
        """A name in the new `$defs` for what is referred to, stripped too; made once, so recursion ends."""
        if reference not in self._names:
            name = self._names[reference] = f"partial{len(self._names)}"
            self._definitions[name] = self._stripped(resolved(self._root, reference))
        return f"#/$defs/{self._names[reference]}"


def _names_an_object(key: str, value: Any) -> bool:
    """Whether a `const` or `enum` compares whole objects, which a part cannot equal."""
    return (key == "const" and isinstance(value, dict)) or (
        key == "enum" and any(isinstance(option, dict) for option in value)
    )


def _moved(schema: Any) -> Any:
    """`schema` with its references pointed at the place where the whole now stands."""
    moved = mapped(schema, _moved)
    if isinstance(moved, dict) and "$ref" in moved:
        moved["$ref"] = f"#/$defs/{_WHOLE}{moved['$ref'][1:]}"
    return moved
