"""A secret opens where it was sealed for, under its key, and nowhere else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from domain.configs.config import Config
from domain.configs.digest import digest
from domain.documents import Document
from domain.errors import SecretUnreadable
from domain.secrets.envelope import commitment_of, shown
from domain.secrets.sealing import DataKey, SecretPlace, commitment, opened, request_key, sealed, unwrapped, wrapped
from infrastructure.event_store.codec import EventMapper

LOG, STREAM = UUID(int=1), UUID(int=2)
PLACE = SecretPlace(LOG, STREAM, "/api_key")
KEY, COMMITMENTS, NONCE = DataKey("k-1", bytes(range(32))), b"c" * 32, b"n" * 12
GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "secret_v1.json").read_text())


def seal(text: str = "sk-1", *, place: SecretPlace = PLACE, version: int = 3) -> Document:
    return sealed(text, place=place, version=version, key=KEY, commitment_key=COMMITMENTS, nonce=NONCE)


@pytest.mark.parametrize("version", [3, 4, 100])
@pytest.mark.parametrize("text", ["sk-1", "", "schlüssel\n", "x" * 10_000])
def test_a_secret_opens_in_its_version_and_in_later_ones(text: str, version: int):
    assert opened(seal(text), place=PLACE, version=version, key=KEY.key) == text


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, log_id=UUID(int=9)),
        replace(PLACE, stream=UUID(int=9)),
        replace(PLACE, pointer="/other"),
    ],
)
def test_a_secret_does_not_open_in_another_place(place: SecretPlace):
    with pytest.raises(SecretUnreadable, match="Give it again"):
        opened(seal(), place=place, version=3, key=KEY.key)


def test_a_secret_does_not_open_in_an_earlier_version():
    with pytest.raises(SecretUnreadable):
        opened(seal(version=3), place=PLACE, version=2, key=KEY.key)


def test_a_secret_does_not_open_under_another_key():
    with pytest.raises(SecretUnreadable):
        opened(seal(), place=PLACE, version=3, key=b"k" * 32)


@pytest.mark.parametrize(
    ("field", "value"),
    [("key", "k-2"), ("commitment", "x"), ("version", 2), ("ciphertext", ""), ("ciphertext", "no base64!")],
)
def test_an_envelope_of_which_anything_was_changed_does_not_open(field: str, value: Any):
    altered = {"$secret": {**seal()["$secret"], field: value}}
    with pytest.raises(SecretUnreadable):
        opened(altered, place=PLACE, version=3, key=KEY.key)


def test_a_ciphertext_of_which_one_bit_was_changed_does_not_open():
    inner = seal()["$secret"]
    box = bytearray(b64decode(inner["ciphertext"]))
    for at in range(len(box)):
        box[at] ^= 1
        altered = {"$secret": {**inner, "ciphertext": b64encode(bytes(box)).decode()}}
        with pytest.raises(SecretUnreadable):
            opened(altered, place=PLACE, version=3, key=KEY.key)
        box[at] ^= 1


def test_no_message_repeats_what_was_sealed():
    with pytest.raises(SecretUnreadable) as refused:
        opened(seal("hunter2"), place=PLACE, version=1, key=KEY.key)
    assert "hunter2" not in refused.value.detail
    assert seal()["$secret"]["ciphertext"] not in refused.value.detail


def test_equal_secrets_have_equal_commitments_in_any_place_and_others_have_not():
    elsewhere = seal(place=replace(PLACE, stream=UUID(int=9)), version=8)
    assert commitment_of(seal()) == commitment_of(elsewhere) == commitment("sk-1", key=COMMITMENTS)
    assert commitment_of(seal("sk-2")) != commitment_of(seal())
    assert commitment("sk-1", key=b"d" * 32) != commitment("sk-1", key=COMMITMENTS)


def test_requests_are_digested_under_a_key_of_their_own():
    assert request_key(COMMITMENTS) != COMMITMENTS
    assert request_key(COMMITMENTS) != request_key(b"d" * 32)


def test_a_digest_is_made_of_the_commitment_and_not_of_the_envelope():
    one, resealed = seal(), sealed("sk-1", place=PLACE, version=9, key=KEY, commitment_key=COMMITMENTS, nonce=b"m" * 12)
    assert one != resealed
    assert digest({"provider": shown({"api_key": one})}) == digest({"provider": shown({"api_key": resealed})})


def test_a_key_opens_under_the_master_key_that_wrapped_it_as_itself():
    box = wrapped(KEY.key, id="k-1", log_id=LOG, under=b"m" * 32, nonce=NONCE)
    assert KEY.key not in box
    assert unwrapped(box, id="k-1", log_id=LOG, under=b"m" * 32) == KEY.key
    assert unwrapped(box, id="k-2", log_id=LOG, under=b"m" * 32) is None
    assert unwrapped(box, id="k-1", log_id=STREAM, under=b"m" * 32) is None
    assert unwrapped(box, id="k-1", log_id=LOG, under=b"n" * 32) is None
    assert unwrapped(b"", id="k-1", log_id=LOG, under=b"m" * 32) is None


def test_what_was_sealed_once_is_read_for_ever():
    stored = StoredEvent(UUID(GOLDEN["stream"]), GOLDEN["version"], Config.Updated.TOPIC, GOLDEN["stored"].encode())
    event = EventMapper().to_domain_event(stored)
    assert isinstance(event, Config.Updated)
    place = SecretPlace(UUID(GOLDEN["log_id"]), UUID(GOLDEN["stream"]), GOLDEN["pointer"])
    envelope = event.data["api_key"]
    key = bytes.fromhex(GOLDEN["data_key"])
    assert opened(envelope, place=place, version=GOLDEN["version"], key=key) == GOLDEN["text"]
    assert commitment_of(envelope) == commitment(GOLDEN["text"], key=bytes.fromhex(GOLDEN["commitment_key"]))
    assert digest({"provider": shown(event.data)}) == GOLDEN["digest"]
    assert EventMapper().to_stored_event(event).state.decode() == GOLDEN["stored"]
