"""Secrets in drafts: sealed for the change set, until publishing seals them for the config that takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.seal_secrets import Holder
from application.secret_keys import Secrets
from domain.config_types.definition import TypeDefinition
from domain.documents import Document
from domain.errors import InvalidConfig
from domain.pointers import put, value_at
from domain.secrets.envelope import commitment_of, is_envelope, is_placeholder, marked, placeholder, shown


@dataclass(frozen=True, slots=True)
class SealDraft:
    """For one version of a change set. `known` are documents of the thing itself, whose placeholders may stay."""

    secrets: Secrets
    change_set: UUID
    version: int
    known: Sequence[Document]

    def with_texts_of(self, former: Document, document: Document, *, version: int) -> Document:
        """The document with the secrets of a former draft, which its placeholders stand for, in plain text."""
        texts = {}
        for pointer in marked(document):
            given, sealed = value_at(document, pointer), value_at(former, pointer)
            if is_placeholder(given) and is_envelope(sealed) and commitment_of(given) == commitment_of(sealed):
                texts[pointer] = self.secrets.open(sealed, stream=self.change_set, version=version, pointer=pointer)
        return put(document, texts)

    def sealed(self, definition: TypeDefinition, document: Document, *, at: str) -> Document:
        """As it is recorded: texts sealed, and of what the thing has already, the placeholder.

        Raises InvalidConfig with faults under `at`, KeysMissing.
        """
        holder = Holder(self.secrets, self.change_set, self.version, self.known)
        taken = holder.take(definition, definition.coerced(document))
        if taken.violations:
            raise InvalidConfig.of(definition.name, (one.fault().under(at) for one in taken.violations))
        texts = {pointer: self._sealed(pointer, text) for pointer, text in taken.texts.items()}
        kept = {pointer: shown(one) for pointer, one in taken.kept.items()}
        return put(taken.document, kept | texts)

    def _sealed(self, pointer: str, text: str) -> Document:
        committed = self.secrets.commitment(text)
        for one in (value_at(document, pointer) for document in self.known):
            if is_envelope(one) and commitment_of(one) == committed:
                return placeholder(committed)
        return self.secrets.seal(text, stream=self.change_set, version=self.version, pointer=pointer)
