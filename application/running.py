"""How this service is run: what its settings say, for whoever has to judge that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from application.webhook_outbox import Answered

Ask = Callable[[str], Answered]
"""Gets an address, once and within a few seconds; whatever goes wrong is an answer."""


@dataclass(frozen=True, slots=True)
class Running:
    """`rate_limit` is 0 where there is none. `variables`: what settings were read from as the process began.

    `models`: by environment, addresses that answer as long as models do; they may hold a password.
    """

    knows_callers: bool = False
    rate_limit: int = 0
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    models: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    ask: Ask = lambda _: Answered(None, "nothing is asked here", 0.0)
