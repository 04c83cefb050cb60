"""Settings as the application's own classes: pydantic models, and dataclasses."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from varve.effective import Effective
from varve.settings import Settings

Model = TypeVar("Model")
SUFFIX = re.compile(r"(Configuration|Config|Settings|Options)$")
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def type_of(model: type[Any], type_: str | None) -> str:
    """The config type for a class: as it is told, or as its name says, so that RetrievalConfig is retrieval."""
    if type_ is not None:
        return type_
    told = getattr(model, "varve_type", None)
    if isinstance(told, str):
        return told
    return WORD.sub("_", SUFFIX.sub("", model.__name__)).lower()


def made(model: type[Model], settings: Mapping[str, Any]) -> Model:
    """One of the class; what it has no field for is left out. What the class refuses is raised as it raises it."""
    plain = settings.as_dict() if isinstance(settings, Settings) else dict(settings)
    validate = getattr(model, "model_validate", None)
    if validate is not None:
        known = names_of(model)
        return cast("Model", validate({name: value for name, value in plain.items() if name in known}))
    if dataclasses.is_dataclass(model):
        return cast("Model", dataclass_of(model, plain))
    raise TypeError(f"{model.__name__} is neither a pydantic model nor a dataclass")


def names_of(model: Any) -> set[str]:
    """By which a pydantic model may be given its fields."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(name)
        for alias in (field.alias, field.validation_alias):
            choices = getattr(alias, "choices", [alias])
            names.update(one if isinstance(one, str) else str(getattr(one, "path", [""])[0]) for one in choices if one)
    return names


def dataclass_of(model: Any, plain: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(model)
    fields = [field for field in dataclasses.fields(model) if field.init and field.name in plain]
    return model(**{field.name: fitted(hints[field.name], plain[field.name]) for field in fields})


def fitted(hint: Any, value: Any) -> Any:
    """Nested dataclasses are made too, and tuples where these are wanted."""
    if isinstance(value, dict) and dataclasses.is_dataclass(hint):
        return dataclass_of(hint, value)
    if isinstance(value, list) and (hint is tuple or typing.get_origin(hint) is tuple):
        return tuple(value)
    return value


def model_of(
    effective: Effective, model: type[Model], config_type: str, *,
    on_refused: Callable[[Effective, str, Exception], object],
) -> Model:  # fmt: skip
    kept = effective._models
    try:
        found: Model = kept[model, config_type]
    except KeyError:
        found = kept[model, config_type] = first_accepted(effective, model, config_type, on_refused=on_refused)
    return found


def first_accepted(
    effective: Effective, model: type[Model], config_type: str, *,
    on_refused: Callable[[Effective, str, Exception], object],
) -> Model:  # fmt: skip
    if config_type not in effective and not effective.meta.is_fallback:
        effective.layers(config_type)  # raises KeyError, with the names that there are
    first: Exception | None = None
    for settings in [*candidates(effective, config_type), {}]:
        try:
            return made(model, settings)
        except (ValueError, TypeError) as error:
            if first is None:
                on_refused(effective, config_type, error)
            first = first or error
    assert first is not None
    raise first


def candidates(effective: Effective, config_type: str) -> list[Settings]:
    """What may be tried: the settings in force, and those below that differ from what stands above them."""
    found: list[Settings] = []
    if config_type in effective:
        below = [layer.value for layer in effective.layers(config_type)]
        for settings in [effective[config_type], *below]:
            if settings not in found:
                found.append(settings)
    return found
