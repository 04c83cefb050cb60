"""What a config type says: the shape of its documents, their defaults, and the rules across fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import jsonschema_rs

from domain.config_types import coercion, completeness
from domain.config_types.messages import subject_of, violations_of
from domain.config_types.partial import partial_schema
from domain.config_types.rule_set import RuleSet
from domain.config_types.schema_cost import MAX_FAULTS, SchemaCost
from domain.config_types.secret_texts import SecretTexts
from domain.config_types.secrets import Secret, holds_secret, secrets_in, with_references
from domain.config_types.shape import Place, Shape
from domain.config_types.spec import Mode, Rule, TypeSpec
from domain.config_types.validators import validator
from domain.config_types.violation import Violation
from domain.documents import Document
from domain.pointers import keys_of, put
from domain.secrets.envelope import is_sealed

__all__ = ["Mode", "Rule", "TypeDefinition", "TypeSpec", "Violation"]

_LACKING = frozenset({"required", "minProperties"})
"""The keywords by which a document can be faulted for what is not in it; dependentRequired says `required` too."""
_FORMS = frozenset({"anyOf", "oneOf"})
NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class TypeDefinition:
    """One version of a config type, compiled once. Immutable; made of a spec that `schema.checked` accepts."""

    def __init__(self, spec: TypeSpec, *, version: int) -> None:
        self.spec: Final = spec
        self.name: Final = spec.name
        self.version: Final = version
        """The version of the type's stream."""
        self.revision: Final = spec.revision
        self.description: Final = spec.description
        self.mode: Final[Mode] = spec.mode
        self.schema: Final = spec.schema
        self.rules: Final = spec.rules
        self._shape = Shape(spec.schema, branches=True)
        self._certain = Shape(spec.schema, branches=False)
        self._has_secrets = holds_secret(spec.schema)
        self._texts = SecretTexts(certain=self._certain.top, possible=self._shape.top)
        compiled = {key: value for key, value in with_references(spec.schema).items() if key != "$schema"}
        self._whole = validator(compiled)
        self._partial = validator(partial_schema(compiled))
        self._rules = RuleSet(spec.rules)
        self._cost = SchemaCost(spec.schema)
        self.defaults: Final = self.coerced(completeness.defaults(self._certain.top))
        """Every field with a default, nested ones too. Never changed in place."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, version: int) -> TypeDefinition:
        """The definition that `to_data` gave, read from an event or a request."""
        return cls(TypeSpec.from_data(data), version=version)

    def to_data(self) -> Document:
        return self.spec.to_data()

    def place(self, field: str) -> Place:
        """All that the schema says of a top-level field."""
        return self._shape.top.child(field)

    def coerced(self, data: Document) -> Document:
        """`data` with its numbers as the schema means them: 10.0 is 10 for an integer, 1 is 1.0 for a number.

        The same object where nothing changes, and where the document is too large to be checked at all.
        """
        if not self._cost.affordable(data):
            return data
        return coercion.coerced(data, self._shape.top)

    def violations(
        self, value: Document, *, required: bool = True, rules: bool = True, texts: Mapping[str, str] = NO_TEXTS
    ) -> list[Violation]:
        """What a whole document does wrong: by the schema, in the order of pointers, then by the rules, in theirs.

        Where the schema finds fault, only rules whose fields are all sound are asked, and count only if shown false;
        and of a large document not all faults are told, but the first.
        Without `required`, nothing is said of what is not there; a rule about it still does not hold, so leave `rules`
        out for a value with `missing` fields. `texts` are secrets, by pointer, in whose place `value` has placeholders.
        """
        found = self._checked(self._whole, value)
        if found and not required:
            found = self._without_lacking(found, value)
        found += self._texts.violations(texts, self.name)
        if not rules or not self.rules or (found and not self._cost.tellable(value)):
            return found
        unsound = [pointer for one in found for pointer in one.pointers]
        sealed = [one.pointer for one in self.secrets(value) if is_sealed(one.value) and one.pointer not in texts]
        return found + self._rules.violations(
            self.coerced(put(value, texts)), self.name, unsound=unsound, sealed=sealed
        )

    def partial_violations(self, data: Document, *, texts: Mapping[str, str] = NO_TEXTS) -> list[Violation]:
        """What an overlay does wrong by itself: each field alone; no required fields, no rules."""
        return self._checked(self._partial, data) + self._texts.violations(texts, self.name)

    def missing(self, value: Document) -> list[str]:
        """The pointers of required fields that `value` lacks, in objects inside it too."""
        return completeness.missing(value, self._certain.top)

    def secrets(self, data: Document) -> Iterable[Secret]:
        """The values in `data` that no listing, log or export may show."""
        return secrets_in(data, self._shape.top) if self._has_secrets else ()

    def _checked(self, compiled: jsonschema_rs.Draft202012Validator, data: Document) -> list[Violation]:
        if not self._cost.affordable(data):
            return [Violation(("",), f"{self.name} is too large for its schema to be checked: shorten it", "size")]
        plain = [secret.pointer for secret in self.secrets(data) if not secret.fits]
        if not plain and compiled.is_valid(data):
            return []
        errors = compiled.iter_errors(data) if self._cost.tellable(data) else first_error(compiled, data)
        violations = (violation for error in errors for violation in violations_of(error, self.name))
        found = list(islice(violations, MAX_FAULTS))
        shown = {one for one in found if not any(_within(one.pointers[0], pointer) for pointer in plain)}
        return sorted(shown.union(_told(plain)), key=lambda one: (one.pointers, one.message))

    def _without_lacking(self, found: list[Violation], value: Document) -> list[Violation]:
        """Without faults for what is not there. A fault of form is kept where the value is wrong by its parts, too."""
        alone = {one.pointers[0] for one in self.partial_violations(value)}
        return [
            one
            for one in found
            if one.rule not in _LACKING
            and (one.rule not in _FORMS or any(_within(pointer, one.pointers[0]) for pointer in alone))
        ]


def first_error(
    compiled: jsonschema_rs.Draft202012Validator, data: Document
) -> Iterator[jsonschema_rs.ValidationError]:
    """The first error alone, as a validator finds it when it stops there."""
    try:
        compiled.validate(data)
    except jsonschema_rs.ValidationError as error:
        yield error


def _within(pointer: str, holder: str) -> bool:
    return pointer == holder or pointer.startswith(f"{holder}/")


def _told(pointers: Iterable[str]) -> Iterator[Violation]:
    for pointer in pointers:
        name = subject_of(keys_of(pointer))
        message = f'{name} is a secret: give its text, or a reference, {{"$ref": "env:NAME"}}'
        yield Violation((pointer,), message, "x-secret")
