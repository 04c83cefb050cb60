"""Self-healing before the real service, in short; `make heal` prints the figures of the long form."""

from __future__ import annotations

import httpx
import pytest

import varve
from client.tests.conftest import eventually
from client.tests.heal import DEFAULTS, QUARANTINES, SHORT, heal, read
from client.tests.real import real_varve


def test_every_call_is_answered_and_the_config_that_fails_is_taken_out_of_force():
    with real_varve(QUARANTINES) as service, varve.Client(service.url, defaults=DEFAULTS, poll_seconds=0.2) as client:
        seen = heal(service, client, calls=SHORT, quarantines=True)
        assert seen.answered == SHORT
        assert 5 <= seen.extra_calls <= 5 + 8  # each thread may be amid a call when the circuit opens
        assert seen.summary["over_threshold"]
        assert seen.summary["last_error"] == "NoSuchModel: there is no model gpt-4oo"
        assert seen.event is not None
        assert (seen.event["actor"], seen.event["data"]["is_active"]) == ("varve", False)
        assert seen.event["reason"].startswith("version 1 failed ")
        eventually(lambda: client.effective().llm.model_id == "gpt-4o")  # of the application, and no failure any more


@pytest.fixture(scope="module")
def service():
    with real_varve() as service:
        yield service


def test_what_a_request_was_answered_with_is_found_by_its_config(service):
    config_id = service.put("user:u-1", "retrieval", number_of_results=7)
    with varve.Client(service.url) as client:
        assert client.wait_until_live(10)
        cfg = client.effective(user="u-1")
        client.record_usage("req-1", cfg, outcome="failed")
        client.record_usage("req-2", client.effective(user="u-2"))
        client.record_usage("req-1", cfg)  # told before
        assert client.flush(10)
    (found,) = read(service, "/api/usage", config_id=config_id, version="1", outcome="failed")["items"]
    assert (found["request_id"], found["user_id"], found["digest"]) == ("req-1", "u-1", cfg.trace().digest)
    receipt = {"user_id": "u-1", "position": found["position"], "digest": found["digest"]}
    proved = httpx.post(f"{service.url}/api/audits/receipts", json={"receipts": [receipt]}, trust_env=False).json()
    assert proved["items"][0]["verdict"] == "genuine"
