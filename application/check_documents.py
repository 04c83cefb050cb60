"""Whether a document may be stored under its type, at its scope, over what lies below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from application.seal_secrets import Holder, Taken
from application.unit_of_work import UnitOfWork
from domain.config_types.definition import TypeDefinition, Violation
from domain.config_types.schema_cost import values_by_level
from domain.configs.config import Config
from domain.configs.fold import folded
from domain.configs.layer import Layer
from domain.configs.merge import merged
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.scope import GLOBAL, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Fault, InvalidConfig
from domain.json_values import MAX_DEPTH, MAX_NODES, too_many
from domain.pointers import MISSING, ancestors, keys_of, leaves, value_at


def layers_below(work: UnitOfWork, *, environment: str, scope: Scope, config_type: str) -> tuple[Layer, ...]:
    """What an overlay is checked over.

    Process and global, as they are in the log. No user is known when it is written.
    """
    process = work.load(ProcessLayer, process_layer_id(environment, config_type))
    layers = [Layer("environment", "overlay", process.data)]
    if scope != GLOBAL:
        slot = work.load(Slot, slot_id(environment, GLOBAL, config_type))
        config = work.load(Config, slot.default) if slot.default else None
        if config is not None and config.in_force:
            layers.append(Layer("global", config.mode, config.data, tuple(config.unset)))
    return tuple(layers)


def checked_document(
    definition: TypeDefinition,
    data: Document,
    *,
    mode: str,
    unset: Sequence[str],
    below: Sequence[Layer],
    holder: Holder,
) -> Document:
    """The document as it is stored: numbers in the form that the schema says, secrets sealed for their holder.

    Raises InvalidConfig with every fault, under /config_data and /unset.
    """
    if sum(values_by_level(data)) > MAX_NODES:  # an import may hold more, but no single config of it
        flaw = too_many(MAX_NODES)
        raise InvalidConfig.of(definition.name, [Fault("/config_data", flaw.message, flaw.rule)])
    taken = holder.take(definition, definition.coerced(data))
    faults = list(_unset_faults(definition, taken.document, mode, unset))
    if mode == "replace":
        faults += _document_faults(
            definition.violations(merged(definition.defaults, taken.document), texts=taken.texts)
        )
    else:
        alone = _document_faults(definition.partial_violations(taken.document, texts=taken.texts))
        together = [] if faults else _overlay_faults(definition, taken, unset, below)
        told = {fault.pointer for fault in alone}
        faults += [*alone, *(fault for fault in together if fault.pointer not in told)]
    faults += _document_faults(taken.violations)
    if faults:
        raise InvalidConfig.of(definition.name, faults)
    return taken.sealed()


def _overlay_faults(
    definition: TypeDefinition, taken: Taken, unset: Sequence[str], below: Sequence[Layer]
) -> list[Fault]:
    """Over an incomplete base each field stands for itself.

    Rules across fields wait until there is something to compare.
    """
    if definition.missing(folded(definition.defaults, below).value):
        return []
    draft = Layer("draft", "overlay", taken.document, tuple(unset))
    value = folded(definition.defaults, (*below, draft)).value
    return _document_faults(definition.violations(value, required=False, texts=taken.texts))


def _document_faults(violations: Iterable[Violation]) -> list[Fault]:
    return [violation.fault().under("/config_data") for violation in violations]


def _unset_faults(definition: TypeDefinition, document: Document, mode: str, unset: Sequence[str]) -> Iterator[Fault]:
    if not unset:
        return
    if mode == "replace":
        yield Fault("/unset", "unset is for an overlay: a replace config starts from the defaults anyway", "unset")
        return
    required = definition.missing({})
    given = {pointer for pointer, _ in leaves(document)}
    holding = {holder for pointer in given for holder in ancestors(pointer)}
    for index, pointer in enumerate(unset):
        at = f"/unset/{index}"
        if pointer.count("/") > MAX_DEPTH:
            yield Fault(at, f"a pointer has at most {MAX_DEPTH} keys: name a field of the type", "unset")
        elif not pointer.startswith("/") or not all(keys_of(pointer)):
            yield Fault(at, f"{pointer!r} is not a pointer to a field: write /field or /object/field", "unset")
        elif pointer in given or pointer in holding or not given.isdisjoint(ancestors(pointer)):
            yield Fault(at, f"{pointer} is both given and unset: leave one out", "unset")
        elif pointer in required and value_at(definition.defaults, pointer) is MISSING:
            yield Fault(at, f"{pointer[1:]} has no default to go back to: give it a value", "unset")
