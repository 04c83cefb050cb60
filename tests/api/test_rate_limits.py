"""Buckets by a clock of the test's own, and what callers are told of them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import rate_limits
from api.rate_limits import Buckets, RateLimits

ANN = SimpleNamespace(name="ann")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_gives_what_it_holds_and_no_more(clock):
    buckets = Buckets(rate=10, burst=20, clock=clock)
    assert [buckets.take("ann", cost=10) for _ in range(3)] == [10, 0, -10]


def test_a_bucket_fills_again_and_never_over_its_brim(clock):
    buckets = Buckets(rate=10, burst=20, clock=clock)
    buckets.take("ann", cost=20)
    clock.now += 0.5
    assert buckets.take("ann", cost=1) == pytest.approx(4)
    clock.now += 1000
    assert buckets.take("ann", cost=1) == 19


def test_a_refusal_costs_nothing(clock):
    buckets = Buckets(rate=10, burst=20, clock=clock)
    buckets.take("ann", cost=20)
    assert [buckets.take("ann", cost=10) for _ in range(3)] == [-10, -10, -10]
    clock.now += 1
    assert buckets.take("ann", cost=10) == pytest.approx(0, abs=1e-9)


def test_everybody_has_a_bucket_of_their_own(clock):
    buckets = Buckets(rate=10, burst=20, clock=clock)
    buckets.take("ann", cost=20)
    assert buckets.take("bob", cost=1) == 19


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([1, 10])), max_size=60))
def test_never_more_is_given_than_the_burst_and_the_rate_since(steps):
    clock = Clock()
    buckets, given_out, model = Buckets(rate=10, burst=20, clock=clock), 0, 20.0
    for seconds, cost in steps:
        clock.now += seconds
        model = min(20.0, model + 10 * seconds)
        left = buckets.take("ann", cost=cost)
        assert left == pytest.approx(model - cost, abs=1e-6)
        if left >= 0:
            model, given_out = model - cost, given_out + cost
        assert given_out <= 20 + 10 * (clock.now - 1000) + 1e-6


def test_many_principals_take_no_more_memory_and_the_busiest_stay_known(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "MAX_PRINCIPALS", 100)
    buckets = Buckets(rate=10, burst=20, clock=clock)
    buckets.take("busy", cost=20)
    for number in range(1000):
        buckets.take(f"p-{number}", cost=1)
    assert len(buckets._full_at) <= 100
    assert buckets.take("busy", cost=1) < 0


def ask(
    app: Any, *, method: str = "GET", path: str = "/x", principal: Any = ANN
) -> tuple[int, dict[bytes, bytes], Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read before it is known whether it may be")

    state = {} if principal is None else {"principal": principal}
    scope = {"type": "http", "method": method, "path": path, "headers": [], "state": state}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


async def framework(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"etag", b"1")]})
    await send({"type": "http.response.body", "body": b"fine"})


def test_an_answer_says_what_is_left_and_what_the_policy_is():
    status, headers, body = ask(RateLimits(framework, rate=1000))
    assert (status, body, headers[b"etag"]) == (200, b"fine", b"1")
    assert headers[b"ratelimit"] == b'"default";r=1999;t=1'
    assert headers[b"ratelimit-policy"] == b'"default";q=2000;w=2'


def test_a_command_counts_for_ten_reads():
    _, headers, _ = ask(RateLimits(framework, rate=1000), method="POST")
    assert headers[b"ratelimit"].startswith(b'"default";r=1990;')


def test_who_asks_too_often_is_told_when_to_come_back():
    app = RateLimits(framework, rate=1, burst=10)
    assert ask(app, method="PUT")[0] == 200
    status, headers, body = ask(app, method="PUT")
    problem = orjson.loads(body)
    assert (status, problem["code"], problem["status"]) == (429, "rate_limited", 429)
    assert (headers[b"retry-after"], headers[b"ratelimit"]) == (b"10", b'"default";r=0;t=10')
    assert "wait 10 s" in problem["detail"]


def test_a_burst_too_small_for_a_command_is_made_large_enough():
    assert ask(RateLimits(framework, rate=1), method="DELETE")[0] == 200


@pytest.mark.parametrize(("rate", "principal"), [(0, ANN), (1, None)])
def test_without_a_limit_or_a_principal_nothing_is_counted_or_said(rate, principal):
    app = RateLimits(framework, rate=rate)
    answers = [ask(app, principal=principal) for _ in range(50)]
    assert {status for status, _, _ in answers} == {200}
    assert {b"ratelimit", b"ratelimit-policy"} & answers[0][1].keys() == set()


def test_flags_are_asked_for_by_post_and_count_as_reads():
    app = RateLimits(framework, rate=1, burst=10)
    told = [ask(app, method="POST", path="/ofrep/v1/evaluate/flags/llm") for _ in range(11)]
    assert [status for status, _, _ in told] == [200] * 10 + [429]
    _, headers, body = told[-1]
    assert int(headers[b"retry-after"]) >= 1
    assert orjson.loads(body).keys() == {"key", "errorCode", "errorDetails"}
    assert headers[b"content-length"] == str(len(body)).encode()
