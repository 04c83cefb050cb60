"""What a log holds before anybody has changed anything: resolver, ladder, the built-in types, an environment."""

from __future__ import annotations

from typing import Final

from domain.config_types.builtin import BUILTIN

NEW_LOG: Final = len(BUILTIN) + 3
"""The position at which it ends."""
