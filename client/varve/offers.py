"""What an answer gives, offered to a pydantic class field by field: a value that it does not take is left out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from varve.client import Client
from varve.effective import Effective
from varve.facts import APPLICATION, Layer, Origin
from varve.origins import given, origin_of
from varve.reporter import FAILURES
from varve.reports import failure_report

logger = logging.getLogger("varve")
Model = TypeVar("Model", bound=BaseModel)
MISSING: Any = object()
MOST_TOLD = 1_000
TOLD: dict[tuple[Any, ...], None] = {}
"""What was refused, and said so once: the same version of a config is not told of for every user."""


class Offers:
    """The values that some layer gives, by type."""

    def __init__(self, effective: Effective, client: Client) -> None:
        self._effective = effective
        self._client = client
        self._given = {name: given(effective, name) for name in effective}

    def accepted(self, model: type[BaseModel], places: Mapping[str, str]) -> dict[str, Any]:
        """What a class takes, by the keys that it takes it by; `places` are dotted, by field."""
        found: dict[str, Any] = {}
        for name, place in places.items():
            value = self._value_at(place)
            if value is not MISSING:
                found.update(self._taken(model, name, value, place))
        return found

    def _value_at(self, place: str) -> Any:
        value: Any = self._given
        for key in place.split("."):
            if not isinstance(value, dict) or key not in value:
                return MISSING
            value = value[key]
        return value

    def _taken(self, model: type[BaseModel], name: str, value: Any, place: str) -> dict[str, Any]:
        field = model.model_fields[name]
        inner = model_in(field)
        if inner is not None and isinstance(value, dict):
            inside = dict(self._inside(inner, value, place))
            return {key_of(name, field): inside} if inside else {}
        why = refusal(model, name, value)
        if why is None:
            return {key_of(name, field): value}
        self._refused(model, name, place, why)
        return {}

    def _inside(self, model: type[BaseModel], values: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
        for name, field in model.model_fields.items():
            known = next((one for one in names_of(name, field) if one in values), None)
            if known is not None:
                yield from self._taken(model, name, values[known], f"{place}.{known}").items()

    def _refused(self, model: type[BaseModel], name: str, place: str, why: str) -> None:
        config_type, *keys = place.split(".")
        origin = origin_of(self._effective, config_type, keys)
        assert origin is not None, "only what some layer gives is offered"
        self._client.count("settings_refused")
        told = (model.__module__, model.__qualname__, name, origin.layer, origin.config_id, origin.version)
        if told not in TOLD:
            if len(TOLD) >= MOST_TOLD:
                TOLD.clear()
            TOLD[told] = None
            self._tell(config_type, origin, f"{model.__name__}.{name} does not take {place}: {why}")

    def _tell(self, config_type: str, origin: Origin, what: str) -> None:
        """To the log, and to the service. It does not count against the config: the fault may be the class's."""
        layer = Layer(*origin[:3], self._effective[config_type])
        logger.warning("%s (from %s, config %s, version %s)", what, *layer[:3])
        if self._client.auto_report:
            report = failure_report(
                self._effective, config_type, layer,
                error=what, healed_by=APPLICATION, circuit="closed", counts=False,
            )  # fmt: skip
            self._client._reporter.add(FAILURES, report, environment=self._client.environment)


def refusal(model: type[BaseModel], name: str, value: Any) -> str | None:
    """Why a class does not take a value for a field: by its type, its bounds, and the field's own validators.

    Rules across fields are asked only when the whole is made.
    """
    try:
        alone = thawable(model)
        alone.__pydantic_validator__.validate_assignment(alone.model_construct(), name, value)
    except ValidationError as error:
        keys = ((name,), (key_of(name, model.model_fields[name]),))
        faults = error.errors(include_input=False, include_url=False)
        return next((one["msg"] for one in faults if one["loc"][:1] in keys), None)
    except Exception:  # noqa: BLE001 - a rule across fields was asked of one that has but this field
        return None
    return None


@cache
def thawable(model: type[BaseModel]) -> type[BaseModel]:
    """The class, so that its fields can be tried one by one, though it be frozen."""
    if not model.model_config.get("frozen"):
        return model
    return derived(model, model_config={"frozen": False})


def derived(model: type[Model], **members: Any) -> type[Model]:
    """A class that goes by the same name, but for these members."""
    named = {"__module__": model.__module__, "__qualname__": model.__qualname__}
    made: type[Model] = cast("Any", type(model))(model.__name__, (model,), {**named, **members})
    return made


def names_of(name: str, field: FieldInfo) -> list[str]:
    """By which a field may be given, the one that counts first."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [*(one for one in choices if isinstance(one, str)), name]


def key_of(name: str, field: FieldInfo) -> str:
    """The one that environment variables come by too, so that one value hides the other."""
    return names_of(name, field)[0]


def model_in(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds, if it holds one, or one or None."""
    annotation: Any = field.annotation
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def holds_several(field: FieldInfo) -> bool:
    """Whether the settings of a whole type fit in."""
    annotation: Any = field.annotation
    return model_in(field) is not None or getattr(annotation, "__origin__", annotation) is dict
