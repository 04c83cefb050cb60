"""Reports: in batches, once, in nobody's way."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import varve
from client.tests.conftest import eventually
from client.tests.test_processes import in_child
from varve.reporter import BATCH, FAILURES, LONGEST_QUEUE, USAGE, Reporter

CLIENT = str(Path(varve.__file__).parent.parent)


class Service:
    """Takes reports, or does not. Each kept under its number."""

    def __init__(self) -> None:
        self.answers: list[int | Exception] = []
        self.bodies: list[tuple[str, dict]] = []
        self.refuses: set[int] = set()
        self.open = threading.Event()
        self.open.set()

    def post(self, path, body, *, seconds):
        self.open.wait(20)
        answer = self.answers.pop(0) if self.answers else 202
        if isinstance(answer, Exception):
            raise answer
        numbers = {one["n"] for one in next(value for value in body.values() if isinstance(value, list))}
        if self.refuses & numbers:
            return 400, {"detail": "no"}
        if answer == 202:
            self.bodies.append((path, body))
        return answer, {}

    def taken(self, field: str = "failures") -> list[int]:
        return [one["n"] for _, body in self.bodies for one in body.get(field, ())]


class Counts(dict):
    def count(self, name, times=1):
        self[name] = self.get(name, 0) + times


@pytest.fixture
def there() -> Service:
    return Service()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def reporter(there, counts):
    reporter = Reporter(there.post, count=counts.count)
    yield reporter
    there.open.set()
    reporter.close(1)


def add(reporter, numbers, *, kind=FAILURES, environment=None):
    for n in numbers:
        reporter.add(kind, {"n": n}, environment=environment)


def test_reports_go_in_batches_in_their_order(reporter, there, counts):
    add(reporter, range(1_200))
    assert reporter.flush(5)
    assert there.taken() == list(range(1_200))
    assert max(len(body["failures"]) for _, body in there.bodies) == BATCH
    assert counts == {"reports_sent": 1_200}


def test_kinds_and_environments_go_apart_and_each_in_batches(reporter, there):
    for n in range(100):
        add(reporter, [n])
        add(reporter, [n], kind=USAGE, environment="staging")
    assert reporter.flush(5)
    assert sorted((path, body.get("environment")) for path, body in there.bodies) == [
        ("/api/failures", None),
        ("/api/usage", "staging"),
    ]


@pytest.mark.parametrize("answer", [503, 429, 401, 500, varve.Unreachable("down")])
def test_what_the_service_does_not_take_now_is_sent_again(reporter, there, counts, answer):
    there.answers = [answer] * 2
    add(reporter, range(10))
    eventually(lambda: there.taken() == list(range(10)))
    assert reporter.flush(5)
    assert counts == {"reports_sent": 10}


def test_a_report_that_the_service_never_takes_spoils_no_other(reporter, there, counts):
    there.refuses = {7}
    add(reporter, range(20))
    assert reporter.flush(5)
    assert sorted(there.taken()) == [n for n in range(20) if n != 7]
    assert counts == {"reports_sent": 19, "reports_refused": 1}


def test_the_queue_is_bounded_and_drops_the_oldest(reporter, there, counts):
    there.open.clear()
    add(reporter, range(BATCH))
    eventually(lambda: reporter._sending == BATCH)
    add(reporter, range(BATCH, LONGEST_QUEUE + BATCH + 100))
    there.open.set()
    assert reporter.flush(20)
    assert counts["reports_dropped"] == 100
    assert there.taken()[BATCH] == BATCH + 100


def test_who_reports_never_waits_for_the_service(reporter, there):
    there.open.clear()
    began = time.perf_counter()
    add(reporter, range(5_000))
    assert time.perf_counter() - began < 1
    assert not reporter.flush(0.05)


def test_closing_sends_what_is_there_and_takes_nothing_more(reporter, there, counts):
    add(reporter, range(10))
    reporter.close(5)
    assert there.taken() == list(range(10))
    add(reporter, [11])
    assert counts["reports_dropped"] == 1


def test_what_cannot_be_sent_at_the_end_is_told(reporter, there, counts, caplog):
    there.answers = [varve.Unreachable("down")] * 1_000
    add(reporter, range(10))
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "varve"):
        reporter.close(0.3)
    assert time.monotonic() - began < 2
    assert counts == {"reports_dropped": 10}
    assert "10 reports could not be sent" in caplog.text


def test_a_client_flushes_its_reports_when_it_ends(service, connect):
    taken = []

    def take(request):
        taken.append((request.path, request.body()))
        request.answer(202, {"accepted": 1, "repeated": 0})

    service.on_other = take
    client = connect(environment="production")
    cfg = client.effective(user="u-1", collection="c-9")
    client.record_usage("req-1", cfg, outcome="healed")
    client.close()
    ((path, body),) = taken
    assert (path, body["environment"]) == ("/api/usage", "production")
    (record,) = body["records"]
    del record["at"]
    assert record == {
        "request_id": "req-1",
        "user_id": "u-1",
        "collection_id": "c-9",
        "position": 10,
        "digest": cfg.meta.digest,
        "configs": [],
        "experiment": None,
        "variant": None,
        "outcome": "healed",
    }


@pytest.mark.parametrize(
    "given", [{"request_id": ""}, {"request_id": "r" * 256}, {"request_id": 7}, {"outcome": "fine"}]
)
def test_usage_that_cannot_be_recorded_is_refused_where_it_is_told(client, given):
    with pytest.raises(ValueError, match="is needed"):
        client.record_usage(given.get("request_id", "r"), client.effective(), outcome=given.get("outcome", "ok"))


def test_a_forked_process_reports_for_itself(service, client):
    taken = []

    def take(request):
        taken.extend(one["request_id"] for one in request.body()["records"])
        request.answer(202, {})

    service.on_other = take
    client.record_usage("of the parent", client.effective())

    def work():
        client.record_usage("of the child", client.effective())
        return {"flushed": client.flush(5)}

    assert in_child(work) == {"flushed": True}
    assert client.flush(5)
    assert sorted(taken) == ["of the child", "of the parent"]


def test_a_program_that_just_ends_has_its_reports_sent(service):
    taken = []

    def take(request):
        taken.extend(one["request_id"] for one in request.body()["records"])
        request.answer(202, {})

    service.on_other = take
    program = f"import varve; c = varve.Client({service.url!r}); c.record_usage('the last', c.effective())"
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": CLIENT}, timeout=30, check=True)
    assert taken == ["the last"]
