"""The gate of indexes: what shapes one comes into force when an index of that shape is ready, and with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from application.in_flight import InFlight
from application.passage import Passage
from domain.configs.config import Config
from domain.configs.process_layer import ProcessLayer
from domain.configs.scope import Scope
from domain.documents import Document
from domain.errors import IndexNotReady, Refusal
from domain.releases.embedders import EMBEDDERS_ID, Embedders
from domain.releases.fingerprint import SHAPING, fingerprint, fingerprints, shape_of
from domain.releases.index import Index
from domain.releases.indexes import Indexes, indexes_id


@dataclass(frozen=True, slots=True)
class Move:
    """One scope whose index would have another shape; `to` is the index that has it, None where none is ready."""

    scope: Scope
    before: str
    after: str
    to: Index | None


def index_not_ready(passage: Passage) -> Iterator[Refusal]:
    for move in moves(passage):
        if move.to is None:
            where = f"{move.scope} in {passage.environment.name}"
            yield IndexNotReady(
                f"the index at {where} has the fingerprint {move.before}, and this change needs one of {move.after}:"
                " register it with that fingerprint (POST /api/indexes), fill it, mark it ready, and send this again"
            )


def indexes_follow(passage: Passage) -> None:
    """Let reads go to the indexes of the new shape, in the commit that brings the settings into force."""
    indexes = passage.work.load(Indexes, indexes_id(passage.environment.name))
    for move in moves(passage):
        if move.to is not None:
            indexes.switch(move.to.id, at_us=passage.work.now_us, stamp=passage.command.stamp)


def moves(passage: Passage) -> Iterator[Move]:
    if not _touches_shapes(passage):
        return
    name = passage.environment.name
    before, after = (InFlight(passage.work, passage.catalog, name, is_before=then) for then in (True, False))
    indexes = passage.work.load(Indexes, indexes_id(name))
    for scope in dict.fromkeys(one.scope for one in indexes.kept):
        was, wanted = fingerprint_at(before, scope), fitting(after, scope)
        if was not in wanted:
            yield Move(scope, was, fingerprint_at(after, scope), indexes.serving(scope, wanted))


def fingerprint_at(now: InFlight, scope: Scope) -> str:
    return fingerprint(shape_of(lambda config_type: now.value(scope, config_type)))


def fitting(now: InFlight, scope: Scope) -> frozenset[str]:
    """The fingerprints of indexes that fit what is in effect at a scope."""
    shape = shape_of(lambda config_type: now.value(scope, config_type))
    return fitting_shape(shape, now.work.load(Embedders, EMBEDDERS_ID))


def fitting_shape(shape: Document, embedders: Embedders) -> frozenset[str]:
    """One for each name of the model."""
    embedding = shape["embedding"]
    return fingerprints(shape, models=() if embedding is None else embedders.same_as(embedding["model_id"]))


def _touches_shapes(passage: Passage) -> bool:
    configs = {one.config_type for one in passage.work.changed(Config) if one.environment == passage.environment.name}
    layers = {event.config_type for event in passage.events if isinstance(event, ProcessLayer.Recorded)}
    return not (configs | layers).isdisjoint(SHAPING)
