"""The client: settings by dictionary look-up, kept up to date behind the application's back."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from varve import forks
from varve.blame import is_config_error
from varve.circuits import CircuitRule, Circuits
from varve.context import Context
from varve.defaults import Defaults
from varve.effective import Effective
from varve.errors import NotVarve
from varve.exposures import Exposures
from varve.facts import State, Trace
from varve.guard import Guard, Whom
from varve.guarding import Guarding
from varve.held import Held
from varve.link import Link
from varve.metrics import Metrics
from varve.models import model_of, type_of
from varve.notices import Change, Fallback, Notices, Subscriber
from varve.reporter import OUTCOMES, USAGE, Reporter
from varve.reports import Outcome, described, outcome_report, usage_record
from varve.running import ENDING_SECONDS, Options, Running
from varve.threads import join

Model = TypeVar("Model")
Collection = str | Iterable[str] | None
Attributes = Mapping[str, str | bool | int | float] | tuple[tuple[str, str], ...]
"""By name; or as a Context has them."""

CLOSE_SECONDS = 2.0  # for the last reports
DEFAULT_URL = "http://127.0.0.1:8000"


class Client:
    """One for a process; any number of threads may share it. Reading never raises because of the service."""

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        environment: str | None = None,
        defaults: Mapping[str, Mapping[str, Any]] | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        max_contexts: int = 10_000,
        timeout_seconds: float = 2.0,
        secrets: bool = False,
        stream: bool = True,
        poll_seconds: float = 30.0,
        on_fallback: Callable[[Fallback], object] | None = None,
        on_change: Callable[[Change], object] | None = None,
        auto_report: bool = True,
        report_exposures: bool = True,
    ) -> None:
        for name, value in (
            ("max_contexts", max_contexts),
            ("timeout_seconds", timeout_seconds),
            ("poll_seconds", poll_seconds),
        ):
            if not value > 0:
                raise ValueError(f"{name}: more than 0 is needed, not {value!r}")
        self._options = Options(
            url=url or os.environ.get("VARVE_URL") or DEFAULT_URL,
            api_key=api_key or os.environ.get("VARVE_API_KEY") or None,
            environment=environment or os.environ.get("VARVE_ENVIRONMENT") or None,
            cache_dir=Path(cache_dir) if cache_dir is not None else None,
            timeout_seconds=timeout_seconds,
            secrets=secrets,
            stream=stream,
            poll_seconds=poll_seconds,
        )
        self.auto_report = auto_report
        self._metrics = Metrics()
        self._notices = Notices(self._metrics, on_fallback=on_fallback)
        if on_change is not None:
            self._notices.subscribe(Subscriber(on_change))
        self._defaults = Defaults(defaults or {})
        self._held = Held(max_contexts=max_contexts)
        self._young = self._held.young
        self._circuits = Circuits()
        self._reporter = Reporter(self.post, count=self.count)
        exposures = Exposures(self._reporter, environment=self.environment, is_on=report_exposures)
        self._link = Link(self._held, on_met=exposures.met)
        self._running = self._start()
        self._closed = False
        forks.watch(self)
        atexit.register(self.close)

    def _start(self) -> Running:
        running = Running(
            self._options, held=self._held, link=self._link, defaults=self._defaults, metrics=self._metrics,
            notices=self._notices,
        )  # fmt: skip
        running.start()
        return running

    # ------------------------------------------------------------------------------------------------------ reading

    def effective(
        self,
        user: str | None = None,
        collection: Collection = None,
        scopes: Iterable[str] = (),
        attributes: Attributes = (),
    ) -> Effective:
        """The settings in force for a user, collections (the strongest first), and further scopes as kind:id.

        `attributes` such as {"plan": "pro"} tell for which experiments the user is eligible, and nothing else.

        A hit is one look-up of the arguments as they are; that they may be given by position makes it faster by a
        tenth. Raises TypeError or ValueError for what cannot be an id, and nothing else.
        """
        try:
            if attributes:
                return self._young[user, collection, scopes, attributes]
            return self._young[user, collection, scopes]
        except (KeyError, TypeError):
            return self._seldom(Context.checked(user, collection, scopes, attributes))

    def _seldom(self, context: Context) -> Effective:
        """The way of what is not among the contexts that were read last."""
        found = self._held.find(context)
        if found is not None:
            return found
        fetcher = self._running.fetcher
        asked = fetcher.ask(context)
        try:
            found = asked.result(self._options.timeout_seconds)
        except TimeoutError:
            fetcher.waited_in_vain()
        return found if found is not None else self._fallback(context)

    def _fallback(self, context: Context) -> Effective:
        running = self._running
        return running.fallbacks.of(context, problem=running.fetcher.problem_of(context))

    def get(
        self, model: type[Model], *, user: str | None = None, collection: Collection = None, scopes: Iterable[str] = (),
        attributes: Attributes = (), type: str | None = None,  # noqa: A002 - as it is called everywhere else
    ) -> Model:  # fmt: skip
        """The settings of one type as a pydantic model or a dataclass of the application; one for each answer.

        The type is `type`, or the class's `varve_type`, or its name: RetrievalConfig is retrieval. Settings that the
        class refuses are passed over for those of the next lower layer, at last for the class's own defaults; where
        none will do, the first refusal is raised.
        """
        effective = self.effective(user, collection, scopes, attributes)
        return model_of(effective, model, type_of(model, type), on_refused=self._refused)

    def _refused(self, effective: Effective, config_type: str, error: Exception) -> None:
        self._metrics.count("models_refused")
        self._notices.fell_back(effective.context, "application", f"{config_type} was refused by its class: {error}")

    # -------------------------------------------------------------------------------------------------- knowing more

    @property
    def state(self) -> State:
        return self._link.state

    @property
    def environment(self) -> str | None:
        """The one that was asked for; None for the service's default."""
        return self._options.environment

    def metrics(self) -> dict[str, int]:
        return {**self._metrics.counts(), "contexts_held": len(self._held)}

    def count(self, name: str, times: int = 1) -> None:
        """Add to a metric, also one of the application's own."""
        self._metrics.count(name, times)

    def subscribe(
        self, on_change: Callable[[Change], object] | None = None, *, on_stale: Callable[[], object] | None = None,
        on_ready: Callable[[], object] | None = None,
    ) -> Callable[[], None]:  # fmt: skip
        """Be called, on a thread of the client, once local answers are new, and when the service is lost or found.

        Returns what ends it.
        """
        return self._notices.subscribe(Subscriber(on_change, on_stale, on_ready))

    def wait_until_live(self, seconds: float) -> bool:
        """Whether the client keeps up with the service, within these seconds."""
        return self._link.wait_until_live(seconds)

    # ------------------------------------------------------------------------------------------------- self-healing

    def guard(
        self, config_type: str, *, user: Whom = None, collection: Collection | Callable[..., Collection] = None,
        scopes: Iterable[str] = (), is_config_error: Callable[[Exception], bool] = is_config_error,
        allow_provider_change: bool = False, circuit: CircuitRule = CircuitRule(),  # noqa: B008 - it never changes

        describe: Callable[[Exception], str] = described,
    ) -> Guard:  # fmt: skip
        """Calls with the settings of a type that are tried again with the next lower layer's where they fail.

        `is_config_error` says which errors speak against the settings; `describe` what is told of one, to the log and
        the service.
        """
        reporter = self._reporter if self.auto_report else None
        guarding = Guarding(
            self._circuits, reporter, self.environment, self.count, is_config_error, describe, rule=circuit
        )
        return Guard(
            self, config_type, guarding,
            user=user, collection=collection, scopes=scopes, allow_provider_change=allow_provider_change,
        )  # fmt: skip

    def record_usage(self, request_id: str, cfg: Effective | Trace, *, outcome: Outcome = "ok") -> None:
        """Tell the service, behind the application's back, what one of its requests was answered with.

        `varve usage REQUEST_ID` tells it again. Raises ValueError for a request id or an outcome that cannot be.
        """
        trace = cfg.trace() if isinstance(cfg, Effective) else cfg
        environment = self.environment or trace.environment
        self._reporter.add(USAGE, usage_record(request_id, trace, outcome=outcome), environment=environment)

    def outcome(
        self, metric: str, value: float, *, user: str, id: UUID | str | None = None  # noqa: A002 - its name in the API
    ) -> None:  # fmt: skip
        """Tell the service, behind the application's back, what a user did: the results of experiments rest on it.

        An id counts once; without one, each call does. Raises ValueError for what cannot be.
        """
        self._reporter.add(OUTCOMES, outcome_report(metric, value, user=user, id_=id), environment=self.environment)

    # ------------------------------------------------------------------------------------------------------- sending

    def post(self, path: str, body: object, *, seconds: float = 10.0) -> tuple[int, dict[str, Any]]:
        """One request with the client's key, for threads that can wait. Raises varve.Unavailable."""
        reply = self._running.transport.post(path, body, seconds=seconds)
        try:
            said = reply.json()
        except NotVarve:
            said = {}
        return reply.status, said if isinstance(said, dict) else {}

    # --------------------------------------------------------------------------------------------------- its own life

    def flush(self, seconds: float = 5.0) -> bool:
        """Bring to disk, to callbacks and to the service what is under way; whether that was done in time."""
        deadline = time.monotonic() + seconds
        self._running.saver.save()
        told = self._notices.flush(seconds)
        return self._reporter.flush(max(0.0, deadline - time.monotonic())) and told

    def close(self) -> None:
        """Let go of threads and connections. What is held can still be read."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        forks.forget(self)
        self._reporter.close(CLOSE_SECONDS)
        self._notices.close()
        self._running.close()
        join([self._notices.thread], seconds=ENDING_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def before_fork(self) -> None:
        self._held.lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._held.lock.release()

    def after_fork_in_child(self) -> None:
        """The child keeps the values, and has threads and connections of its own."""
        self._held.lock.release()
        self._running.forget()
        for one in (self._metrics, self._notices, self._link, self._circuits, self._reporter):
            one.renew()
        self._running = self._start()
