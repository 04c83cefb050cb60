"""What a change would do, before it is made."""

from __future__ import annotations

from typing import Any


class Preview:
    def __init__(self, *given: Any) -> None:
        self._given = given
