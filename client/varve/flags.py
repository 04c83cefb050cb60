"""Settings as OpenFeature flags: which value, from which layer, for which reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import InvalidContextError, TypeMismatchError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagType, Reason

from varve.context import Context
from varve.effective import Effective, facts_of, parts_of
from varve.facts import APPLICATION
from varve.origins import origin_of
from varve.settings import Settings, thawed

NOBODY = "none"
DEFAULT = "default"
EXPERIMENT = "experiment:"
FOR_ALL = {DEFAULT: Reason.STATIC, APPLICATION: Reason.DEFAULT, NOBODY: Reason.DEFAULT}
FALLBACKS = {"memory": Reason.STALE, "disk": Reason.STALE, "application": Reason.DEFAULT, "types": Reason.DEFAULT}
WANTED: dict[FlagType, tuple[type, ...]] = {
    FlagType.BOOLEAN: (bool,),
    FlagType.STRING: (str,),
    FlagType.INTEGER: (int,),
    FlagType.FLOAT: (float, int),  # a field that is a whole number is a number
    FlagType.OBJECT: (Settings, tuple),
}


class Flag(NamedTuple):
    """A value of None is left to the caller's own default."""

    value: Any
    layer: str
    config_id: str | None = None
    version: int | None = None


def asked_for(context: EvaluationContext | None, kinds: tuple[str, ...], attributes: tuple[str, ...] = ()) -> Context:
    """Whose settings an evaluation context asks for. Raises InvalidContextError."""
    given = context.attributes if context is not None else {}
    named = [f"{kind}:{given[kind]}" for kind in kinds if given.get(kind)]
    first, more, scopes = (given.get(name) for name in ("collection_id", "collection_ids", "scopes"))
    try:
        several = [*([first] if first else []), *listed(more, "collection_ids")]
        user = context.targeting_key if context is not None else None
        told = {name: given[name] for name in attributes if given.get(name) is not None}
        return Context.checked(user or None, several, [*listed(scopes, "scopes"), *named], told)
    except (TypeError, ValueError) as error:
        raise InvalidContextError(str(error)) from error


def listed(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: a list of strings is needed, not {value!r}")
    return list(value)


def flag_of(effective: Effective, key: str) -> Flag | None:
    """The flag of this name, looked up once for each answer; None where there is none."""
    kept = effective._models
    try:
        found: Flag | None = kept[Flag, key]
    except KeyError:
        found = kept[Flag, key] = looked_up(effective, key)
    return found


def looked_up(effective: Effective, key: str) -> Flag | None:
    config_type, *keys = key.split(".")
    if config_type not in effective:
        return None
    part = parts_of(effective)[config_type]
    if part.path == NOBODY:
        return Flag(None, NOBODY)
    value: Any = effective[config_type]
    for one in keys:
        if not isinstance(value, Mapping) or one not in value:
            return None
        value = value[one]
    if effective.meta.source == "types":
        return Flag(None, DEFAULT)  # the caller's default knows the application better
    return Flag(value, *whence(effective, config_type, keys))


def whence(effective: Effective, config_type: str, keys: list[str]) -> tuple[str, str | None, int | None]:
    """The layer that gave it, and its config."""
    part = parts_of(effective)[config_type]
    if keys and part.path != APPLICATION:
        origin = origin_of(effective, config_type, keys)
        return origin[:3] if origin is not None else (DEFAULT, None, None)
    return part.layers[0][:3] if part.layers else (part.path, None, None)


def details(flag: Flag, effective: Effective, context: EvaluationContext | None) -> FlagResolutionDetails[Any]:
    """All that is told of a flag; its value comes later. Raises InvalidContextError for another environment."""
    meta, environment = effective.meta, facts_of(effective).environment
    asked = context.attributes.get("environment") if context is not None else None
    if asked and environment and asked != environment:
        raise InvalidContextError(f"this client reads {environment}: ask another one for {asked}")
    told = {
        "layer": flag.layer,
        "config_id": flag.config_id,
        "version": flag.version,
        "environment": environment,
        "digest": meta.digest,
        "position": meta.position,
        "source": meta.source,
    }
    variant = flag.layer
    if flag.layer.startswith(EXPERIMENT):
        told["experiment"], _, variant = flag.layer.removeprefix(EXPERIMENT).rpartition("/")
    metadata = {name: value for name, value in told.items() if value is not None}
    reason = FALLBACKS.get(meta.source) or reason_of(flag.layer)
    return FlagResolutionDetails(flag.value, reason=reason, variant=variant, flag_metadata=metadata)


def reason_of(layer: str) -> Reason:
    kind, _, id_ = layer.partition(":")
    if not id_:
        return FOR_ALL.get(layer, Reason.STATIC)
    return Reason.SPLIT if kind == "experiment" else Reason.TARGETING_MATCH


def value_as(kind: FlagType, value: Any, *, key: str) -> Any:
    """The value in plain dicts and lists, where it is of the kind that is wanted. Raises TypeMismatchError."""
    if not isinstance(value, WANTED[kind]) or (isinstance(value, bool) and kind is not FlagType.BOOLEAN):
        raise TypeMismatchError(f"{key} is {type(thawed(value)).__name__}, not {kind.value.lower()}")
    plain: Any = thawed(value)
    return float(plain) if kind is FlagType.FLOAT else plain
