"""How often one principal may ask: a bucket each, in the memory of this process."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import ofrep
from api.errors import refusal_response
from domain.errors import RateLimited

READ_COST, COMMAND_COST = 1, 10
READS = frozenset(("GET", "HEAD"))
MAX_PRINCIPALS = 10_000  # about 2 MB


class Buckets:
    """A bucket for each name. It holds `burst` and gains `rate` a second.

    Of a bucket only the time is kept at which it is full again, and one that is full need not be kept at all.
    """

    def __init__(self, *, rate: int, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def take(self, name: str, *, cost: int) -> float:
        """What is left in the bucket; or, where it holds less than the cost, how much it lacks, as a negative number.

        Then nothing is taken.
        """
        now = self._clock()
        full_at = self._full_at.get(name, now)
        left = self._burst - cost - (full_at - now) * self._rate if full_at > now else float(self._burst - cost)
        if left >= 0:
            self._full_at[name] = now + (self._burst - left) / self._rate
            if len(self._full_at) > MAX_PRINCIPALS:
                self._forget(now)
        return left

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full; where that frees less than half, those that are nearest to it."""
        waiting = sorted(self._full_at.items(), key=lambda one: one[1])
        self._full_at = {name: at for name, at in waiting[MAX_PRINCIPALS // 2 :] if at > now}


def cost_of(scope: Scope) -> int:
    """OFREP asks by POST."""
    return READ_COST if scope["method"] in READS or scope["path"].startswith(ofrep.PREFIX) else COMMAND_COST


class RateLimits:
    """Refuses what comes too fast. Who is not known is not limited: `scope["state"]["principal"]` says who asks.

    Answers carry RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11).
    """

    def __init__(self, app: ASGIApp, *, rate: int, burst: int | None = None) -> None:
        burst = max(burst or 2 * rate, COMMAND_COST)  # less, and no command could ever be paid for
        self._app = app
        self._rate = rate
        self._buckets = Buckets(rate=rate, burst=burst) if rate else None
        self._policy = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (burst, ceil(burst / max(rate, 1))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope["state"].get("principal") if "state" in scope else None
        if principal is None or self._buckets is None:
            await self._app(scope, receive, send)
            return
        left = self._buckets.take(principal.name, cost=cost_of(scope))
        if left < 0:
            await self._refuse(ceil(-left / self._rate), scope, receive, send)
            return
        marks = ((b"ratelimit", b'"default";r=%d;t=1' % left), self._policy)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *marks]
            await send(message)

        await self._app(scope, receive, marked)

    async def _refuse(self, seconds: int, scope: Scope, receive: Receive, send: Send) -> None:
        answer = refusal_response(RateLimited(f"too many requests at once: wait {seconds} s, and ask less often"))
        answer.headers["Retry-After"] = str(seconds)
        answer.raw_headers.append((b"ratelimit", b'"default";r=0;t=%d' % seconds))
        answer.raw_headers.append(self._policy)
        await answer(scope, receive, send)
