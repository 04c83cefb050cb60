"""JSON documents as the domain handles them: plain Python values, never changed in place."""

from __future__ import annotations

from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
"""A JSON object. Values are dict, list, str, int, float, bool and None; treated as immutable once made."""


def is_one_value(value: Any) -> bool:
    """Whether a merge takes `value` or leaves it, but never looks inside.

    All but objects are; so is an object that stands for a secret: `{"$ref": "env:NAME"}`, or an envelope.
    """
    return not isinstance(value, dict) or (len(value) == 1 and next(iter(value)) in ("$ref", "$secret"))
