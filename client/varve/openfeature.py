"""The OpenFeature provider: settings as flags, from what the client holds, so that resolving one is no request.

```python
api.set_provider(VarveProvider(client))
api.get_client().get_float_value("llm.temperature", 0.7, EvaluationContext("u-1", {"collection_id": "c-9"}))
```
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import FlagNotFoundError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagType, FlagValueType
from openfeature.provider import AbstractProvider, Metadata

from varve.aio import AsyncClient
from varve.client import Client
from varve.effective import Effective
from varve.flags import asked_for, details, flag_of, value_as
from varve.notices import Change

__all__ = ["VarveProvider"]

T = TypeVar("T")
Object = Sequence[FlagValueType] | Mapping[str, FlagValueType]
MOST_FLAGS = 10_000
SETTLED_SECONDS = 0.1  # after which the SDK has noted that a provider is initialized


class VarveProvider(AbstractProvider):
    """Flags are config types (`llm`) and their fields (`llm.temperature`). The client stays the application's to close.

    `kinds` are scope kinds besides users and collections whose ids stand in the evaluation context by their names,
    such as tenant; `attributes`, what of it decides for which experiments somebody is eligible. The provider is ready
    after `ready_seconds` at the latest: without its service it has what the client falls back to, and is stale.
    """

    def __init__(
        self, client: Client, *, kinds: Iterable[str] = (), attributes: Iterable[str] = (), ready_seconds: float = 2.0
    ) -> None:
        super().__init__()
        self._client = client
        self._async_client = AsyncClient(client=client)
        self._kinds = tuple(kinds)
        self._attributes = tuple(attributes)
        self._ready_seconds = ready_seconds
        self._asked: dict[str, None] = {}  # the flags that were resolved, to be named when they change
        self._settling: threading.Timer | None = None
        self._end: Callable[[], None] | None = None

    def get_metadata(self) -> Metadata:
        return Metadata(name="Varve")

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002 - nobody is asked for yet
        self._end = self._client.subscribe(self._changed, on_stale=self._is_stale, on_ready=self._is_ready)
        if not self._client.wait_until_live(self._ready_seconds):
            self._settling = threading.Timer(SETTLED_SECONDS, self._is_stale)
            self._settling.daemon = True
            self._settling.start()

    def shutdown(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        if self._end is not None:
            self._end()

    # ------------------------------------------------------------------------------------------------------- events

    def _changed(self, change: Change) -> None:
        flags = sorted(change.types) + [key for key in list(self._asked) if is_among(key, change.types)]
        event = ProviderEventDetails(flags_changed=flags, metadata={"position": change.position})
        self.emit_provider_configuration_changed(event)

    def _is_stale(self) -> None:
        if self._client.state not in ("live", "polling"):
            message = "the service cannot be reached: settings are the last known"
            self.emit_provider_stale(ProviderEventDetails(message=message))

    def _is_ready(self) -> None:
        self.emit_provider_ready(ProviderEventDetails())

    # ---------------------------------------------------------------------------------------------------- resolving

    def _resolve(
        self, kind: FlagType, key: str, default: T, context: EvaluationContext | None
    ) -> FlagResolutionDetails[T]:
        asked = asked_for(context, self._kinds, self._attributes)
        return self._resolved(kind, key, default, context, self._client.effective(*asked))

    async def _resolve_async(
        self, kind: FlagType, key: str, default: T, context: EvaluationContext | None
    ) -> FlagResolutionDetails[T]:
        asked = asked_for(context, self._kinds, self._attributes)
        return self._resolved(kind, key, default, context, await self._async_client.effective(*asked))

    def _resolved(
        self, kind: FlagType, key: str, default: T, context: EvaluationContext | None, effective: Effective
    ) -> FlagResolutionDetails[T]:
        flag = flag_of(effective, key)
        if flag is None:
            types = ", ".join(effective)
            raise FlagNotFoundError(f"there is no flag {key[:200]}: ask for a config type ({types}), or a field of one")
        if len(self._asked) < MOST_FLAGS:
            self._asked[key] = None
        found: FlagResolutionDetails[Any] = details(flag, effective, context)
        found.value = default if flag.value is None else value_as(kind, flag.value, key=key)
        return found

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None  # noqa: FBT001 - its name
    ) -> FlagResolutionDetails[bool]:  # fmt: skip
        return self._resolve(FlagType.BOOLEAN, flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return self._resolve(FlagType.STRING, flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return self._resolve(FlagType.INTEGER, flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return self._resolve(FlagType.FLOAT, flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Object]:
        return self._resolve(FlagType.OBJECT, flag_key, default_value, evaluation_context)

    async def resolve_boolean_details_async(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None  # noqa: FBT001 - its name
    ) -> FlagResolutionDetails[bool]:  # fmt: skip
        return await self._resolve_async(FlagType.BOOLEAN, flag_key, default_value, evaluation_context)

    async def resolve_string_details_async(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return await self._resolve_async(FlagType.STRING, flag_key, default_value, evaluation_context)

    async def resolve_integer_details_async(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return await self._resolve_async(FlagType.INTEGER, flag_key, default_value, evaluation_context)

    async def resolve_float_details_async(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return await self._resolve_async(FlagType.FLOAT, flag_key, default_value, evaluation_context)

    async def resolve_object_details_async(
        self, flag_key: str, default_value: Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Object]:
        return await self._resolve_async(FlagType.OBJECT, flag_key, default_value, evaluation_context)


def is_among(key: str, types: frozenset[str]) -> bool:
    """Whether a flag is a field of one of these types."""
    config_type, dot, _ = key.partition(".")
    return bool(dot) and config_type in types
