"""Waiting before trying again."""

from __future__ import annotations

from varve.backoff import LONGEST_SECONDS, Backoff


def test_waits_grow_up_to_a_bound_and_differ_from_client_to_client():
    clients = [Backoff() for _ in range(200)]
    for bound in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0):
        waits = [client.next_seconds() for client in clients]
        assert all(0 <= wait <= bound for wait in waits)
        assert max(waits) > 0.8 * bound
        assert min(waits) < 0.2 * bound


def test_a_success_begins_again():
    backoff = Backoff()
    for _ in range(100):
        backoff.next_seconds()
    backoff.reset()
    assert all(Backoff().next_seconds() <= 0.1 < LONGEST_SECONDS for _ in range(100))
    assert backoff.next_seconds() <= 0.1
