"""Settings classes of pydantic-settings: what Varve has set, then environment variables, then the class's defaults.

```python
class Settings(BaseSettings):
    chunking_strategy: str = "fixed"  # is chunking.strategy
    number_of_results: int = 5

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, *others, **named):
        varve = VarveSource(settings_cls, client, type="retrieval")
        return init_settings, varve, *others, *named.values()
```

Or, with a class that is as it was: `settings = live(Settings, client, type="retrieval")`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from varve.client import Client, Collection
from varve.effective import Effective
from varve.offers import Offers, derived, holds_several, key_of, names_of

__all__ = ["VarveSource", "live"]

logger = logging.getLogger("varve")
SettingsClass = TypeVar("SettingsClass", bound=BaseSettings)
User = str | Callable[[], str | None] | None
Collections = Collection | Callable[[], Collection]
"""Ids may be given as functions: those of the request that is under way, say from a context variable."""
NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class VarveSource(PydanticBaseSettingsSource):
    """What some layer of Varve gives; what is only a type's default is left to environment variables and the class.

    A field is found by `fields` (`{"rag_llm": "llm.model_id"}`, or a whole type: `{"rag": "llm"}`), else in the types
    that `type` names, by its own name, else by its name: `llm_temperature` is llm.temperature, and a field `llm` that
    is a model or a dict is the type. Where Varve is down there is nothing from here, nor what the class does not take.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        client: Client,
        *,
        user: User = None,
        collection: Collections = None,
        type: str | Iterable[str] = (),  # noqa: A002 - as it is called everywhere else
        fields: Mapping[str, str] = NO_FIELDS,
    ) -> None:
        super().__init__(settings_cls)
        self._client = client
        self._user = user
        self._collection = collection
        self._types = (type,) if isinstance(type, str) else tuple(type)
        self._fields = dict(fields)

    def effective(self) -> Effective:
        """The answer of this moment."""
        return self._client.effective(now(self._user), now(self._collection))

    def __call__(self) -> dict[str, Any]:
        effective = self.effective()
        key = (VarveSource, self.settings_cls, self._types, *sorted(self._fields.items()))
        found: dict[str, Any] | None = effective._models.get(key)
        if found is None:
            offers = Offers(effective, self._client)
            found = effective._models[key] = offers.accepted(self.settings_cls, self._places(effective))
        return found

    def refused(self, error: ValidationError) -> None:
        """Tell that the class did not take what was given, as a whole."""
        self._client.count("settings_refused")
        told = "; ".join(one["msg"] for one in error.errors(include_input=False, include_url=False))
        logger.warning("%s does not take what Varve gives: %s", self.settings_cls.__name__, told)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        key = key_of(field_name, field)
        return self().get(key), key, False

    def _places(self, effective: Effective) -> dict[str, str]:
        """For each field of the class the place in Varve, dotted."""
        fields = self.settings_cls.model_fields
        return {name: place for name, field in fields.items() if (place := self._place(name, field, effective))}

    def _place(self, name: str, field: FieldInfo, effective: Effective) -> str | None:
        if name in self._fields:
            return self._fields[name]
        names = [one.lower() for one in names_of(name, field)]
        for config_type in self._types:
            for one in names:
                if one in effective.get(config_type, ()):
                    return f"{config_type}.{one}"
        for config_type in sorted(effective, key=len, reverse=True):
            for one in names:
                if one == config_type and holds_several(field):
                    return config_type
                if one.startswith(f"{config_type}_"):
                    return f"{config_type}.{one.removeprefix(f'{config_type}_')}"
        return None


def live(
    settings_cls: type[SettingsClass],
    client: Client,
    *,
    user: User = None,
    collection: Collections = None,
    type: str | Iterable[str] = (),  # noqa: A002 - as it is called everywhere else
    fields: Mapping[str, str] = NO_FIELDS,
) -> SettingsClass:
    """What can be used as one of the class, and always has the values of this moment.

    Behind it stands one of the class for each answer of the client, made when the answer is first seen: then the
    environment is read too. Where the class refuses it as a whole, there stands one without Varve.
    """
    source = partial(VarveSource, client=client, user=user, collection=collection, type=type, fields=fields)
    return cast("SettingsClass", Live(settings_cls, source))


class Live(Generic[SettingsClass]):
    """Every attribute is that of the current settings."""

    def __init__(self, settings_cls: type[SettingsClass], source: Callable[..., VarveSource]) -> None:
        self._plain = settings_cls
        self._with_varve = with_source(settings_cls, source)
        self._source = source(settings_cls)

    def _current(self) -> SettingsClass:
        effective = self._source.effective()
        found: SettingsClass | None = effective._models.get(self)
        if found is None:
            found = effective._models[self] = self._made()
        return found

    def _made(self) -> SettingsClass:
        try:
            return self._with_varve()
        except ValidationError as error:
            self._source.refused(error)
            return self._plain()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"live settings cannot be changed here: change {name} in the service")
        object.__setattr__(self, name, value)

    @property  # type: ignore[misc] # isinstance says what it is used as
    def __class__(self) -> type[Any]:
        return self._plain

    def __repr__(self) -> str:
        return f"live {self._current()!r}"


def with_source(settings_cls: type[SettingsClass], source: Callable[..., VarveSource]) -> type[SettingsClass]:
    """The class with Varve among its sources, right behind what it is called with."""

    def settings_customise_sources(cls: type[BaseSettings], /, settings_cls: type[BaseSettings], **sources: Any) -> Any:
        found = cast("Any", super(made, cls)).settings_customise_sources(settings_cls, **sources)
        called_with = tuple(one for one in found if isinstance(one, InitSettingsSource))
        return *called_with, source(settings_cls), *(one for one in found if one not in called_with)

    made: type[SettingsClass] = derived(
        settings_cls, settings_customise_sources=classmethod(settings_customise_sources)
    )
    return made


def now(value: Any) -> Any:
    return value() if callable(value) else value
