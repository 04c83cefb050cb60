"""The defaults of the built-in types as the client ships them: what serves where the service was never reached."""

from __future__ import annotations

import json

from domain.config_types.builtin import BUILTIN
from domain.config_types.spec import TypeSpec
from domain.documents import Document


def text() -> str:
    return json.dumps({spec.name: _shipped(spec) for spec in BUILTIN}, indent=1) + "\n"


def _shipped(spec: TypeSpec) -> Document:
    """`complete` says whether the defaults alone are valid settings: otherwise the service serves null."""
    defaults = {name: field["default"] for name, field in spec.schema["properties"].items() if "default" in field}
    return {"complete": set(spec.schema.get("required", [])) <= defaults.keys(), "defaults": defaults}
