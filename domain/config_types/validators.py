"""Compiled JSON Schema: draft 2020-12, formats asserted, linear-time regular expressions, nothing fetched."""

from __future__ import annotations

from functools import lru_cache

import jsonschema_rs
import orjson

from domain.config_types.expressions import is_expression
from domain.documents import Document

_PATTERNS = jsonschema_rs.RegexOptions(size_limit=100_000, dfa_size_limit=1_000_000)
"""The engine without look-around and back references: its time is linear in the text. The limits are in bytes."""


_FORMATS = {"varve-expression": is_expression}


def validator(schema: Document, *, formats: bool = True) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema. Raises jsonschema_rs.ValidationError or ReferencingError for one that cannot be used.

    Kept for a while: a definition is compiled to be checked, and again to be used.
    """
    try:
        return _compiled(orjson.dumps(schema), formats=formats)
    except TypeError:  # what orjson cannot write
        return _uncached(schema, formats=formats)


@lru_cache(maxsize=64)
def _compiled(written: bytes, *, formats: bool) -> jsonschema_rs.Draft202012Validator:
    return _uncached(orjson.loads(written), formats=formats)


def _uncached(schema: Document, *, formats: bool) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, pattern_options=_PATTERNS, validate_formats=formats, formats=_FORMATS, offline=True
    )


def validators_within(schema: Document) -> jsonschema_rs.ValidatorMap:
    """A validator for every subschema, by its place: "#/properties/timeout"."""
    return jsonschema_rs.validator_map_for(
        schema, pattern_options=_PATTERNS, validate_formats=True, formats=_FORMATS, offline=True
    )


META = validator({"$ref": "https://json-schema.org/draft/2020-12/schema"}, formats=False)
"""Says whether a document is a schema; not whether its regular expressions can be used."""


@lru_cache(maxsize=256)
def pattern(expression: str) -> jsonschema_rs.Draft202012Validator:
    """A validator of strings that match `expression`: the same engine for property names as for values."""
    return validator({"pattern": expression})
