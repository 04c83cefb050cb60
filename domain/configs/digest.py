"""One short name for what was served: equal values have equal digests, on any machine and in any release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from domain.canonical_json import canonical
from domain.documents import Document


def digest(values: Mapping[str, Document | None]) -> str:
    """SHA-256, in lower-case hex, of the RFC 8785 form of {config type: document, or null where none is served}."""
    return hashlib.sha256(canonical(dict(values))).hexdigest()
