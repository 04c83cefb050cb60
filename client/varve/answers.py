"""What the service says, as answers: checked for their shape, and shared where they are equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from weakref import WeakValueDictionary

from varve.context import Context
from varve.defaults import Defaults
from varve.effective import Effective, Standing, parts_of
from varve.errors import NotVarve
from varve.facts import Facts, Layer, Note, Origin, Part, Source
from varve.settings import NO_SETTINGS, Settings
from varve.world import World


class Answers:
    """Makes answers of what came over the wire. Parts that say the same are one part in memory."""

    def __init__(self, defaults: Defaults, standing: Standing) -> None:
        self._defaults = defaults
        self._standing = standing
        self._known: WeakValueDictionary[bytes, Part] = WeakValueDictionary()

    def effective(
        self,
        context: Context,
        raw: Mapping[str, Any],
        *,
        world: World,
        at: float,
        before: Effective | None = None,
        source: Source = "live",
        problem: str | None = None,
    ) -> Effective:
        """Raises NotVarve for what is no effective answer."""
        try:
            if raw.get("serving") == "defaults":
                return self._of_defaults(context, raw, world=world, at=at, problem=problem)
            parts = {name: self._part(name, raw) for name in sorted(raw["resolution_path"])}
            facts = Facts(
                source,
                environment=raw["environment"],
                position=int(raw["position"]),
                world=world,
                digest=raw["digest"],
                etag=raw.get("etag"),
                confirmed_at=at,
                experiments=(experiments := dict(raw.get("experiments", {}))),
                exposed=exposed_of(raw.get("exposed", {}), parts, experiments),
                notes=self._notes(parts, before),
                problem=problem,
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise NotVarve(f"an effective answer was expected: {type(error).__name__}: {error}") from error
        return Effective(context, parts, facts, self._standing)

    def _of_defaults(
        self, context: Context, raw: Mapping[str, Any], *, world: World, at: float, problem: str | None
    ) -> Effective:
        """What serves while the service is switched so: no setting of it, and so neither its digest nor experiments."""
        facts = Facts(
            self._defaults.source,
            environment=raw["environment"],
            position=int(raw["position"]),
            world=world,
            etag=raw.get("etag"),
            confirmed_at=at,
            problem=problem,
            serving="defaults",
        )
        return Effective(context, self._defaults.parts_of(raw["resolution_path"]), facts, self._standing)

    def _part(self, name: str, raw: Mapping[str, Any]) -> Part:
        value, path = raw[name], raw["resolution_path"][name]
        layers = raw.get("layers", {}).get(name, [])
        healed = [lack["message"] for lack in raw.get("degraded", []) if lack["config_type"] == name]
        origins = raw.get("origins", {}).get(name, [])
        text = json.dumps([name, value, path, layers, healed, origins], separators=(",", ":"))
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        part = self._known.get(key)
        if part is None:
            part = self._known[key] = self._defaults.under(name, part_of(value, path, layers, healed, origins))
        return part

    def _notes(self, parts: Mapping[str, Part], before: Effective | None) -> dict[str, tuple[Note, ...]]:
        """What is known of each type; that a config is gone stays noted for as long as its type's settings stand."""
        notes: dict[str, tuple[Note, ...]] = {}
        was = parts_of(before) if before is not None else {}
        for name, part in parts.items():
            old = was.get(name)
            if before is not None and old is part:
                found = before.meta.notes.get(name, ())
            else:
                healed = tuple(Note("healed", message) for message in part.healed)
                found = (*healed, *self._defaults.notes(name, part), *gone(name, old, part))
            if found:
                notes[name] = found
        return notes


def exposed_of(
    told: Mapping[str, Any], parts: Mapping[str, Part], experiments: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """By type, the experiments that the user counts for: of those that the context is in."""
    return {name: tuple(one for one in told[name] if one in experiments) for name in told if name in parts}


def part_of(value: Any, path: Any, layers: Any, healed: list[str], origins: Any) -> Part:
    rungs = tuple(
        Layer(str(rung["layer"]), rung["config_id"], rung["version"], settings_of(rung["value"])) for rung in layers
    )
    settings = NO_SETTINGS if value is None else settings_of(value)
    if rungs and rungs[0].value == settings:
        settings = rungs[0].value
    gifts = tuple(Origin(one["layer"], one["config_id"], one["version"], tuple(one["gives"])) for one in origins)
    return Part(settings, given=value is not None, path=str(path), layers=rungs, healed=tuple(healed), origins=gifts)


def settings_of(value: Any) -> Settings:
    if not isinstance(value, dict):
        raise TypeError(f"settings are an object, not {type(value).__name__}")
    return Settings(value)


def gone(name: str, old: Part | None, new: Part) -> tuple[Note, ...]:
    """That the config which gave the settings is not there any more."""
    if old is None or old.path == new.path or old.path in {layer.layer for layer in new.layers}:
        return ()
    if old.path in ("none", "default"):
        return ()
    return (Note("gone", f"{old.path} no longer gives {name}: {new.path} does"),)
