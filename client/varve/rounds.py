"""One guarded call: the settings in force first, then those of each lower layer that differ, until one goes well.

Without any waiting of its own, so that threads and event loops use it alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from varve.bound import Bound, binding
from varve.circuits import CircuitState
from varve.effective import Effective
from varve.facts import Layer
from varve.settings import NO_SETTINGS, Settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from varve.guarding import Guarding

PROVIDER = "provider_id"


class Failed(NamedTuple):
    layer: Layer
    circuit: CircuitState  # when it was tried
    error: Exception


def rungs_of(effective: Effective, config_type: str, *, allow_provider_change: bool) -> tuple[Layer, ...]:
    """The layers whose settings may be tried, each different from those above it; at least one."""
    kept = effective._models
    key = ("rungs", config_type, allow_provider_change)
    try:
        found: tuple[Layer, ...] = kept[key]
    except KeyError:
        found = kept[key] = tuple(_rungs(effective, config_type, allow_provider_change=allow_provider_change))
    return found


def _rungs(effective: Effective, config_type: str, *, allow_provider_change: bool) -> Iterator[Layer]:
    if config_type not in effective and effective.meta.is_fallback:  # a type that only the service knows
        yield Layer("none", None, None, NO_SETTINGS)
        return
    in_force = effective[config_type]  # raises KeyError, with the names that there are
    layers = effective.layers(config_type)
    first = layers[0] if layers else Layer("none", None, None, in_force)
    tried: list[Settings] = []
    for layer in layers or (first,):
        another = PROVIDER in layer.value and layer.value[PROVIDER] != first.value.get(PROVIDER, layer.value[PROVIDER])
        if layer.value not in tried and (allow_provider_change or not another):
            tried.append(layer.value)
            yield layer


def raise_again(error: Exception) -> NoReturn:
    """As it was raised first: what led to it stays its own, and is not what came later."""
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context


class Attempt:
    """One try, as a context manager: it gives the settings, and takes an error that speaks against them."""

    def __init__(self, round_: Round, layer: Layer, circuit: CircuitState) -> None:
        self._round = round_
        self._layer = layer
        self._binding: AbstractContextManager[None] | None = None
        self.circuit = circuit
        self.is_over = False

    @property
    def layer(self) -> str:
        """Whose settings these are, as in `cfg.layers(...)`."""
        return self._layer.layer

    @property
    def settings(self) -> Settings:
        return self._layer.value

    @property
    def effective(self) -> Effective:
        """The whole answer: the other types are as they are in force."""
        return self._round.effective

    def __enter__(self) -> Settings:
        self._binding = binding(Bound(self.effective, self._round.config_type, from_layer=self.layer))
        self._binding.__enter__()
        return self.settings

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._binding is not None:
            self._binding.__exit__(None, None, None)
        self.is_over = True
        if error is None:
            self._round.went_well(self)
            return False
        return self._round.went_wrong(self, error)


@dataclass(slots=True)
class Round:
    """Where a guarded call stands."""

    guarding: Guarding
    effective: Effective
    config_type: str
    rungs: tuple[Layer, ...]
    is_over: bool = False
    _at: int = 0
    _spared: list[Layer] = field(default_factory=list)
    _failed: list[Failed] = field(default_factory=list)
    _ahead: Attempt | None = None

    def next(self) -> Attempt:
        """The next try; the settings in force where every circuit is open."""
        if self._ahead is not None and not self._ahead.is_over:
            return self._ahead
        self._ahead = self._found() or self._in_force()
        return self._ahead

    def _found(self) -> Attempt | None:
        while self._at < len(self.rungs):
            layer = self.rungs[self._at]
            self._at += 1
            state = self.guarding.state_of(layer)
            if state != "open":
                return Attempt(self, layer, state)
            self._spared.append(layer)
        return None

    def _in_force(self) -> Attempt:
        self._spared.clear()
        return Attempt(self, self.rungs[0], "open")

    def went_well(self, attempt: Attempt) -> None:
        self.is_over = True
        self.guarding.went_well(attempt._layer, attempt.circuit)
        if self._failed or self._spared:
            self._heal(attempt)

    def went_wrong(self, attempt: Attempt, error: BaseException) -> bool:
        """Whether the error is taken, and there is something else to try. Raises the first error where there is not."""
        if not isinstance(error, Exception) or not self.guarding.is_config_error(error):
            self._give_up(attempt)
            return False
        self._failed.append(Failed(attempt._layer, attempt.circuit, error))
        self._ahead = self._found()
        if self._ahead is not None:
            return True
        self._give_up(attempt)
        first = self._failed[0].error
        if first is error:
            return False
        for failed in self._failed[1:]:
            first.add_note(f"with the settings of {failed.layer.layer} it failed too: {failed.error!r:.300}")
        raise_again(first)

    def _heal(self, attempt: Attempt) -> None:
        """Tell what failed or was passed over; the last that failed is to blame, those above may hold it in them."""
        healed_by = attempt.layer
        for failed in self._failed:
            self.guarding.failed(self, failed, healed_by=healed_by, counts=failed is self._failed[-1])
        for layer in self._spared:
            self.guarding.spared(self, layer, healed_by=healed_by)
        self.guarding.count("calls_healed")

    def _give_up(self, attempt: Attempt) -> None:
        """No layer went well. Where several failed alike, it is likely the call that was wrong, and none of them."""
        self.is_over = True
        self.guarding.release(attempt._layer, attempt.circuit)
        for failed in self._failed:
            self.guarding.release(failed.layer, failed.circuit)
            self.guarding.failed(self, failed, healed_by=None, counts=len(self.rungs) == 1)
        if self._failed:
            self.guarding.count("calls_failed")
