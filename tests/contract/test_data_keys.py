"""The keys beside a log: made once, wrapped by master keys that the store never sees, wrapped anew by a rotation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from domain.documents import Document
from domain.errors import KeysMissing, SecretUnreadable
from infrastructure.backup import back_up, restore
from infrastructure.data_keys import WrappedKey
from infrastructure.key_ring import KeyRing
from infrastructure.master_keys import read_master_keys
from infrastructure.stores import OpenStore
from tests.master_keys import key_file, lines_of

Open = Callable[[str], OpenStore]
STREAM = uuid4()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return key_file(tmp_path / "keys", "m-1")


def unlocked(opened: OpenStore, keys: Path) -> OpenStore:
    opened.unlock(keys)
    return opened


def sealed(opened: OpenStore, text: str) -> Document:
    return opened.log.secrets.seal(text, stream=STREAM, version=1, pointer="/key")


def read(opened: OpenStore, envelope: Document) -> str:
    return opened.log.secrets.open(envelope, stream=STREAM, version=1, pointer="/key")


def test_without_master_keys_nothing_is_sealed_and_no_key_is_made(opened: OpenStore):
    with pytest.raises(KeysMissing, match="VARVE_SECRET_KEYS"):
        sealed(opened, "sk-1")
    assert not opened.log.secrets.can_seal
    assert opened.log.secrets.request_key is None
    assert opened.data_keys.all() == []


def test_a_log_gets_a_key_for_commitments_and_one_for_secrets(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    assert [(one.number, one.master) for one in opened.data_keys.all()] == [(0, "m-1"), (1, "m-1")]
    envelope = sealed(opened, "sk-1")
    assert envelope["$secret"]["key"] == opened.data_keys.all()[1].id
    assert read(opened, envelope) == "sk-1"


def test_no_two_envelopes_are_the_same(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    assert sealed(opened, "sk-1") != sealed(opened, "sk-1")


def test_a_log_opened_again_has_the_same_keys(kept_url: str, keys: Path, open_another: Open):
    first = unlocked(open_another(kept_url), keys)
    envelope, commitment = sealed(first, "sk-1"), first.log.secrets.commitment("sk-1")
    first.close()
    again = unlocked(open_another(kept_url), keys)
    assert read(again, envelope) == "sk-1"
    assert again.log.secrets.commitment("sk-1") == commitment


def test_a_rotation_seals_under_a_new_key_and_leaves_the_old_master_key_without_use(
    kept_url: str, keys: Path, tmp_path: Path, open_another: Open
):
    first = unlocked(open_another(kept_url), keys)
    old, commitment = sealed(first, "sk-1"), first.log.secrets.commitment("sk-1")
    first.close()
    both = key_file(tmp_path / "both", "m-2", lines=lines_of(keys))
    opened = unlocked(open_another(kept_url), both)
    assert sealed(opened, "sk-1")["$secret"]["key"] == old["$secret"]["key"]
    rotation = opened.log.secrets.rotate("d-2")
    assert rotation == ("d-2", "m-2", 2)
    assert {one.master for one in opened.data_keys.all()} == {"m-2"}
    new = sealed(opened, "sk-2")
    assert new["$secret"]["key"] == "d-2"
    opened.close()
    alone = key_file(tmp_path / "alone", lines=lines_of(both)[:1])
    again = unlocked(open_another(kept_url), alone)
    assert (read(again, old), read(again, new)) == ("sk-1", "sk-2")
    assert again.log.secrets.commitment("sk-1") == commitment


def test_the_same_rotation_again_makes_no_further_key(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    first = opened.log.secrets.rotate("d-2")
    assert opened.log.secrets.rotate("d-2") == first
    assert len(opened.data_keys.all()) == 3


def test_a_rotation_that_is_only_tried_changes_nothing(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    before = opened.data_keys.all()
    assert opened.log.secrets.rotate("d-2", dry_run=True) == ("d-2", "m-1", 2)
    assert opened.data_keys.all() == before


def test_another_process_seals_under_the_new_key_after_a_rotation(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    other = KeyRing(opened.data_keys, read_master_keys(keys), log_id=opened.log.identity.log_id)
    opened.log.secrets.rotate("d-2")
    envelope = other.seal("sk-1", stream=STREAM, version=1, pointer="/key")
    assert envelope["$secret"]["key"] == "d-2"
    assert read(opened, envelope) == "sk-1"


def test_a_file_without_a_key_that_is_needed_is_refused_by_its_name(opened: OpenStore, keys: Path, tmp_path: Path):
    unlocked(opened, keys)
    before = opened.data_keys.all()
    with pytest.raises(KeysMissing, match="m-1") as refused:
        unlocked(opened, key_file(tmp_path / "other", "m-2"))
    assert "\n" not in refused.value.detail
    assert opened.data_keys.all() == before


def test_another_key_of_the_same_name_is_refused(opened: OpenStore, keys: Path, tmp_path: Path):
    unlocked(opened, keys)
    with pytest.raises(KeysMissing, match="is not the one that wraps"):
        unlocked(opened, key_file(tmp_path / "other", "m-1"))


def test_keys_of_another_log_do_not_open_here(opened: OpenStore, keys: Path, open_another: Open):
    unlocked(opened, keys)
    other = open_another("memory:")
    other.data_keys.change(lambda _: opened.data_keys.all())
    with pytest.raises(KeysMissing):
        unlocked(other, keys)


def test_an_envelope_under_a_key_that_is_not_beside_the_log_says_so(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    envelope = sealed(opened, "sk-1")
    with pytest.raises(KeysMissing, match="varve_data_keys"):
        read(opened, {"$secret": {**envelope["$secret"], "key": "gone"}})
    with pytest.raises(SecretUnreadable):
        read(opened, {"$secret": {**envelope["$secret"], "key": opened.data_keys.all()[0].id}})


def test_servers_that_start_together_make_the_keys_once(kept_url: str, keys: Path, open_another: Open):
    opened, masters = open_another(kept_url), read_master_keys(keys)

    def start(_: int) -> str:
        return KeyRing(opened.data_keys, masters, log_id=opened.log.identity.log_id).commitment("sk-1")

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1
    assert len(opened.data_keys.all()) == 2


def test_rotations_at_the_same_time_each_make_their_key(kept_url: str, keys: Path, open_another: Open):
    opened = unlocked(open_another(kept_url), keys)
    envelope = sealed(opened, "sk-1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(opened.log.secrets.rotate, ["d-2", "d-3", "d-4", "d-5"]))
    rows = opened.data_keys.all()
    assert [row.number for row in rows] == list(range(6))
    assert {row.id for row in rows[2:]} == {"d-2", "d-3", "d-4", "d-5"}
    assert read(opened, envelope) == "sk-1"


def test_no_key_is_in_the_table_in_the_open(opened: OpenStore, keys: Path):
    unlocked(opened, keys)
    ring = opened.log.secrets
    assert isinstance(ring, KeyRing)
    rows: list[WrappedKey] = opened.data_keys.all()
    for key in (*ring._open.values(), *read_master_keys(keys).keys.values()):
        assert all(key not in row.wrapped for row in rows)


def test_a_backup_holds_the_keys_wrapped_as_they_were(kept_url: str, keys: Path, tmp_path: Path, open_another: Open):
    opened = unlocked(open_another(kept_url), keys)
    envelope = sealed(opened, "sk-1")
    back_up(kept_url, tmp_path / "backup.db")
    opened.close()
    restore(tmp_path / "backup.db", url := f"sqlite:///{tmp_path / 'restored.db'}")
    assert read(unlocked(open_another(url), keys), envelope) == "sk-1"
