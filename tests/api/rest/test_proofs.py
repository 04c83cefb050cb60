"""The log proves what is in it, to whoever holds a checkpoint."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.audit.checkpoint import Checkpoint, opened, public_key_of, public_pem, signed
from domain.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from infrastructure.checkpoints import Checkpoints
from tests.api.conftest import Client
from tests.api.conftest import opened as served

KEY = Ed25519PrivateKey.generate()
PUBLIC = public_pem(KEY.public_key()).decode()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A server that signs, on each store in turn, with more leaves than a tile holds."""
    addresses = {"memory": lambda: "memory:", "sqlite": lambda: f"sqlite:///{tmp_path / 'varve.db'}"}
    url = addresses.get(request.param, lambda: request.getfixturevalue("postgres_url"))()
    with served(url, checkpoints=Checkpoints(key=KEY)) as found:
        configs = [
            {
                "environment": "production",
                "scope": f"user:u-{n}",
                "config_type": "chunking",
                "name": "n",
                "config_data": {"chunk_overlap": n},
                "mode": "overlay",
                "is_default": True,
                "is_active": True,
            }
            for n in range(90)
        ]
        answer = found.post("/api/imports", json={"kind": "bundle", "bundle": {"varve_bundle": 1, "configs": configs}})
        assert answer.status_code == 200, answer.text
        found.get("/api/runtime-configs/effective?as_of=2999-01-01T00:00:00Z&preview=true")
        yield found


def checkpoint(client: Client) -> Any:
    answer = client.get("/api/audits/checkpoint")
    assert answer.status_code == 200, answer.text
    return answer.json()


def verify(client: Client, note: str | None = None, key: str | None = PUBLIC) -> Any:
    answer = client.post("/api/audits/verify", json={"checkpoint": note, "key": key})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_log_is_verified_by_a_checkpoint_and_its_key(client: Client):
    held = checkpoint(client)
    found = verify(client, held["checkpoint"], held["public_key"])
    assert (found["verdict"], found["first_bad"], found["root"]) == ("verified", None, held["root"])
    assert found["events"] == found["anchored"] == client.newest_position
    client.create()
    found = verify(client, held["checkpoint"])
    assert (found["verdict"], found["unanchored"]) == ("verified", 4)


@pytest.mark.parametrize("lacks", ["checkpoint", "key", "both"])
def test_without_a_checkpoint_and_its_key_nothing_is_ever_verified(client: Client, lacks: str):
    note = checkpoint(client)["checkpoint"]
    given = {"checkpoint": (None, PUBLIC), "key": (note, None), "both": (None, None)}[lacks]
    assert verify(client, *given)["verdict"] == "cannot_verify"


def test_what_is_no_checkpoint_of_this_log_verifies_nothing(client: Client):
    held = checkpoint(client)
    other_key = public_pem(Ed25519PrivateKey.generate().public_key()).decode()
    of_another_log = signed(Checkpoint("varve/another", 3, b"\0" * 32), KEY)
    altered = held["checkpoint"].replace(f"\n{held['size']}\n", f"\n{held['size'] - 1}\n")
    tries = [
        (of_another_log, PUBLIC),
        (held["checkpoint"], other_key),
        (altered, PUBLIC),
        ("", PUBLIC),
        (held["checkpoint"], "no key"),
    ]
    for note, key in tries:
        found = verify(client, note, key)
        assert found["verdict"] == "cannot_verify", found
        assert found["reason"]


def test_a_checkpoint_that_the_log_does_not_bear_out_is_told(client: Client):
    held = checkpoint(client)
    wrong = signed(Checkpoint(held["origin"], held["size"], b"\0" * 32), KEY)
    assert verify(client, wrong)["verdict"] == "altered"
    longer = signed(Checkpoint(held["origin"], held["size"] + 5, b"\0" * 32), KEY)
    found = verify(client, longer)
    assert (found["verdict"], found["first_bad"]) == ("altered", client.newest_position + 1)


def test_each_event_is_proved_to_be_in_the_log(client: Client):
    held = checkpoint(client)
    root = opened(held["checkpoint"], public_key_of(PUBLIC.encode())).root
    for position in range(1, client.newest_position + 1):
        proof = client.get(f"/api/audits/proof/{position}", params={"size": held["size"]}).json()
        leaf = b64decode(proof["leaf"])
        assert leaf_hash(leaf).hex() == proof["leaf_hash"]
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert verify_inclusion(leaf_hash(leaf), index=proof["leaf_index"], size=proof["size"], path=path, root=root)


def test_the_log_is_proved_to_have_only_grown(client: Client):
    before = checkpoint(client)
    client.create()
    after = checkpoint(client)
    for first, second in ((before["size"], after["size"]), (1, before["size"]), (0, 1), (256, 300), (257, 258), (3, 3)):
        found = client.get("/api/audits/consistency", params={"first": first, "second": second}).json()
        path = [bytes.fromhex(one) for one in found["path"]]
        roots = [bytes.fromhex(found[name]) for name in ("first_root", "second_root")]
        assert verify_consistency(first, second, first_root=roots[0], second_root=roots[1], path=path)
        if (first, second) == (before["size"], after["size"]):
            assert [found["first_root"], found["second_root"]] == [before["root"], after["root"]]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("proof/1000000", 404),
        ("proof/5?size=2", 400),
        ("proof/5?size=1000000", 400),
        ("proof/0", 400),
        ("consistency?first=5&second=3", 400),
        ("consistency?first=1&second=1000000", 400),
    ],
)
def test_what_cannot_be_proved_is_refused(client: Client, address: str, status: int):
    assert client.get(f"/api/audits/{address}").status_code == status


def test_a_tree_that_is_not_the_one_that_was_signed_is_never_signed_again(client: Client):
    checkpoint(client)
    tiles = client.service.use_cases.prove_log._tiles
    newest = tiles.newest()
    assert newest is not None
    tiles.put([newest._replace(hashes=bytes(32) + newest.hashes[32:] + bytes(32), root=bytes(32))])
    answer = client.get("/api/audits/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_server_without_a_key_signs_nothing():
    with served("memory:") as client:
        answer = client.get("/api/audits/checkpoint")
        assert (answer.status_code, "varve audit key" in answer.json()["detail"]) == (404, True)
        assert client.get("/api/audits/proof/1").status_code == 200
