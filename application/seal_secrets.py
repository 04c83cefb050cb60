"""Secrets of a document that comes in: each is sealed before anything is recorded, or goes on in its old envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from application.secret_keys import Secrets
from domain.config_types.definition import TypeDefinition
from domain.config_types.messages import subject_of
from domain.config_types.violation import Violation
from domain.documents import Document
from domain.pointers import keys_of, put, value_at
from domain.secrets.envelope import MARK, commitment_of, is_envelope, is_placeholder, is_sealed, marked, placeholder

GIVEN = placeholder("")
"""Stands for a text while the rest of the document is checked."""
MAX_SECRETS = 100  # of a document: each costs a compiled check and a sealing, together within 100 ms


@dataclass(frozen=True, slots=True)
class Holder:
    """The stream that takes a document, the version it makes of it, and documents whose envelopes it may go on with."""

    secrets: Secrets
    stream: UUID
    version: int
    known: Sequence[Document] = ()

    def take(self, definition: TypeDefinition, document: Document) -> Taken:
        """A document as a caller sends it: secrets in plain text, or the placeholders that were shown."""
        taken = Taken(self, document)
        secret = {one.pointer: one.value for one in definition.secrets(document)}
        taken.violations += [_misplaced(pointer) for pointer in marked(document) if pointer not in secret]
        given = {pointer: value for pointer, value in secret.items() if isinstance(value, str) or _is_marked(value)}
        if len(given) > MAX_SECRETS:
            message = f"a document may hold {MAX_SECRETS} secrets, and this one has {len(given)}: split it"
            taken.violations.append(Violation(("",), message, "size"))
            return taken
        for pointer, value in given.items():
            if isinstance(value, str):
                self._take_text(taken, pointer, value)
            else:
                self._take_placeholder(taken, pointer, value)
        taken.document = put(document, dict.fromkeys(taken.texts, GIVEN) | taken.kept)
        return taken

    def _take_text(self, taken: Taken, pointer: str, text: str) -> None:
        taken.texts[pointer] = text
        if not self.secrets.can_seal:
            message = f"{_subject(pointer)} is a secret, and there is no key to seal it with: set VARVE_SECRET_KEYS"
            said = f'{message}, or give a reference, {{"$ref": "env:NAME"}}'
            taken.violations.append(Violation((pointer,), said, "x-secret"))

    def _take_placeholder(self, taken: Taken, pointer: str, value: Document) -> None:
        """The first that is known here under this commitment; an envelope must be the very one that is known."""
        sealed = list(self._sealed(pointer))
        trusted = is_placeholder(value) or value in sealed
        same = [one for one in sealed if trusted and commitment_of(one) == commitment_of(value)]
        if not same:
            message = f"{_subject(pointer)} is not the secret that is here: give the secret again"
            taken.violations.append(Violation((pointer,), message, "x-secret"))
        taken.kept[pointer] = same[0] if same else GIVEN

    def _sealed(self, pointer: str) -> Iterator[Document]:
        found = (value_at(document, pointer) for document in self.known)
        return (one for one in found if is_sealed(one))

    def sealed(self, pointer: str, text: str) -> Document:
        """The envelope that holds this text here already, else a new one. Raises KeysMissing."""
        committed = self.secrets.commitment(text)
        for envelope in self._sealed(pointer):
            if commitment_of(envelope) == committed:
                return envelope
        return self.secrets.seal(text, stream=self.stream, version=self.version, pointer=pointer)


@dataclass
class Taken:
    """A document with a stand-in for each text of a secret, to be checked together with the `texts` by pointer."""

    holder: Holder
    document: Document
    texts: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def sealed(self) -> Document:
        """The document as it is recorded. Raises KeysMissing."""
        return put(self.document, {pointer: self.holder.sealed(pointer, text) for pointer, text in self.texts.items()})


def opened(secrets: Secrets, document: Document, *, stream: UUID, version: int) -> Document:
    """A document of this stream with its secrets in plain text. Raises KeysMissing, SecretUnreadable."""
    sealed = {pointer: value_at(document, pointer) for pointer in marked(document)}
    texts = {
        pointer: secrets.open(envelope, stream=stream, version=version, pointer=pointer)
        for pointer, envelope in sealed.items()
        if is_envelope(envelope)
    }
    return put(document, texts)


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and MARK in value


def _misplaced(pointer: str) -> Violation:
    message = (
        f"{_subject(pointer) or 'the document'} is no secret field, and {MARK} stands for secrets only: take it out"
    )
    return Violation((pointer,), message, "x-secret")


def _subject(pointer: str) -> str:
    return subject_of(keys_of(pointer))
