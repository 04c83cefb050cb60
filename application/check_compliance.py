"""Whether what is in force is what the security policies in force demand: by regime, with the events behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from application.assemble import Assembler, Effective, ResolvedType, Unmetered
from application.catalog import Catalog, Catalogs, definition_data
from application.ports import Views
from application.trace_values import MadeSo, TraceValues
from application.views import LayerRow
from domain.compliance.question import question
from domain.compliance.requirement import POLICY, Requirement, requirements_of
from domain.configs.scope import GLOBAL, PROCESS, Context, Scope
from domain.errors import NotFound
from domain.pointers import leaves, pointer_of, related

MOST_SCOPES = 1_000
MOST_CHECKS = 10_000
MOST_VALUES = 20  # are shown of one check


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement at one scope. `why` says what is wrong, or why it cannot be told.

    `event` made the values so; where the type is not there, nothing did.
    """

    requirement: Requirement
    scope: Scope
    holds: bool | None
    why: str | None
    values: dict[str, Any]
    event: MadeSo | None
    demanded_by: MadeSo


@dataclass(frozen=True, slots=True)
class Compliance:
    """`is_whole` where every scope was looked at; otherwise more may be wrong than is told."""

    environment: str
    position: int
    findings: tuple[Finding, ...]
    scopes: int
    is_whole: bool


class CheckCompliance:
    def __init__(self, views: Views, catalogs: Catalogs) -> None:
        self._views = views
        self._catalogs = catalogs

    def report(self, environment: str, *, position: int, scopes: Sequence[Scope] = ()) -> Compliance:
        """What holds and what does not: for a context of which nothing is known, and at each scope that has a config.

        A scope is looked at where it has a policy, or a config of a type that is spoken of. `scopes`: these alone.
        Raises NotFound for an unknown environment, and where there is no type for policies; InvalidRequest for a scope
        whose kind is not on the ladder.
        """
        catalog = self._catalogs.as_of(position)
        catalog.require_environment(environment)
        _require_policies(catalog)
        for scope in scopes:
            catalog.ladder.rank(scope.kind)
        look = _Look(self._views, catalog, environment, position)
        types = look.types_spoken_of()
        places = list(dict.fromkeys(one for one in scopes if one != PROCESS)) or look.places(types)
        findings: list[Finding] = []
        looked_at = 0
        for scope, answer, own in look.answers(places[:MOST_SCOPES], types):
            if len(findings) >= MOST_CHECKS:
                break
            findings += look.findings(scope, answer, own)
            looked_at += 1
        is_whole = looked_at == len(places) + (GLOBAL not in places)
        return Compliance(environment, position, tuple(findings), looked_at, is_whole)


class _Look:
    """One environment at one position."""

    def __init__(self, views: Views, catalog: Catalog, environment: str, position: int) -> None:
        self._views = views
        self._catalog = catalog
        self._environment = environment
        self._position = position
        self._assembler = Assembler(Unmetered())
        self._traces = TraceValues(views, catalog)
        self._everywhere: dict[Requirement, ResolvedType] = {}  # what the global policy demands, once that is looked at

    def types_spoken_of(self) -> list[str]:
        """The types that any policy in force speaks of, its own too, as far as they are defined."""
        answers = self.answers(self.places([POLICY]), [POLICY])
        named = {one.config_type for _, answer, _ in answers for one in _demands(answer)}
        return sorted({POLICY} | (named & set(self._catalog.types)))

    def places(self, types: Sequence[str]) -> list[Scope]:
        """The scopes that have a config of these types; one more than are looked at, where there are more."""
        return self._views.places(self._environment, types, position=self._position, limit=MOST_SCOPES + 1)

    def answers(
        self, scopes: Sequence[Scope], types: Sequence[str]
    ) -> Iterator[tuple[Scope, Effective, frozenset[str]]]:
        """What is in force globally and at each scope by itself, with the types that have a config there."""
        wanted = (PROCESS, GLOBAL, *(scope for scope in scopes if scope != GLOBAL))
        found: dict[Scope, list[LayerRow]] = defaultdict(list)
        for row in self._views.layers_at(self._environment, wanted, types, position=self._position):
            found[Scope(row.scope_kind, row.scope_id)].append(row)
        context, shared = Context(self._environment), [*found[PROCESS], *found[GLOBAL]]
        for scope in wanted[1:]:
            rows = shared if scope == GLOBAL else [*shared, *found[scope]]
            stack = (PROCESS, GLOBAL) if scope == GLOBAL else (PROCESS, GLOBAL, scope)
            answer = self._assembler.assembled(
                context, stack, rows, self._catalog, types=types, position=self._position
            )
            yield scope, answer, frozenset(row.config_type for row in found[scope])

    def findings(self, scope: Scope, answer: Effective, own: frozenset[str]) -> Iterator[Finding]:
        """What comes of each requirement that this scope can keep or break: what it only inherits is told globally."""
        for one, policy in sorted(self._demanded(scope, answer).items(), key=lambda pair: pair[0]):
            if scope == GLOBAL or POLICY in own or one.config_type in own:
                event = self._traces.made_so(policy, (pointer_of(("requirements", one.name)),))
                yield self._finding(one, scope, answer.types.get(one.config_type), demanded_by=event)

    def _demanded(self, scope: Scope, answer: Effective) -> dict[Requirement, ResolvedType]:
        """By the policy at this scope, and by the global one: a scope demands more than that, never less."""
        here = dict.fromkeys(_demands(answer), answer.types[POLICY])
        if scope == GLOBAL:
            self._everywhere = here
        return {**here, **self._everywhere}

    def _finding(
        self, requirement: Requirement, scope: Scope, found: ResolvedType | None, *, demanded_by: MadeSo
    ) -> Finding:
        asked, name = question(requirement.expression), requirement.config_type
        if isinstance(asked, str):
            return Finding(requirement, scope, None, asked, {}, None, demanded_by)
        if found is None:
            why = f"there is no config type {name}: define it, or mend the requirement"
            return Finding(requirement, scope, None, why, {}, None, demanded_by)
        event, shown = self._traces.made_so(found, asked.reads), orjson.loads(found.served)
        if shown is None:
            why = f"{name} is not served here, because it is not complete: give what is missing"
            return Finding(requirement, scope, None, why, {}, event, demanded_by)
        answer = asked.asked_of(shown)
        values = [pair for pair in leaves(shown) if any(related(pair[0], one) for one in asked.reads)]
        why_not = requirement.message if answer.holds is False else answer.why
        return Finding(requirement, scope, answer.holds, why_not, dict(values[:MOST_VALUES]), event, demanded_by)


def _demands(answer: Effective) -> Iterator[Requirement]:
    policy = answer.types[POLICY].resolved.value
    return iter(()) if policy is None else requirements_of(policy)


def _require_policies(catalog: Catalog) -> None:
    """A type of the installation's own by that name may hold anything."""
    if POLICY not in catalog.types or definition_data(catalog.row(POLICY))["revision"] is None:
        message = f"there are no security policies here: load their type, {POLICY}, with varve import builtin:platform"
        raise NotFound(message)
