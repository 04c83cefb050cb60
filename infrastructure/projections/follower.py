"""Keeps one process at the head of the log: projects when it leads, and says how far its views and caches are.

Whoever waits for a position does the work if nobody is at it, so a lone command never changes thread.
"""

from __future__ import annotations

import time
from threading import Condition, Event, Lock, Thread
from typing import Protocol

import sqlalchemy as sa
import structlog

from application.advance import ANY_TYPE, Advance, Hear
from application.ports import EventStore
from infrastructure.projections.generations import Generations
from infrastructure.projections.live import Fenced, advance, catch_up, position_of
from infrastructure.projections.tables import assignments, configs, definitions, progress
from infrastructure.tracing import NO_FAULTS, tracer

log = structlog.get_logger("follower")


class Leadership(Protocol):
    """Which of the processes on one store projects."""

    def held(self) -> bool:
        """Whether this one does, taking the lead where nobody has it."""

    def announce(self, position: int) -> None:
        """Tell the others that the views have moved."""


class Alone:
    """The leadership of a process that has the store to itself."""

    def held(self) -> bool:
        return True

    def announce(self, position: int) -> None:
        """Nobody to tell."""


class Follower:
    """`visible` is the position that reads of this process are true at, at least."""

    def __init__(
        self, store: EventStore, generations: Generations, *, leadership: Leadership, poll_seconds: float = 1.0
    ) -> None:
        self._store = store
        self._generations = generations
        self._leadership = leadership
        self._poll_seconds = poll_seconds
        self._stepping = Lock()
        self._moved = Condition()
        self._wake = Event()
        self._closing = False
        self._definitions = 0
        self.generation = generations.current()
        self.engine = generations.engine(self.generation)
        self.visible = position_of(self.engine)
        self.on_advance: list[Hear] = []
        self._thread = Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def poke(self) -> None:
        """Something may be there to project: come round now."""
        self._wake.set()

    def wait_for(self, position: int, *, seconds: float) -> bool:
        """Whether the views show this position within the time given."""
        if self.visible >= position:
            return True
        with tracer.start_as_current_span("varve.visible", **NO_FAULTS) as span:
            span.set_attribute("varve.position", position)
            return self._await(position, seconds=seconds)

    def _await(self, position: int, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.visible < position:
            if self._stepping.acquire(blocking=False):
                try:
                    before = self.visible
                    self._step()
                except Exception as error:  # noqa: BLE001 -- what was recorded is recorded, shown or not
                    log.warning("the views do not move", error=repr(error))
                finally:
                    self._stepping.release()
                if self.visible > before:
                    continue
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._moved:
                if self.visible < position:
                    self._moved.wait(min(left, 0.05))
        return True

    def _follow(self) -> None:
        while not self._closing:
            self._wake.wait(self._poll_seconds)
            self._wake.clear()
            try:
                with self._stepping:
                    self._follow_pointer()
                    self._step()
            except Exception as error:  # noqa: BLE001 -- the thread outlives a store that is away for a while
                log.warning("the views do not move", error=repr(error))
                time.sleep(min(self._poll_seconds, 0.5))

    def _step(self) -> None:
        """Come to the head of the log, or as far as the leader has come."""
        if self._leadership.held():
            self._project()
        else:
            self._catch_up()

    def _follow_pointer(self) -> None:
        """Change over to another generation once it shows what was seen already: reads never go back."""
        current = self._generations.current()
        if current != self.generation:
            engine = self._generations.engine(current)
            if self._leadership.held():
                catch_up(self._store, engine, position_of(engine))
            if position_of(engine) >= self.visible:
                self._use(current, engine)

    def adopt(self, generation: int) -> int:
        """Serve this generation, in every process, from now on; the position that it has come to."""
        with self._stepping:
            engine = self._generations.engine(generation)
            catch_up(self._store, engine, position_of(engine))
            self._generations.switch(generation)
            self._use(generation, engine)
        return self.visible

    def _use(self, generation: int, engine: sa.Engine) -> None:
        self.engine, self.generation = engine, generation
        self._tell(Advance(position_of(engine), frozenset(), is_rebuilt=True))

    def _project(self) -> None:
        while True:
            try:
                moved = advance(self._store, self.engine, after=self.visible)
            except Fenced:
                self._catch_up()
                continue
            if moved is None:
                return
            self._leadership.announce(moved.position)
            self._tell(moved)

    def _catch_up(self) -> None:
        """What the leader has projected since, as the views tell it."""
        with self.engine.connect() as connection, connection.begin():
            position, changed = connection.execute(sa.select(progress.c.position, progress.c.definitions)).one()
            if position == self.visible:
                return
            columns = (configs.c.environment, configs.c.scope_kind, configs.c.scope_id, configs.c.config_type)
            query = sa.select(*columns).where(configs.c.position > self.visible).distinct()
            touched = {(place, kind, id_, name) for place, kind, id_, name in connection.execute(query)}
            a = assignments.c
            users = sa.select(a.environment, a.user_id).where(a.valid_from > self.visible).distinct()
            touched |= {(environment, "user", user, ANY_TYPE) for environment, user in connection.execute(users)}
            kinds = sa.select(definitions.c.kind).where(definitions.c.valid_from > self.visible).distinct()
            defined = frozenset(connection.scalars(kinds)) if changed > self.visible else frozenset[str]()
        self._tell(Advance(position, frozenset(touched), defined))

    def _tell(self, moved: Advance) -> None:
        for hear in self.on_advance:
            hear(moved)
        with self._moved:
            self.visible = moved.position
            self._moved.notify_all()

    def close(self) -> None:
        """Stop following; the views stay where they are."""
        self._closing = True
        self.poke()
        if self._thread.is_alive():
            self._thread.join()
