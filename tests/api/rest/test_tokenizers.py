"""What a lock finds of its tokenizer."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models

from infrastructure.indexing import Indexing
from tests.api.conftest import Client, opened
from tests.api.rest.locks import BGE, LOCKS, NEW, VALIDATED, locked


def put_tokenizer(folder: Path, vocab: dict[str, int], *, file: str = "tokenizer.json") -> str:
    """The hash of a tokenizer of whole words."""
    path = folder / BGE / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Tokenizer(models.WordLevel(vocab, unk_token="[UNK]")).to_str())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_tokenizer_that_is_installed_is_compared_and_tried(tmp_path: Path):
    digest = put_tokenizer(tmp_path, {"a": 0, "[UNK]": 1})
    with opened("memory:", indexing=Indexing(tmp_path)) as client:
        client.create("chunk_index", VALIDATED)
        other = client.post(LOCKS, json={**NEW, "tokenizer_hash": "0" * 64})
        assert (other.status_code, other.json()["errors"][0]["pointer"]) == (400, "/tokenizer_hash")
        outside = client.post(LOCKS, json={**NEW, "tokenizer_name": "../secrets"}, params={"dry_run": True})
        assert "is not installed" in outside.text
        lock = locked(client, tokenizer_hash=digest.upper())
        assert (lock["tokenizer_hash"], lock["checks"]["tokenizer"]) == (digest, "passed")


def test_a_tokenizer_that_cannot_be_tried_has_not_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with opened("memory:", indexing=Indexing(tmp_path)) as client:
        client.create("chunk_index", VALIDATED)

        def found() -> tuple[str, str]:
            lock = client.post(LOCKS, json=NEW, params={"dry_run": True}).json()["events"][0]["data"]
            return lock["tokenizer_hash"], lock["checks"]["tokenizer"]

        digest = put_tokenizer(tmp_path, {"a": 0}, file="vocab.txt")
        assert found() == (digest, "unknown: vocab.txt cannot be tried: put the tokenizer.json beside it")
        digest = put_tokenizer(tmp_path, {"a": 0})
        assert found()[1].startswith("unknown: tokenizer.json does not work: WordLevel error")
        monkeypatch.setitem(sys.modules, "tokenizers", None)
        assert found()[0] == digest
        assert "varve-server[tokenizers]" in found()[1]


@pytest.mark.parametrize("name", ["cl100k_base", "text-embedding-3-large"])
def test_a_tokenizer_that_a_package_ships_is_installed(api: Client, name: str):
    api.create("chunk_index", VALIDATED)
    lock = locked(api, tokenizer_name=name)
    assert lock["tokenizer_hash"] == "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"  # as published
    assert lock["checks"]["tokenizer"] == "passed"


def test_a_vocabulary_that_would_have_to_be_downloaded_is_not_installed(api: Client):
    api.create("chunk_index", VALIDATED)
    assert locked(api, tokenizer_name="gpt2")["checks"]["tokenizer"] == "unknown: gpt2 is not installed at the service"


def test_a_tokenizer_that_is_not_installed_is_told_as_such(api: Client):
    api.create("chunk_index", VALIDATED)
    lock = locked(api, tokenizer_hash="A" * 64)
    assert lock["tokenizer_hash"] == "a" * 64
    assert lock["checks"]["tokenizer"] == f"unknown: {BGE} is not installed at the service"
