"""Checkpoints: the log's size and root at one moment, signed, as text that is kept away from the log.

The format is C2SP tlog-checkpoint inside a C2SP signed-note, with an Ed25519 key whose name is the log's origin. Any
tool of that family can check one against the text of `verifier_key`.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from unicodedata import category

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from domain.audit.merkle import HASH_BYTES
from domain.errors import InvalidRequest

MAX_NOTE_BYTES = 16 * 1024
SIZE_LIMIT = 2**63

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_DASH = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")

_Signature = tuple[str, bytes, bytes]
"""The key's name, the key's id, and what the key signed with."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the first `size` leaves. Raises ValueError for what its text could not carry unchanged."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _is_key_name(self.origin):
            raise ValueError("the origin must be a name without spaces and plus signs")
        if not 0 <= self.size < SIZE_LIMIT:
            raise ValueError("the size is out of range")
        if len(self.root) != HASH_BYTES:
            raise ValueError(f"the root hash must have {HASH_BYTES} bytes")
        if not all(line and _is_plain(line) for line in self.extensions):
            raise ValueError("a line after the root hash is empty or holds control characters")

    @property
    def body(self) -> str:
        """What is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, _base64(self.root), *self.extensions))


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a note, the same each time for the same key. Raises ValueError if it would be too long."""
    text = checkpoint.body
    signature = _key_id(checkpoint.origin, key.public_key()) + key.sign(text.encode())
    note = f"{text}\n{_DASH}{checkpoint.origin} {_base64(signature)}\n"
    if len(note.encode()) > MAX_NOTE_BYTES:
        raise ValueError(f"the checkpoint would be longer than {MAX_NOTE_BYTES} bytes")
    return note


def opened(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """What the note says, if `key` signed it in the origin's name; signatures by other keys are passed over.

    Raises InvalidRequest by rule "form" (not a checkpoint), "unsigned" (nothing by this key) or "signature" (altered).
    """
    try:
        text, signatures = _parted(note)
        checkpoint = _read(text)
    except ValueError as fault:
        message = f"This is not a signed checkpoint: {fault}. Pass the text as it was published, unchanged."
        raise InvalidRequest.at("/checkpoint", message, "form") from fault
    signer = checkpoint.origin, _key_id(checkpoint.origin, key)
    _verify(text, key=key, signatures=[signature for name, by, signature in signatures if (name, by) == signer])
    return checkpoint


def _verify(text: str, *, key: Ed25519PublicKey, signatures: list[bytes]) -> None:
    if not signatures:
        message = "The checkpoint is not signed by this key. Pass the public key of the log that published it."
        raise InvalidRequest.at("/checkpoint", message, "unsigned")
    try:
        for signature in signatures:
            key.verify(signature, text.encode())
    except InvalidSignature as fault:
        message = "The checkpoint or its signature was altered. Do not rely on it: take another copy."
        raise InvalidRequest.at("/checkpoint", message, "signature") from fault


def _parted(note: str) -> tuple[str, list[_Signature]]:
    """The signed text and its signatures; the last empty line stands between them."""
    if len(note.encode(errors="replace")) > MAX_NOTE_BYTES:
        raise ValueError(f"it is longer than {MAX_NOTE_BYTES} bytes")
    text, blank_line, signatures = note.rpartition("\n\n")
    if not blank_line or not signatures.endswith("\n"):
        raise ValueError("a text, an empty line and complete lines of signatures are expected")
    return f"{text}\n", [_signature(line) for line in signatures[:-1].split("\n")]


def _signature(line: str) -> _Signature:
    name, _, written = line.removeprefix(_DASH).partition(" ")
    signature = _from_base64(written)
    if not line.startswith(_DASH) or not _is_key_name(name) or len(signature) <= _KEY_ID_BYTES:
        raise ValueError("a line of the signatures is malformed")
    return name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:]


def _read(text: str) -> Checkpoint:
    origin, *rest = text[:-1].split("\n")
    if len(rest) < 2:
        raise ValueError("origin, size and root hash are expected, each on its line")
    size, root, *extensions = rest
    if not _SIZE.fullmatch(size):
        raise ValueError("the size must be a decimal number without leading zeros")
    return Checkpoint(origin, int(size), _from_base64(root), tuple(extensions))


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _from_base64(text: str) -> bytes:
    """Only the one text that `_base64` gives for the bytes: a note cannot be varied without being altered."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if _base64(data) != text:
        raise ValueError("a hash or a signature is not standard base64")
    return data


def _is_key_name(name: str) -> bool:
    return name != "" and _is_plain(name) and not any(char.isspace() or char == "+" for char in name)


def _is_plain(line: str) -> bool:
    """Without control characters, line ends among them, and lone surrogates, which UTF-8 cannot carry."""
    return not any(category(char) in {"Cc", "Cs"} for char in line)


def verifier_key(origin: str, public_key: Ed25519PublicKey) -> str:
    """The key as one line that other tools for signed notes take."""
    return f"{origin}+{_key_id(origin, public_key).hex()}+{_base64(_ED25519 + public_key.public_bytes_raw())}"


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:_KEY_ID_BYTES]


def private_key_of(pem: bytes) -> Ed25519PrivateKey:
    """Raises InvalidRequest for anything but an Ed25519 private key without a password."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise _no_key("private") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key("private")
    return key


def public_key_of(pem: bytes) -> Ed25519PublicKey:
    """The public key in `pem`, or that of the private key in it. Raises InvalidRequest for anything else."""
    if b"PRIVATE KEY-----" in pem:
        return private_key_of(pem).public_key()
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _no_key("public") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key("public")
    return key


def _no_key(kind: str) -> InvalidRequest:
    message = f"This is not an Ed25519 {kind} key in PEM without a password. Pass the file of the log's key."
    return InvalidRequest.at("/key", message, "key")


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """PKCS #8, not encrypted: for a file that its owner alone may read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
