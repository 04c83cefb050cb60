"""How callers are known."""

from __future__ import annotations

import time
from dataclasses import dataclass

from application.authenticate import Authenticate, Tokens
from application.catalog import Catalogs
from application.sign_in import SignsIn


@dataclass(frozen=True, slots=True)
class Callers:
    """By API keys, by tokens, or by both."""

    by_keys: bool = True
    tokens: Tokens | None = None
    organisation: SignsIn | None = None  # where people sign in to the console

    def authenticate(self, catalogs: Catalogs) -> Authenticate:
        return Authenticate(catalogs, now_us, keys=self.by_keys, tokens=self.tokens)


def now_us() -> int:
    """The clock that keys expire by, in microseconds since the epoch."""
    return time.time_ns() // 1000
