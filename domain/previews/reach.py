"""What a change of the layers that all share does to the contexts above them, one by one and many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import orjson

from domain.config_types.definition import TypeDefinition
from domain.configs.layer import Layer
from domain.configs.resolution import resolve
from domain.documents import Document
from domain.pointers import keys_of
from domain.previews.difference import FieldChange, Stack, differing, field_changes
from domain.previews.rule_memory import Base, RuleMemory

OWN = "own"
"""The label of a context's own layer, where it is not told."""
_SIMPLE = frozenset({str, int, float, bool, type(None)})


class Effect(NamedTuple):
    """Pointers of the fields that change in a context, and of those that a higher layer keeps as they are."""

    changed: tuple[str, ...]
    hidden: tuple[str, ...]

    @classmethod
    def of(cls, changes: Sequence[FieldChange]) -> Effect:
        hidden = tuple(change.pointer for change in changes if change.hidden_by)
        return cls(tuple(change.pointer for change in changes if not change.hidden_by), hidden)


class Reach:
    """`before` and `after` are the shared layers (process, global) as they are and as they would be, rung by rung."""

    def __init__(self, definition: TypeDefinition, before: tuple[Layer, ...], after: tuple[Layer, ...]) -> None:
        self._definition = definition
        self._before = before
        self._after = after
        rungs = [rung for rung, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
        self._told = {rung: differing(definition, before[: rung + 1], after[: rung + 1]) for rung in rungs}
        self.bare = Effect.of(self.changes())
        """The effect on a context of which nothing is known."""
        self._quick = Quick(definition, before, after, self.bare)
        self._known: dict[tuple[str, str, str], Effect] = {}

    def changes(self, own: Layer | None = None, becomes: Layer | None = None) -> list[FieldChange]:
        """What happens to a context with this layer of its own, field by field. `becomes`: that one changes, too."""
        before, after = self._before, self._after
        if own is not None:
            before, after = (*before, own), (*after, becomes or own)
        stacks = (Stack(layers, resolve(self._definition, layers)) for layers in (before, after))
        return field_changes(*stacks, told=self._told)

    def under(self, mode: Literal["replace", "overlay"], data: str, unset: str) -> Effect:
        """The effect on a context whose own layer is this, `data` and `unset` as JSON. Found once for equal layers."""
        key = (mode, data, unset)
        effect = self._known.get(key)
        if effect is None:
            document = orjson.loads(data)
            effect = self._quick.effect(mode, document, data) if unset == "[]" else None
            if effect is None:
                effect = Effect.of(self.changes(Layer(OWN, mode, document, tuple(orjson.loads(unset)))))
            self._known[key] = effect
        return effect


class Quick:
    """The short way, for the common case: own layers without objects in them, over a base that is valid.

    Then no fold is needed: a field that differs below changes unless the own layer gives it. It must say what the long
    way says (a property test holds it to that), so it passes on whatever is not valid: healing looks at every layer.
    """

    def __init__(
        self, definition: TypeDefinition, before: tuple[Layer, ...], after: tuple[Layer, ...], bare: Effect
    ) -> None:
        self._memory = RuleMemory(definition)
        self._hidden = bare.hidden
        self._by_key = [(keys_of(pointer)[0], pointer) for pointer in bare.changed]
        self._keys = frozenset(key for key, _ in self._by_key)
        self._effects: dict[frozenset[str], Effect] = {}
        told = {*bare.changed, *bare.hidden}
        usable = told.issuperset(differing(definition, before[:1], after[:1]))
        self._bases = [_sound(definition, layers) if usable else None for layers in (before, after)]
        self._defaults = None if definition.missing(definition.defaults) else Base(definition.defaults)

    def effect(self, mode: str, document: Document, data: str) -> Effect | None:
        """None where the long way must be taken."""
        if None in self._bases or not _SIMPLE.issuperset(map(type, document.values())):
            return None
        given = self._keys if mode == "replace" else self._keys.intersection(document)
        bases = [self._defaults] if mode == "replace" else self._bases
        if given == self._keys:
            bases = bases[:1]  # nothing of what differs shows through: both are the same
        if all(base is not None and self._memory.valid(base, document, data) for base in bases):
            return self._keeping(given)
        return None

    def _keeping(self, given: frozenset[str]) -> Effect:
        """The effect where the own layer gives these fields."""
        effect = self._effects.get(given)
        if effect is None:
            changed = tuple(pointer for key, pointer in self._by_key if key not in given)
            kept = [pointer for key, pointer in self._by_key if key in given]
            effect = self._effects[given] = Effect(changed, tuple(sorted([*kept, *self._hidden])))
        return effect


def _sound(definition: TypeDefinition, layers: tuple[Layer, ...]) -> Base | None:
    resolved = resolve(definition, layers)
    return None if resolved.value is None or resolved.degraded else Base(resolved.value)
