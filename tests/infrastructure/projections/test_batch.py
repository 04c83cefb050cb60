"""What a run of events does to the views, folded before anything is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from application.ports import Commit, Recorded
from infrastructure.projections.batch import Batch
from infrastructure.projections.fold import ConfigRow, events_with_commits, next_row
from infrastructure.projections.live import named
from infrastructure.projections.tables import config_versions

A, B = UUID(int=1), UUID(int=2)
SLOT = ("production", "user", "u-1", "chunking")


class Written:
    """A log of events of configs in one slot, a commit for each call."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Recorded, Commit]] = []
        self._versions: dict[UUID, int] = {}

    def commit(self, *events: tuple[UUID, str, dict[str, Any]]) -> Written:
        first = self.pairs[-1][0].position + 1 if self.pairs else 1
        last = first + len(events) - 1
        commit = Commit(1000 + first, first, last, "u-1", f"c-{first}", "test", b"")
        for position, (stream, topic, facts) in enumerate(events, first):
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            body = orjson.dumps({"actor": "u-1", "command_id": f"c-{first}", **facts})
            self.pairs.append((Recorded(position, stream.hex, version, topic, body), commit))
        return self

    def folded(self, *, batches_of: int = 1000) -> Batch:
        """All of it, in so many pairs at a time; the last batch."""
        state: dict[str, ConfigRow] = {}
        batch = Batch(state)
        for start in range(0, len(self.pairs), batches_of):
            batch = Batch(state)
            batch.fold(self.pairs[start : start + batches_of])
        return batch


def created(stream: UUID, *, is_default: bool = False, **facts: Any) -> tuple[UUID, str, dict[str, Any]]:
    body = {"environment": "production", "scope": "user:u-1", "config_type": "chunking", "type_version": 1,
            "name": "Fast", "mode": "replace", "data": {}, "unset": [], "is_default": is_default}  # fmt: skip
    return stream, "config.created", body | facts


def default(stream: UUID, *, to: bool) -> tuple[UUID, str, dict[str, Any]]:
    return stream, "config.default_changed", {"is_default": to}


def updated(stream: UUID, **facts: Any) -> tuple[UUID, str, dict[str, Any]]:
    body = {"type_version": 1, "name": "Fast", "mode": "replace", "data": {}, "unset": [], "is_active": True}
    return stream, "config.updated", body | facts


def test_a_config_that_is_created_as_the_default_is_in_force():
    batch = Written().commit(created(A, is_default=True)).folded()
    assert batch.slots[SLOT].id == A.hex
    assert batch.slot_versions == {(*SLOT, 1): (A.hex, 1)}


def test_a_config_that_is_no_default_is_in_force_nowhere():
    assert Written().commit(created(A)).folded().slots == {}


def test_a_slot_that_changes_hands_within_one_commit_is_never_seen_empty():
    for handover in ([default(A, to=False), default(B, to=True)], [default(B, to=True), default(A, to=False)]):
        batch = Written().commit(created(A, is_default=True)).commit(created(B)).commit(*handover).folded()
        assert batch.slots[SLOT].id == B.hex
        assert batch.slot_versions == {(*SLOT, 1): (A.hex, 1), (*SLOT, 4): (B.hex, 2)}


def test_a_default_that_is_switched_off_leaves_the_slot_empty_from_there_on():
    batch = Written().commit(created(A, is_default=True)).commit(updated(A, is_active=False)).folded()
    assert batch.slots == {SLOT: None}
    assert batch.slot_versions[*SLOT, 2] == (None, None)


def test_an_inactive_default_stays_the_default_and_comes_back():
    written = Written().commit(created(A, is_default=True)).commit(updated(A, is_active=False))
    batch = written.commit(updated(A, is_active=True)).folded()
    assert batch.slots[SLOT].version == 3


def test_a_deleted_config_is_in_force_nowhere():
    batch = Written().commit(created(A, is_default=True)).commit((A, "config.deleted", {})).folded()
    assert batch.slots == {SLOT: None}
    assert batch.state[A.hex].is_deleted
    assert not batch.state[A.hex].is_default


def test_a_version_lasts_until_the_commit_of_the_next():
    batch = Written().commit(created(A)).commit(updated(A), updated(A)).folded()
    rows = [named(config_versions, row) for row in batch.versions]
    spans = {row["version"]: (row["position"], row["valid_to"]) for row in rows}
    assert spans == {1: (1, 3), 2: (3, 3), 3: (3, None)}


def test_a_version_of_an_earlier_batch_is_closed_in_the_next():
    batch = Written().commit(created(A)).commit(updated(A)).folded(batches_of=1)
    assert batch.closed == [(A.hex, 1, 2)]


def test_what_is_in_force_does_not_depend_on_where_batches_end():
    written = Written().commit(created(A, is_default=True)).commit(created(B)).commit(default(A, to=False))
    written.commit(default(B, to=True)).commit(updated(B, data={"max_chunk_size": 500}))
    whole, last = written.folded(), written.folded(batches_of=1)
    assert whole.slots == last.slots
    assert whole.state == last.state


def test_data_stays_as_it_was_recorded():
    row = next_row(None, *Written().commit(created(A, data={"a": 1.0, "b": [None]})).pairs[0])
    assert row.data == '{"a":1.0,"b":[null]}'


def test_a_row_tells_what_was_done_to_it():
    written = Written().commit(created(A)).commit(updated(A)).commit(updated(A, restores=1)).commit(default(A, to=True))
    row, operations = None, []
    for event, commit in written.commit((A, "config.deleted", {})).pairs:
        row = next_row(row, event, commit)
        operations.append(row.operation)
    assert operations == ["CREATE", "UPDATE", "ROLLBACK", "DEFAULT", "DELETE"]


def test_an_empty_process_layer_takes_no_part():
    layer = {"environment": "production", "scope": "process", "config_type": "chunking", "type_version": 1}
    full = Written().commit((A, "process.recorded", {**layer, "data": {"max_chunk_size": 500}}))
    assert full.folded().slots["production", "process", "", "chunking"].mode == "overlay"
    emptied = full.commit((A, "process.recorded", {**layer, "data": {}}))
    assert emptied.folded().slots["production", "process", "", "chunking"] is None


def test_what_touched_a_slot_is_told_once_per_slot():
    batch = Written().commit(created(A)).commit(created(B, name="slow")).folded()
    assert batch.touched == {("production", "user", "u-1", "chunking")}


def test_events_are_put_beside_the_commit_that_holds_them():
    pairs = Written().commit(created(A), created(B)).commit(updated(A)).pairs
    commits = list(dict.fromkeys(commit for _, commit in pairs))
    assert list(events_with_commits([event for event, _ in pairs], commits)) == pairs
