"""A checkpoint opens with the key that signed it and as it was signed, or not at all."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.checkpoint import (
    MAX_NOTE_BYTES,
    Checkpoint,
    opened,
    private_key_of,
    private_pem,
    public_key_of,
    public_pem,
    signed,
    verifier_key,
)
from domain.audit.merkle import EMPTY_ROOT, leaf_hash
from domain.errors import InvalidRequest

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
CHECKPOINT = Checkpoint("varve.example/log", 20_852_163, leaf_hash(b"root"), ("one extension", "— and another"))
NOTE = signed(CHECKPOINT, KEY)
ROOT = b64encode(CHECKPOINT.root).decode()

# Published by a public log (Sigstore's Rekor, shard of 2025) with a witness's signature beneath its own.
REKOR_KEY = "MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="
REKOR_NOTE = """\
log2025-1.rekor.sigstore.dev
139911860
EliTHtnx44DhEBH+5qIXBtQsSpc54Avam7mIYEvxnTA=

— log2025-1.rekor.sigstore.dev \
zxGZFcOra4Y7QpuiQen+CmnUvDZbxSXfBOXJzL+HKIeR9aC58QTfao58ABqkhVyBhQDseS+TZdDNpcnZhoRxkh7IbQ0=
— witness.stagemole.eu \
Z/euoAAAAABqxF18wrJCADsJ1G5Lc2JaRjZqqBwjpNqH24yQse4iJ4rKS6b5MtvHP+IbKYXwaWuWokdGA+BubLFi+TrwK7xpKr6XBw==
"""

# The key and the note with which Go's package sumdb/note explains itself.
GO_VERIFIER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


def raw_signed(text: str, *, name: str = CHECKPOINT.origin, key: Ed25519PrivateKey = KEY) -> str:
    """Any text with a true signature, as someone who holds the key could make it."""
    key_id = bytes.fromhex(verifier_key(name, key.public_key()).removeprefix(f"{name}+")[:8])
    return f"{text}\n— {name} {b64encode(key_id + key.sign(text.encode())).decode()}\n"


def rule_of(note: str, key: Ed25519PublicKey | None = None) -> str:
    with pytest.raises(InvalidRequest) as refusal:
        opened(note, key or KEY.public_key())
    [fault] = refusal.value.faults
    assert fault.pointer == "/checkpoint"
    return fault.rule


# ------------------------------------------------------------------------------------------------------------ published


def test_a_checkpoint_of_a_public_log_opens_with_the_key_of_that_log():
    key = load_der_public_key(b64decode(REKOR_KEY))
    root = b64decode("EliTHtnx44DhEBH+5qIXBtQsSpc54Avam7mIYEvxnTA=")
    assert opened(REKOR_NOTE, key) == Checkpoint("log2025-1.rekor.sigstore.dev", 139_911_860, root)


def test_a_checkpoint_of_a_public_log_with_another_size_does_not_open():
    altered = REKOR_NOTE.replace("139911860", "139911861")
    assert rule_of(altered, load_der_public_key(b64decode(REKOR_KEY))) == "signature"


def test_a_published_key_has_its_published_text():
    key = Ed25519PublicKey.from_public_bytes(b64decode(GO_VERIFIER_KEY.split("+", 2)[2])[1:])
    assert verifier_key("PeterNeumann", key) == GO_VERIFIER_KEY


def test_a_published_note_is_signed_here_as_it_was_there():
    """Ed25519 leaves no choice: the same key and text give the same bytes."""
    key = Ed25519PrivateKey.from_private_bytes(b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:])
    text = GO_NOTE.partition("\n\n")[0] + "\n"
    assert raw_signed(text, name="PeterNeumann", key=key) == GO_NOTE


# ----------------------------------------------------------------------------------------------------------- round trip


def test_a_checkpoint_is_its_lines():
    assert CHECKPOINT.body == f"varve.example/log\n20852163\n{ROOT}\none extension\n— and another\n"


def test_a_note_is_the_body_and_one_line_that_proves_it():
    assert raw_signed(CHECKPOINT.body) == NOTE


plain_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="+"), min_size=1, max_size=30)
checkpoints = st.builds(
    Checkpoint,
    names,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(plain_text, max_size=3).map(tuple),
)


@given(checkpoints)
def test_what_is_signed_is_what_opens(checkpoint):
    assert opened(signed(checkpoint, KEY), KEY.public_key()) == checkpoint


def test_the_empty_tree_has_a_checkpoint():
    empty = Checkpoint("varve.example/log", 0, EMPTY_ROOT)
    assert opened(signed(empty, KEY), KEY.public_key()) == empty


def test_signatures_of_others_above_and_below_are_passed_over():
    body, ours = NOTE.rsplit("\n\n", 1)
    _, theirs = raw_signed(CHECKPOINT.body, name="witness.example", key=OTHER_KEY).rsplit("\n\n", 1)
    _, same_name = raw_signed(CHECKPOINT.body, key=OTHER_KEY).rsplit("\n\n", 1)
    long = f"— witness.example/post-quantum {b64encode(bytes(4800)).decode()}\n"
    note = f"{body}\n\n{theirs}{same_name}{ours}{long}" + theirs * 16
    assert opened(note, KEY.public_key()) == CHECKPOINT


# ------------------------------------------------------------------------------------------------------------ refusals


def test_every_changed_byte_is_noticed():
    data = NOTE.encode()
    for at, byte in enumerate(data):
        for other in {byte ^ 1 << bit for bit in range(8)} | set(b"\0\n\r +=A0") - {byte}:
            text = (data[:at] + bytes([other]) + data[at + 1 :]).decode(errors="surrogateescape")
            assert rule_of(text) in {"form", "unsigned", "signature"}


def test_every_byte_left_out_or_doubled_is_noticed():
    data = NOTE.encode()
    for at in range(len(data)):
        for altered in (data[:at] + data[at + 1 :], data[:at] + data[at : at + 1] + data[at:]):
            assert rule_of(altered.decode(errors="replace")) in {"form", "unsigned", "signature"}


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode(errors="surrogateescape")))
def test_no_text_makes_opening_fail_in_another_way(text):
    signed_text = raw_signed(text.encode(errors="ignore").decode())
    assert {outcome(text), outcome(f"{text}\n\n{text}\n"), outcome(signed_text)} <= {"form", "unsigned", "opened"}


def outcome(note: str) -> str:
    try:
        opened(note, KEY.public_key())
    except InvalidRequest as refusal:
        return refusal.faults[0].rule
    return "opened"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "varve.example/log\n",
        "varve.example/log\n7\n",
        f"varve.example/log\n\n{ROOT}\n",
        f"\n7\n{ROOT}\n",
        f"varve example\n7\n{ROOT}\n",
        f"varve\u2003example\n7\n{ROOT}\n",
        f"varve+example\n7\n{ROOT}\n",
        f"varve.example/log\x00\n7\n{ROOT}\n",
        *(
            f"varve.example/log\n{size}\n{ROOT}\n"
            for size in (
                "07",
                "00",
                "-1",
                "+1",
                " 1",
                "1 ",
                "1_0",
                "1.0",
                "1e3",
                "0x1",
                "٣",
                "²",
                "x",
                "9" * 19,
                "1" * 5000,
            )
        ),
        f"varve.example/log\n7\n{ROOT[:-1]}\n",
        f"varve.example/log\n7\n{ROOT}=\n",
        f"varve.example/log\n7\n {ROOT}\n",
        f"varve.example/log\n7\n{ROOT[:20]}-_{ROOT[22:]}\n",
        f"varve.example/log\n7\n{b64encode(bytes(31)).decode()}\n",
        f"varve.example/log\n7\n{b64encode(bytes(33)).decode()}\n",
        f"varve.example/log\n7\n{'A' * 42}B=\n",
        "varve.example/log\n7\n" + bytes(32).hex() + "\n",
        f"varve.example/log\n7\n{ROOT}\n\nafter an empty line\n",
        f"varve.example/log\n7\n{ROOT}\na\ttab\n",
        f"varve.example/log\n7\n{ROOT}\n\x1b[31mred\n",
        f"varve.example/log\n7\n{ROOT}\na\x7f\n",
        f"varve.example/log\r\n7\r\n{ROOT}\r\n",
        f"varve.example/log\n7\n{ROOT}\n\x00\n",
        f"varve.example/log\n7\n{ROOT}\n{'x' * MAX_NOTE_BYTES}\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_even_when_signed(text):
    assert rule_of(raw_signed(text)) == "form"


LINE = NOTE.rsplit("\n\n", 1)[1]
WRITTEN = LINE.rstrip().rsplit(" ", 1)[1]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "no note",
        CHECKPOINT.body,
        CHECKPOINT.body + "\n",
        CHECKPOINT.body + LINE,
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE + "trailing\n",
        NOTE.replace("\n", "\r\n"),
        " " + NOTE,
        NOTE.replace(LINE, LINE.replace("—", "-")),
        NOTE.replace(LINE, LINE.replace("— ", "—")),
        NOTE.replace(LINE, LINE.replace("— ", "—  ")),
        NOTE.replace(LINE, f"— {WRITTEN}\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin}\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin} \n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin}  {WRITTEN}\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin} {WRITTEN} {WRITTEN}\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin} {WRITTEN[:-1]}\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin} AAAA\n"),
        NOTE.replace(LINE, f"— {CHECKPOINT.origin} AAAAAA==\n"),
        NOTE.replace(LINE, f"{LINE}\n{LINE}"),
        NOTE + "— a+b AAAAAAAA\n",
        NOTE + "— witness.example !!!!\n",
        NOTE + "— witness.example AAAAAAA\n" * 1000,
        NOTE.replace("one extension", "one \ud800"),
        GO_NOTE,
    ],
)
def test_a_malformed_note_is_refused(note):
    assert rule_of(note) == "form"


def test_a_note_without_a_signature_by_the_key_is_unsigned():
    assert rule_of(NOTE, OTHER_KEY.public_key()) == "unsigned"


def test_a_signature_by_the_key_under_another_name_does_not_count():
    assert rule_of(raw_signed(CHECKPOINT.body, name="other.example/log")) == "unsigned"


def test_a_signature_for_another_text_is_wrong():
    other = Checkpoint(CHECKPOINT.origin, CHECKPOINT.size + 1, CHECKPOINT.root, CHECKPOINT.extensions)
    assert rule_of(other.body + "\n" + LINE) == "signature"


def test_one_wrong_signature_in_our_name_spoils_a_right_one():
    _, wrong = raw_signed("something else\n").rsplit("\n\n", 1)
    assert rule_of(NOTE + wrong) == "signature"


@pytest.mark.parametrize("length", [1, 63, 65, 128])
def test_a_signature_of_another_length_is_wrong(length):
    key_id = b64decode(WRITTEN)[:4]
    cut = f"— {CHECKPOINT.origin} {b64encode(key_id + bytes(length)).decode()}\n"
    assert rule_of(NOTE.replace(LINE, cut)) == "signature"


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, bytes(32), ()),
        ("two words", 1, bytes(32), ()),
        ("one+two", 1, bytes(32), ()),
        ("one\ntwo", 1, bytes(32), ()),
        ("one\ud800", 1, bytes(32), ()),
        ("one", -1, bytes(32), ()),
        ("one", 2**63, bytes(32), ()),
        ("one", 1, bytes(31), ()),
        ("one", 1, b"", ()),
        ("one", 1, bytes(32), ("",)),
        ("one", 1, bytes(32), ("two\nlines",)),
    ],
)
def test_what_a_note_could_not_carry_is_no_checkpoint(origin, size, root, extensions):
    with pytest.raises(ValueError, match=r"must|out of range|a line"):
        Checkpoint(origin, size, root, extensions)


def test_a_checkpoint_too_long_to_be_opened_is_not_signed():
    with pytest.raises(ValueError, match="longer than 16384 bytes"):
        signed(Checkpoint("one", 1, bytes(32), ("x" * MAX_NOTE_BYTES,)), KEY)


# ---------------------------------------------------------------------------------------------------------------- keys


def test_a_private_key_comes_back_from_its_text():
    assert private_key_of(private_pem(KEY)).private_bytes_raw() == KEY.private_bytes_raw()


@pytest.mark.parametrize("pem", [public_pem(KEY.public_key()), private_pem(KEY)])
def test_a_public_key_comes_back_from_its_text_and_from_that_of_the_private_key(pem):
    assert public_key_of(pem) == KEY.public_key()


CURVE_KEY = generate_private_key(SECP256R1())
NO_KEYS = [
    b"",
    b"varve",
    b"\xff\x00",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    b"-----BEGIN PUBLIC KEY-----\n",
    verifier_key("one", KEY.public_key()).encode(),
    CURVE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    CURVE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")),
    KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
]


@pytest.mark.parametrize("pem", NO_KEYS)
@pytest.mark.parametrize("key_of", [public_key_of, private_key_of])
def test_what_is_no_key_is_refused(key_of, pem):
    with pytest.raises(InvalidRequest) as refusal:
        key_of(pem)
    assert [(fault.pointer, fault.rule) for fault in refusal.value.faults] == [("/key", "key")]


def test_a_public_key_is_no_private_key():
    with pytest.raises(InvalidRequest):
        private_key_of(public_pem(KEY.public_key()))
