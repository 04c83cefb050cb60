"""The log proves itself: verification, checkpoints, and proofs from its Merkle tree."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.access import Operates, ReadsLog
from api.answers import json_response
from api.deps import Cases, StrictRoute
from api.rest.bodies import Body
from api.rest.examples import responses
from application.verify_log import Verified
from domain.secrets.envelope import holds_envelope

router = APIRouter(prefix="/api/audits", tags=["audit"], route_class=StrictRoute)

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ORIGIN = "varve/0b9e7c52-6f0e-4d0a-9a53-0f7c2f0f7b11"
NOTE = f"{ORIGIN}\n1042\nn4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n\n— {ORIGIN} 1fQzZ…=\n"
VERIFIED = {
    "verdict": "verified",
    "reason": "every row is what it was when the checkpoint was cut",
    "first_bad": None,
    "size": 1050,
    "events": 1046,
    "anchored": 1040,
    "unanchored": 6,
    "root": HASH,
}
PROOF = {
    "position": 1042,
    "leaf_index": 1045,
    "size": 1050,
    "leaf": "AQAG…",
    "leaf_hash": HASH,
    "path": [HASH],
    "root": HASH,
}
CONSISTENCY = {"first": 1000, "second": 1050, "first_root": HASH, "second_root": HASH, "path": [HASH]}
CHECKPOINT = {
    "checkpoint": NOTE,
    "origin": ORIGIN,
    "size": 1042,
    "root": HASH,
    "public_key": "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n",
    "verifier_key": f"{ORIGIN}+d5f43367+ARpc…",
}

Size = Annotated[int | None, Query(ge=0, lt=2**63, description="Of the tree: that of a checkpoint; now if absent.")]


class VerifyBody(Body):
    """What the operator holds."""

    checkpoint: str | None = Field(None, max_length=16_384, description="The note, as it was published.")
    key: str | None = Field(None, max_length=16_384, description="The log's public key, in PEM.")


@router.post(
    "/verify",
    operation_id="verify_log",
    responses=responses(400, 413, 415, 503, ok={200: ("What was found; never a refusal.", VERIFIED)}),
)
def verify_log(body: VerifyBody, cases: Cases, access: Operates) -> Response:
    """Compute every leaf from its row again, and hold it against what was kept and the checkpoint of the caller.

    The verdict is `verified`, `altered` (with the first bad position, where it can be told) or `cannot_verify`: without
    a checkpoint and its key nothing is ever verified. `unanchored` events are not covered by the checkpoint.
    """
    access.to_installation()
    found = cases.verify_log.verify(checkpoint=body.checkpoint, key=None if body.key is None else body.key.encode())
    return json_response(verified_data(found), cases=cases, position=cases.progress.visible)


def verified_data(found: Verified) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "first_bad": found.first_bad,
        "size": found.size,
        "events": found.events,
        "anchored": found.anchored,
        "unanchored": found.unanchored,
        "root": found.root.hex(),
    }


@router.get(
    "/checkpoint",
    operation_id="read_checkpoint",
    responses=responses(400, 404, 409, 503, ok={200: ("A checkpoint of the log as it is now.", CHECKPOINT)}),
)
def read_checkpoint(cases: Cases, access: ReadsLog) -> Response:
    """Sign the log's size and root as they are now (C2SP tlog-checkpoint). Keep it where the log is not."""
    access.to_installation()
    checkpoint, note = cases.checkpoints.cut()
    public_key, verifier_key = cases.checkpoints.public_key(checkpoint.origin)
    content = {
        "checkpoint": note,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "public_key": public_key,
        "verifier_key": verifier_key,
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/proof/{position}",
    operation_id="prove_event",
    responses=responses(400, 404, 409, 503, ok={200: ("The path from the event to the root.", PROOF)}),
)
def prove_event(
    position: Annotated[int, Path(ge=1, lt=2**63)], cases: Cases, access: ReadsLog, size: Size = None
) -> Response:
    """Prove that an event is in the log (RFC 6962).

    `leaf` is in base64, and null for an event that holds a secret; hashes are SHA-256 in hex.
    """
    access.to_installation()
    for event in cases.store.events(first=position, last=position):
        access.to_event(event)
    proof = cases.prove_log.proof(position, size=size)
    content = {
        "position": position,
        "leaf_index": proof.leaf_index,
        "size": proof.size,
        "leaf": None if holds_envelope(proof.leaf) else b64encode(proof.leaf).decode(),
        "leaf_hash": proof.leaf_hash.hex(),
        "path": [one.hex() for one in proof.path],
        "root": proof.root.hex(),
    }
    return json_response(content, cases=cases, position=cases.progress.visible)


@router.get(
    "/consistency",
    operation_id="prove_consistency",
    responses=responses(400, 503, ok={200: ("The path from one root to the other.", CONSISTENCY)}),
)
def prove_consistency(
    first: Annotated[int, Query(ge=0, lt=2**63, description="The size of the earlier tree.")],
    cases: Cases,
    access: ReadsLog,
    second: Size = None,
) -> Response:
    """Prove that the log only grew from one size to another (RFC 6962)."""
    access.to_installation()
    found = cases.prove_log.consistency(first, second)
    content = {
        "first": found.first,
        "second": found.second,
        "first_root": found.first_root.hex(),
        "second_root": found.second_root.hex(),
        "path": [one.hex() for one in found.path],
    }
    return json_response(content, cases=cases, position=cases.progress.visible)
