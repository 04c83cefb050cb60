"""Values that nobody can change: mappings with attributes, all the way down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn


class Settings(Mapping[str, Any]):
    """The settings of one type: `cfg.llm.temperature`, `cfg.llm["temperature"]` or `call_model(**cfg.llm)`.

    Nested objects are Settings too, lists are tuples. A field that is named like a method of a mapping (`items`,
    `values`, `keys`, `get`, `as_dict`) is reached by its item.
    """

    __slots__ = ("__dict__", "__weakref__", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        kept = {name: frozen(value) for name, value in values.items()}
        object.__setattr__(self, "_values", kept)
        # In __dict__, a field is read as fast as any attribute.
        self.__dict__.update({name: value for name, value in kept.items() if name not in OWN_NAMES})

    def as_dict(self) -> dict[str, Any]:
        """A copy in plain dicts and lists, for json.dumps and for changing."""
        return {name: thawed(value) for name, value in self._values.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no setting {name} here: there are {', '.join(self.__dict__) or 'none'}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings cannot be changed here: change {name} in the service, or a copy (as_dict())")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"settings cannot be changed here: change {name} in the service, or a copy (as_dict())")

    def __repr__(self) -> str:
        return f"Settings({self.as_dict()!r})"

    def __reduce__(self) -> tuple[type[Settings], tuple[dict[str, Any]]]:
        return Settings, (self.as_dict(),)


OWN_NAMES = frozenset(dir(Settings))
NO_SETTINGS = Settings({})


def frozen(value: Any) -> Any:
    """The same value as nobody can change it."""
    if isinstance(value, Settings):
        return value
    if isinstance(value, Mapping):
        return Settings(value)
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return value


def thawed(value: Any) -> Any:
    """The same value in plain dicts and lists."""
    if isinstance(value, Settings):
        return value.as_dict()
    if isinstance(value, tuple):
        return [thawed(one) for one in value]
    return value
