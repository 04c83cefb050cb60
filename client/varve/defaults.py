"""What serves where the service gives nothing: the application's defaults, over those of the built-in types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from varve.context import Context
from varve.effective import Effective, Standing
from varve.facts import APPLICATION, Facts, Layer, Note, Part, Source
from varve.settings import NO_SETTINGS, Settings

Documents = Mapping[str, Mapping[str, Any]]


class Defaults:
    """A type that the application has defaults for is made of these, over those of the type where it is built in."""

    def __init__(self, application: Documents) -> None:
        types = builtin_types()
        self._application = {
            name: Settings({**types.get(name, NO_TYPE)["defaults"], **document})
            for name, document in checked(application).items()
        }
        alone = {
            name: one_part(Settings(type_["defaults"]), "default") for name, type_ in types.items() if type_["complete"]
        }
        incomplete = {name: UNSET for name, type_ in types.items() if not type_["complete"]}
        own = {name: one_part(settings, APPLICATION) for name, settings in self._application.items()}
        self.parts: dict[str, Part] = dict(sorted({**alone, **incomplete, **own}.items()))
        self.source: Source = "application" if own else "types"

    def parts_of(self, names: Iterable[str]) -> dict[str, Part]:
        """All that there are defaults for, and of these types what else they are: empty."""
        return {**dict.fromkeys(sorted(names), UNSET), **self.parts}

    def effective(
        self, context: Context, standing: Standing, *, environment: str | None, problem: str | None
    ) -> Effective:
        """The answer for a context that the service never answered for."""
        facts = Facts(self.source, environment=environment, problem=problem)
        return Effective(context, self.parts, facts, standing)

    def under(self, name: str, part: Part) -> Part:
        """The same part with the application's defaults as its last resort, or in its place where it is null."""
        settings = self._application.get(name)
        if settings is None:
            return part
        layers = (*part.layers, Layer(APPLICATION, None, None, settings))
        if part.given:
            return replace(part, layers=layers)
        return Part(settings, given=False, path=APPLICATION, layers=layers, healed=part.healed)

    def notes(self, name: str, part: Part) -> tuple[Note, ...]:
        if part.given:
            return ()
        instead = "the application's defaults serve" if part.path == APPLICATION else "there are none"
        return (Note("unset", f"the service gives no settings of {name} here: {instead}"),)


NO_TYPE: dict[str, Any] = {"defaults": {}, "complete": False}
UNSET = Part(NO_SETTINGS, given=False, path="none")


def one_part(settings: Settings, layer: str) -> Part:
    return Part(settings, given=True, path=layer, layers=(Layer(layer, None, None, settings),))


def checked(application: object) -> Documents:
    """Raises TypeError for what is no mapping of types to their settings."""
    wanted = 'defaults: a mapping of types to settings is needed, such as {"llm": {"temperature": 0.2}}'
    if not isinstance(application, Mapping):
        raise TypeError(f"{wanted}, not {type(application).__name__}")
    for name, document in application.items():
        if not isinstance(name, str) or not isinstance(document, Mapping):
            raise TypeError(f"{wanted}; {name!r} is {type(document).__name__}")
    return application


@cache
def builtin_types() -> dict[str, dict[str, Any]]:
    """By name: the defaults of the types that every service has, and whether these are complete settings."""
    file = Path(__file__).with_name("types.json")
    types: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return types
