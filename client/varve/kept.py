"""Answers as they are kept on disk: each part once, however many contexts share it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple, Protocol

from varve.context import Context
from varve.effective import Effective, facts_of, parts_of
from varve.facts import APPLICATION, Part
from varve.world import World


class Kept(NamedTuple):
    """An effective answer as the service gave it, and when it was last known to be true, in monotonic time."""

    raw: Mapping[str, Any]
    world: World
    confirmed_at: float


class Disk(Protocol):
    def found(self, context: Context) -> Kept | None: ...

    def save(self, answers: Iterable[Effective]) -> None: ...

    def close(self) -> None: ...


class NoDisk:
    """Where no `cache_dir` was named, or none may be used."""

    def found(self, context: Context) -> Kept | None:  # noqa: ARG002 - there is never any
        return None

    def save(self, answers: Iterable[Effective]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def document_of(answers: Iterable[Effective], *, about: str) -> dict[str, Any]:
    """Times are written by the wall clock, since monotonic ones mean nothing to another process."""
    numbers: dict[int, int] = {}
    parts: list[dict[str, Any]] = []
    contexts: list[dict[str, Any]] = []
    wall = time.time() - time.monotonic()
    for answer in answers:
        for name, part in parts_of(answer).items():
            if id(part) not in numbers:
                numbers[id(part)] = len(parts)
                parts.append(document_of_part(name, part))
        contexts.append({**head_of(answer, wall), "parts": [numbers[id(part)] for part in parts_of(answer).values()]})
    return {"about": about, "parts": parts, "contexts": contexts}


def head_of(answer: Effective, wall: float) -> dict[str, Any]:
    facts = facts_of(answer)
    return {
        "context": list(answer.context),
        "confirmed_at": wall + (facts.confirmed_at or 0.0),
        "environment": facts.environment,
        "position": facts.position,
        "world": facts.world,
        "digest": facts.digest,
        "experiments": facts.experiments,
        "exposed": facts.exposed,
        "serving": facts.serving,
    }


def document_of_part(name: str, part: Part) -> dict[str, Any]:
    """Without the application's defaults, which the next process may have others of."""
    rungs = [rung for rung in part.layers if rung.layer != APPLICATION]
    given = part.given and part.path != APPLICATION
    return {
        "name": name,
        "value": part.settings.as_dict() if given else None,
        "path": part.path if given else "none",
        "layers": [{**rung._asdict(), "value": rung.value.as_dict()} for rung in rungs],
        "healed": list(part.healed),
        "origins": [origin._asdict() for origin in part.origins],
    }


def entries_of(document: Mapping[str, Any]) -> Iterator[tuple[Context, Kept]]:
    wall = time.time() - time.monotonic()
    for entry in document["contexts"]:
        user, collection, scopes, *others = entry["context"]  # attributes, or none: files of before had none
        collections = tuple(collection) if isinstance(collection, list) else collection
        attributes = tuple((name, value) for name, value in chain(*others))
        context = Context(user, collections, tuple(scopes), attributes)
        parts = [document["parts"][number] for number in entry["parts"]]
        # A clock that was set back must not make an answer younger than now.
        at = min(time.monotonic(), entry["confirmed_at"] - wall)
        yield context, Kept(raw_of(entry, parts), World(*entry["world"]), at)


def raw_of(entry: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **{part["name"]: part["value"] for part in parts},
        "resolution_path": {part["name"]: part["path"] for part in parts},
        "layers": {part["name"]: part["layers"] for part in parts},
        "origins": {part["name"]: part.get("origins", []) for part in parts},
        "degraded": [{"config_type": part["name"], "message": message} for part in parts for message in part["healed"]],
        **{name: entry[name] for name in ("environment", "position", "digest", "experiments")},
        "exposed": entry.get("exposed", {}),
        "serving": entry.get("serving", "settings"),
    }
