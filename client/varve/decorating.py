"""A guard as a decorator: where a function takes the settings, and what its callers see of that."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from varve.settings import Settings

if TYPE_CHECKING:
    from varve.guard import Guard

T = TypeVar("T")


def decorated(guard: Guard, function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{function.__name__} gives its answer in pieces, and what was given cannot be taken back: use attempts()"
        )
    signature = inspect.signature(function)
    place = Place.of(signature)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await guard.of(args, kwargs).arun(lambda settings: place.call(function, settings, args, kwargs))

        wrapper: Any = awaited
    else:

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            return guard.of(args, kwargs).run(lambda settings: place.call(function, settings, args, kwargs))

        wrapper = called
    others = [one for n, one in enumerate(signature.parameters.values()) if n != place.index]
    wrapper.__signature__ = signature.replace(parameters=others)  # what a caller gives: frameworks look at it
    return cast("Callable[..., Any]", wrapper)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function takes the settings."""

    index: int
    is_keyword: bool

    @classmethod
    def of(cls, signature: inspect.Signature) -> Place:
        """Raises TypeError for a function that takes nothing."""
        parameters = list(signature.parameters.values())
        if not parameters:
            raise TypeError("the function takes the settings as its first argument, or as one that is called cfg")
        index = next((n for n, one in enumerate(parameters) if one.name == "cfg"), 0)
        return cls(index, parameters[index].kind is inspect.Parameter.KEYWORD_ONLY)

    def call(self, function: Callable[..., T], settings: Settings, args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        if self.is_keyword or len(args) < self.index:
            return function(*args, **{**kwargs, "cfg": settings})
        return function(*args[: self.index], settings, *args[self.index :], **kwargs)
