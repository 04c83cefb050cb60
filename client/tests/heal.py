"""A misspelled model in force before a real service: who is answered, at what cost, and what the service makes of it.

    python -m client.tests.heal            1,000 calls
    python -m client.tests.heal --short    200 calls

First with the server as it is, then with one that takes failing configs out of force. Ends with 1 where a call was not
answered, or the config was not taken out.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

import varve
from client.tests.real import Varve, real_varve

T = TypeVar("T")

THREADS = 8
LONG, SHORT = 1_000, 200
CALL_SECONDS = 0.002
WITHIN_SECONDS = 15.0
MISSPELLED, DEFAULTS = "gpt-4oo", {"llm": {"provider_id": "openai", "model_id": "gpt-4o"}}
QUARANTINES = {"VARVE_AUTO_QUARANTINE": "true"}


class NoSuchModel(Exception):
    status_code = 404


@dataclass
class Seen:
    """What came of the calls."""

    calls: int
    answered: int = 0
    extra_calls: int = 0
    opened_after_seconds: float | None = None  # since the first call that failed
    seconds: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)
    event: dict[str, Any] | None = None
    event_after_seconds: float | None = None

    def __str__(self) -> str:
        told = f"{self.summary['failures']} failures, over the threshold: {self.summary['over_threshold']}"
        lines = [
            f"{self.answered} of {self.calls} calls answered in {self.seconds:.2f} s, {self.extra_calls} extra calls",
            f"the circuit opened {(self.opened_after_seconds or -1) * 1000:.0f} ms after the first failure",
            f"the service was told of {told}",
        ]
        if self.event is not None:
            who, why = self.event["actor"], self.event["reason"]
            lines.append(f"{self.event_after_seconds:.2f} s after the first failure {who} recorded: {why}")
        return "\n  ".join(lines)


class Provider:
    """Knows no misspelled model; takes a while for every call."""

    def __init__(self, client: varve.Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.failures = 0
        self.first_failure_at: float | None = None
        self.opened_at: float | None = None

    def __call__(self, cfg: varve.Settings) -> str:
        time.sleep(CALL_SECONDS)
        if cfg.model_id != MISSPELLED:
            self._look()
            return str(cfg.model_id)
        with self._lock:
            self.failures += 1
            self.first_failure_at = self.first_failure_at or time.monotonic()
        raise NoSuchModel(f"there is no model {cfg.model_id}")

    def _look(self) -> None:
        if self.opened_at is None and self._client.metrics().get("circuits_opened"):
            self.opened_at = time.monotonic()


def heal(service: Varve, client: varve.Client, *, calls: int, quarantines: bool) -> Seen:
    config_id = service.put("global", "llm", provider_id="openai", model_id=MISSPELLED)
    assert when(lambda: client.effective().llm.model_id == MISSPELLED)
    seen, provider = Seen(calls), Provider(client)
    guard, began = client.guard("llm"), time.monotonic()

    def call(_: int) -> bool:
        return guard.run(provider) == "gpt-4o"

    with ThreadPoolExecutor(THREADS) as pool:
        seen.answered = sum(pool.map(call, range(calls)))
    seen.seconds, seen.extra_calls = time.monotonic() - began, provider.failures
    assert provider.first_failure_at is not None
    if provider.opened_at is not None:
        seen.opened_after_seconds = provider.opened_at - provider.first_failure_at
    assert client.flush(10)
    seen.summary = read(service, "/api/failures/summary", config_id=config_id)["items"][0]
    if quarantines:
        seen.event = when(lambda: quarantine_of(service, config_id))
        seen.event_after_seconds = time.monotonic() - provider.first_failure_at
    return seen


def quarantine_of(service: Varve, config_id: str) -> dict[str, Any] | None:
    events = read(service, "/api/events", types="config.updated", subject=config_id)["items"]
    return next((event for event in events if event["actor"] == "varve"), None)


def when(look: Callable[[], T]) -> T:
    """What is seen once it is there; what is no such thing where it does not come."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def read(service: Varve, path: str, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(service.url + path, params=query, trust_env=False).raise_for_status().json()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{SHORT} calls")
    calls = SHORT if parser.parse_args().short else LONG
    logging.getLogger("varve").setLevel(logging.ERROR)
    is_well = True
    for quarantines in (False, True):
        with (
            real_varve(QUARANTINES if quarantines else {}) as service,
            varve.Client(service.url, defaults=DEFAULTS, poll_seconds=0.2) as client,
        ):
            seen = heal(service, client, calls=calls, quarantines=quarantines)
        sys.stdout.write(f"{'with' if quarantines else 'without'} quarantine:\n  {seen}\n")
        is_well = is_well and seen.answered == calls and (seen.event is not None) == quarantines
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
