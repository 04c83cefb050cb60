"""What a schema says of the text of a secret, checked before it is sealed. No message repeats the text."""

from __future__ import annotations

from collections.abc import Mapping

from domain.config_types.messages import violations_of
from domain.config_types.shape import Place
from domain.config_types.validators import validator
from domain.config_types.violation import Violation
from domain.documents import Document
from domain.pointers import keys_of, put

_OF_TEXTS = ("minLength", "maxLength", "pattern", "format", "enum", "const")


class SecretTexts:
    """`certain` is what speaks of a document in any case, `possible` also what may: branches of `anyOf`."""

    def __init__(self, *, certain: Place, possible: Place) -> None:
        self._certain = certain
        self._possible = possible

    def violations(self, texts: Mapping[str, str], type_name: str) -> list[Violation]:
        """What these texts do wrong, by their pointers."""
        found: list[Violation] = []
        for pointer, text in texts.items():
            check = validator(_under(keys_of(pointer), self._schema(keys_of(pointer))))
            for error in check.iter_errors(put({}, {pointer: text})):
                found += violations_of(error, type_name)
        return found

    def _schema(self, keys: list[str]) -> Document:
        """All that certainly holds, and one of the forms that a secret may have here."""
        certain = _place(self._certain, keys).schemas
        forms = [one for one in _place(self._possible, keys).schemas if one.get("x-secret") and one not in certain]
        return {"allOf": [_of_text(one) for one in certain], **({"anyOf": list(map(_of_text, forms))} if forms else {})}


def _place(top: Place, keys: list[str]) -> Place:
    for key in keys:
        top = top.child(key)
    return top


def _of_text(schema: Document) -> Document:
    return {word: schema[word] for word in _OF_TEXTS if word in schema}


def _under(keys: list[str], schema: Document) -> Document:
    for key in reversed(keys):
        schema = {"properties": {key: schema}}
    return schema
