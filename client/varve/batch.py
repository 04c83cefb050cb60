"""Asking for many contexts in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from varve.context import Context
from varve.errors import NotVarve, Refused, Unavailable
from varve.metrics import Metrics
from varve.transport import Reply, Transport
from varve.world import World

PATH = "/api/runtime-configs/effective"
LONGEST_WAIT_SECONDS = 60.0
MOST_CONTEXTS, MOST_IDS = 500, 5_000  # the service takes twice as many


@dataclass(frozen=True, slots=True)
class Batch:
    """What the service said of each context, in the order of asking. Where it was all true: position, and world."""

    items: list[Mapping[str, Any]]
    position: int
    world: World


class Batches:
    def __init__(self, transport: Transport, metrics: Metrics, *, environment: str | None, secrets: bool) -> None:
        self._transport = transport
        self._metrics = metrics
        self._about = {"layers": True, "secrets": secrets}
        if environment is not None:
            self._about["environment"] = environment  # type: ignore[assignment]

    def ask(self, asked: Sequence[tuple[Context, str | None]], *, seconds: float, at_least: int | None = None) -> Batch:
        """Contexts with the ETags of what is held of them. `at_least` is a position that the answer must have seen.

        Raises Unavailable.
        """
        self._metrics.count("requests")
        self._metrics.count("contexts_asked", len(asked))
        try:
            return self._asked(asked, seconds=seconds, at_least=at_least)
        except Unavailable:
            self._metrics.count("failures")
            raise

    def _asked(self, asked: Sequence[tuple[Context, str | None]], *, seconds: float, at_least: int | None) -> Batch:
        contexts = [context.body() if etag is None else {**context.body(), "etag": etag} for context, etag in asked]
        headers = {"Varve-Min-Position": str(at_least)} if at_least else {}
        reply = self._transport.post(PATH, {**self._about, "contexts": contexts}, seconds=seconds, headers=headers)
        if reply.status != 200:
            raise Refused(reply.status, detail_of(reply), wait_seconds=wait_of(reply))
        return checked(reply.json(), len(asked))


def wait_of(reply: Reply) -> float:
    """What the service asks for by Retry-After, within reason."""
    said = reply.headers.get("retry-after", "")
    return min(float(said), LONGEST_WAIT_SECONDS) if said.isdecimal() and said.isascii() else 0.0


def detail_of(reply: Reply) -> str:
    """What a refusal says, on one line."""
    try:
        problem = reply.json()
    except NotVarve:
        return "no reason given"
    said = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return " ".join(str(said or "no reason given").split())[:300]


def checked(said: Any, asked: int) -> Batch:
    """Raises NotVarve for what is no answer of a batch."""
    match said:
        case {"items": [*items], "position": int(position), "epoch": int(epoch)} if len(items) == asked:
            if all(isinstance(item, dict) for item in items):
                return Batch(items, position, World(said.get("log"), epoch))
    raise NotVarve("the effective settings of a batch of contexts were expected")
