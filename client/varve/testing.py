"""For the tests of applications: a client whose service is in memory.

```python
def test_the_answer_uses_what_is_set(varve_client):
    varve_client.set("retrieval", number_of_results=3)
    varve_client.set("retrieval", number_of_results=9, user="u-1")
    assert varve_client.effective(user="u-1").retrieval.number_of_results == 9
    varve_client.fail()  # as if the service were down: what was read stays, the rest falls back
```
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import Any, cast

from varve.answers import Answers
from varve.batch import Batches
from varve.client import Client
from varve.context import GLOBAL, Context
from varve.defaults import Documents
from varve.effective import Effective
from varve.errors import Unavailable
from varve.facts import Serving
from varve.fallbacks import Fallbacks
from varve.kept import NoDisk
from varve.memory import DOWN, MemoryService
from varve.refresher import Refresher
from varve.running import Running

__all__ = ["MemoryClient", "client"]


def client(
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    defaults: Documents | None = None,
    environment: str = "testing",
) -> MemoryClient:
    """A client with these settings in force for everybody. `defaults` are the application's, as with Client."""
    return MemoryClient(settings or {}, defaults=defaults, environment=environment)


class MemoryClient(Client):
    """A Client in everything but its service, so that what holds with it holds with the real one. No I/O."""

    def __init__(
        self, settings: Mapping[str, Mapping[str, Any]], *, defaults: Documents | None, environment: str
    ) -> None:
        self._service = MemoryService(environment=environment)
        self._changing = threading.RLock()
        for name, fields in settings.items():
            self._service.put(name, GLOBAL, fields)
        super().__init__("http://memory", environment=environment, defaults=defaults)

    def _start(self) -> Running:
        self._memory = InMemory(self, self._service)
        self._held.enter(self._service.world, position=self._service.position)
        self._link.to("live")
        return cast("Running", self._memory)

    def set(
        self,
        config_type: str,
        fields: Mapping[str, Any] = MappingProxyType({}),
        /,
        *,
        user: str | None = None,
        collection: str | None = None,
        scope: str | None = None,
        **more: Any,
    ) -> None:
        """Put these fields in force for everybody, or for a user, a collection, or a scope written kind:id.

        Fields that are not named stay as they were. It is there for the next read, and subscribers are told.
        """
        place = place_of(user, collection, scope)
        self._change(place, lambda: self._service.put(config_type, place, {**fields, **more}))

    def unset(
        self, config_type: str, /, *, user: str | None = None, collection: str | None = None, scope: str | None = None
    ) -> None:
        """Take away all that was set there, so that what lies below shows again."""
        place = place_of(user, collection, scope)
        self._change(place, lambda: self._service.remove(config_type, place))

    def serve(self, serving: Serving) -> None:
        """As the operators' switch: "defaults" has reads answered by the application's own, "settings" ends that."""
        self._change(GLOBAL, lambda: self._service.switch(serving))

    def _change(self, scope: str, change: Callable[[], None]) -> None:
        with self._changing:
            change()
            if not self._service.is_down:
                touched = self._held.hear([scope], position=self._service.position)
                self._memory.refresher.refresh(touched, seconds=1.0)

    def fail(self) -> None:
        """From now on the service is down: what was read serves on, everything else falls back."""
        self._service.is_down = True
        self._link.to("stale")
        self._notices.is_stale()

    def recover(self) -> None:
        """The service is back, with all that was set meanwhile."""
        with self._changing:
            self._service.is_down = False
            self._held.enter(self._service.world, position=self._service.position)
            self._memory.refresher.refresh(self._held.contexts(), seconds=1.0)
        self._link.to("live")
        self._notices.is_ready()

    @property
    def received(self) -> list[tuple[str, Any]]:
        """What the client sent to the service, such as reports of failures: paths and bodies. `flush` comes first."""
        return self._service.received


def place_of(user: str | None, collection: str | None, scope: str | None) -> str:
    """The scope that is meant. Raises ValueError where several are."""
    named = [] if scope is None else [scope]
    named += [f"{kind}:{id_}" for kind, id_ in (("user", user), ("collection", collection)) if id_ is not None]
    if len(named) > 1:
        raise ValueError(f"settings stand at one scope: choose between {' and '.join(named)}")
    return named[0] if named else GLOBAL


class InMemory:
    """What works behind a client, without threads and connections; see running.py."""

    def __init__(self, owner: MemoryClient, service: MemoryService) -> None:
        answers = Answers(owner._defaults, owner._link)
        self.transport = service
        self.saver = self
        self.fallbacks = Fallbacks(
            owner._defaults,
            NoDisk(),
            answers,
            standing=owner._link,
            environment=service.environment,
            metrics=owner._metrics,
            notices=owner._notices,
        )
        self.refresher = Refresher(
            owner._held,
            cast("Batches", service),
            answers,
            fallbacks=self.fallbacks,
            metrics=owner._metrics,
            notices=owner._notices,
            on_new=lambda: None,
        )
        self.fetcher = self
        self._held = owner._held
        self._changing = owner._changing

    def ask(self, context: Context) -> Future[Effective | None]:
        asked: Future[Effective | None] = Future()
        try:
            with self._changing:
                self.refresher.refresh([context], seconds=1.0)
            asked.set_result(self._held.peek(context))
        except Unavailable:
            asked.set_result(None)
        return asked

    def problem_of(self, context: Context) -> str:  # noqa: ARG002 -- it is the same for all
        return DOWN

    def waited_in_vain(self) -> None: ...

    def save(self) -> None: ...

    def close(self) -> None: ...

    def forget(self) -> None: ...
