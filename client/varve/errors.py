"""What can be wrong with a service. None of these leaves a read; `Client.post` raises them.

Unavailable
├── Unreachable    no answer: down, too slow, cut off
├── Refused        an answer that says no
└── NotVarve       an answer that the service would not give
"""

from __future__ import annotations


class Unavailable(Exception):
    """There is nothing to be had from the service now."""


class Unreachable(Unavailable):
    pass


class NotVarve(Unavailable):
    pass


class Refused(Unavailable):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
