"""Contexts that applications asked for lately: how many would get another effective config, and in which fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import starmap, takewhile
from uuid import UUID

import orjson

from application.assemble import Assembler, Effective, Unmetered
from application.catalog import Catalog
from application.reports import Reports, SeenContext
from application.resolve_config import InSlots, ResolveConfig
from application.try_changes import Tried
from application.views import LayerRow
from domain.configs.scope import Context
from domain.pointers import pointer_of
from domain.previews.difference import FieldChange, Stack, field_changes

MAX_TRIED = 500  # contexts: where they share what they get, all of them cost some 20 ms
MAX_RESOLVED = 500  # where they do not, that many resolutions of a type cost some 30 ms
MAX_EXAMPLES = 20
SEEN_DAYS = 7
DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class SeenExample:
    """One context; pointers are those of the effective answer, the type first."""

    user_id: str | None
    collection_id: str | None
    changes: list[FieldChange]


@dataclass(frozen=True, slots=True)
class ContextsSeen:
    """Of the distinct contexts `seen` in so many days, those `tried` were seen last; `is_whole`: these are all."""

    days: int
    seen: int
    tried: int
    is_whole: bool
    affected: int
    examples: list[SeenExample]


class TryOnContexts:
    def __init__(self, reports: Reports, resolve_config: ResolveConfig) -> None:
        self._reports = reports
        self._resolve_config = resolve_config

    def reached(
        self,
        environment: str,
        tried: Sequence[Tried],
        *,
        days: int,
        now_us: int,
        types: Sequence[str],
        catalog: Catalog | None = None,
    ) -> ContextsSeen:
        """Answers with and without what is tried, in these types, to the contexts of usage records.

        `catalog`: the definitions of then, where they are tried too. Raises StoreUnavailable.
        """
        seen = self._reports.contexts_seen(environment, since_us=now_us - days * DAY_US, limit=MAX_TRIED)
        contexts = [context_of(environment, one) for one in seen.newest]
        lookup = self._resolve_config.look_up(environment, contexts, types=types)
        assembler = Assembler(Unmetered())  # of both, so that what stays the same is resolved once
        slots: InSlots = {row[:3]: row for row in rows_of(tried)}
        now = lookup.trying({}, assembler=assembler)
        then = lookup.trying(slots, assembler=assembler, catalog=catalog)
        room = takewhile(lambda _: assembler.resolutions < MAX_RESOLVED, contexts)
        answers = [(one, now.effective(one), then.effective(one)) for one in room]
        affected = [answer for answer in answers if answer[1].digest != answer[2].digest]
        examples = list(starmap(example, affected[:MAX_EXAMPLES]))
        return ContextsSeen(days, seen.total, len(answers), len(answers) == seen.total, len(affected), examples)


def context_of(environment: str, seen: SeenContext) -> Context:
    collections = () if seen.collection_id is None else (seen.collection_id,)
    return Context(environment, seen.user_id, collections)


def rows_of(tried: Sequence[Tried]) -> Iterator[LayerRow]:
    """What is tried, as the views would show it; the ids are no config's."""
    for number, (scope, definition, layer) in enumerate((one.scope, one.definition, one.layer) for one in tried):
        data, unset = (orjson.dumps(part).decode() for part in (layer.data, layer.unset))
        slot = (scope.kind, scope.id, definition.name)
        yield LayerRow(*slot, UUID(int=number).hex, 0, layer.mode, data, unset, 0, "", "", None, 0)


def example(context: Context, now: Effective, then: Effective) -> SeenExample:
    changes = []
    for name, one in now.types.items():
        stacks = (Stack(each.layers, each.resolved) for each in (one, then.types[name]))
        prefix = pointer_of([name])
        changes += [replace(change, pointer=prefix + change.pointer) for change in field_changes(*stacks, told={})]
    return SeenExample(context.user_id, next(iter(context.collection_ids), None), changes)
