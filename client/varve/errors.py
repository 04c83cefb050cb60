"""What can be wrong with a service. None of these leaves a read; `Client.post` raises them.

Unavailable
├── Unreachable    no answer: down, too slow, cut off
├── Refused        an answer that says no
└── NotVarve       an answer that the service would not give
"""

from __future__ import annotations


class Unavailable(Exception):
    """There is nothing to be had from the service now, and not before these seconds where it said so."""

    wait_seconds = 0.0


class Unreachable(Unavailable):
    pass


class NotVarve(Unavailable):
    pass


class Refused(Unavailable):
    def __init__(self, status: int, detail: str, *, wait_seconds: float = 0.0) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.wait_seconds = wait_seconds
