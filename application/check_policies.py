"""What may be in force: the policies of an environment, asked of every effective value that a command changes.

Each scope is looked at by itself, over what all share: the environment variables and global.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from application.assemble import layer_of
from application.catalog import Catalog, Catalogs
from application.gates import GATES, Gates, GateSignals
from application.passage import Passage
from application.ports import Views
from application.views import LayerRow
from domain.config_types.definition import TypeDefinition
from domain.configs.config import Config
from domain.configs.diff import equal
from domain.configs.layer import Layer
from domain.configs.process_layer import ProcessLayer, process_layer_id
from domain.configs.resolution import resolve
from domain.configs.scope import GLOBAL, PROCESS, Scope
from domain.configs.slot import Slot, slot_id
from domain.documents import Document
from domain.errors import Fault, PolicyRefused, Refusal
from domain.installation.policy import Broken, Policy
from domain.secrets.envelope import shown

SHARED = (PROCESS, GLOBAL)
MOST_DOCUMENTS = 10_000  # different ones, that a change of what all share is checked over
MOST_TOLD = 100


class Sides(NamedTuple):
    """What one scope has in effect before a change and after it; None where nothing is complete."""

    before: Document | None
    after: Document | None


class Finding(NamedTuple):
    scope: str
    config_type: str
    broken: Broken

    def fault(self) -> Fault:
        """The pointer is that of the effective answer, the type first."""
        where = "" if self.scope == GLOBAL.kind else f" ({self.scope})"
        return Fault(f"/{self.config_type}{self.broken.pointer}", f"{self.broken.message}{where}", self.broken.rule)


class PolicyGate:
    """The gate: what breaks a rule of severity error is refused, of severity warning is told."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def __call__(self, passage: Passage) -> Iterator[Refusal]:
        errors: list[Fault] = []
        for finding in self._findings(passage):
            (errors if finding.broken.severity == "error" else passage.warnings).append(finding.fault())
        if errors:
            told = "; ".join(dict.fromkeys(fault.message for fault in errors[:MOST_TOLD]))
            yield PolicyRefused(f"{passage.environment.name} does not allow this: {told}", faults=errors[:MOST_TOLD])

    def _findings(self, passage: Passage) -> Iterator[Finding]:
        changed = changed_scopes(passage)
        for config_type, policies in by_type(passage.environment.policies.values()).items():
            if config_type in changed:
                definition = passage.catalog.definition(config_type)
                yield from TypeCheck(passage, definition, policies, self._views).findings(changed[config_type])


def every_gate(catalogs: Catalogs, views: Views, signals: GateSignals) -> Gates:
    """All that there are."""
    return Gates(catalogs, signals, (*GATES, PolicyGate(views)))


class TypeCheck:
    """One type in one passage."""

    def __init__(self, passage: Passage, definition: TypeDefinition, policies: Sequence[Policy], views: Views) -> None:
        self._work = passage.work
        self._environment = passage.environment.name
        self._definition = definition
        self._policies = policies
        self._views = views
        self._base = tuple(self._shared(before=before) for before in (True, False))

    def findings(self, scopes: Iterable[Scope]) -> Iterator[Finding]:
        own = {scope for scope in scopes if scope not in SHARED}
        sides = self._sides((), ())
        if not equal(*sides):
            yield from self._broken(GLOBAL, sides)
            yield from self._elsewhere(own)
        for scope in own:
            before, after = (self._layer(scope, before=before) for before in (True, False))
            yield from self._broken(scope, self._sides(before, after))

    def _elsewhere(self, own: set[Scope]) -> Iterator[Finding]:
        """Scopes that do not change themselves, but what lies below does. What they broke before, they may go on to."""
        self._work.rely_on_views()
        seen: dict[tuple[str, ...], Sides] = {}
        for _, row in self._views.in_force(self._environment, self._definition.name):
            scope = Scope(row.scope_kind, row.scope_id)
            if scope in SHARED or scope in own:
                continue
            key = (row.mode, row.data, row.unset)
            if key not in seen:
                if len(seen) == MOST_DOCUMENTS:
                    message = f"only {MOST_DOCUMENTS:,} different documents were checked: ask for the policy's check"
                    yield Finding(str(scope), self._definition.name, Broken("", message, "bound", "warning"))
                    return
                layer = (layer_of(row),)
                seen[key] = self._sides(layer, layer)
            sides = seen[key]
            if sides.before is None:
                yield from self._broken(scope, sides)
                continue
            known = {one.broken.rule for one in self._broken(scope, Sides({}, sides.before), old=sides.before)}
            yield from (one for one in self._broken(scope, sides) if one.broken.rule not in known)

    def _broken(self, scope: Scope, sides: Sides, *, old: Document | None = None) -> Iterator[Finding]:
        if sides.after is None or equal(*sides):
            return
        context = context_of(self._environment, scope)
        for policy in self._policies:
            for broken in policy.checks.broken(sides.after, old=old or sides.before, context=context):
                yield Finding(str(scope), self._definition.name, broken)

    def _sides(self, before: tuple[Layer, ...], after: tuple[Layer, ...]) -> Sides:
        return Sides(value(self._definition, self._base[0] + before), value(self._definition, self._base[1] + after))

    def _shared(self, *, before: bool) -> tuple[Layer, ...]:
        layer = self._work.load(ProcessLayer, process_layer_id(self._environment, self._definition.name))
        process = self._work.before(layer) if before else layer
        return Layer("environment", "overlay", process.data), *self._layer(GLOBAL, before=before)

    def _layer(self, scope: Scope, *, before: bool) -> tuple[Layer, ...]:
        slot = self._work.load(Slot, slot_id(self._environment, scope, self._definition.name))
        default = (self._work.before(slot) if before else slot).default
        if default is None:
            return ()
        config = self._work.load(Config, default)
        config = self._work.before(config) if before else config
        return (Layer(str(scope), config.mode, config.data, tuple(config.unset)),) if config.in_force else ()


def changed_scopes(passage: Passage) -> dict[str, set[Scope]]:
    """Where something happened, by type."""
    found: dict[str, set[Scope]] = {}
    for event in passage.events:
        if event.AGGREGATE is Config:
            config = passage.work.load(Config, event.originator_id)
            found.setdefault(config.config_type, set()).add(config.scope)
        elif isinstance(event, ProcessLayer.Recorded):
            found.setdefault(event.config_type, set()).add(PROCESS)
    return found


def by_type(policies: Iterable[Policy]) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = {}
    for policy in policies:
        found.setdefault(policy.config_type, []).append(policy)
    return found


def standing(views: Views, catalog: Catalog, environment: str, policy: Policy) -> list[Fault]:
    """What is in force now that a policy does not want; rules about a change are not asked. At most a hundred."""
    definition = catalog.definition(policy.config_type)
    rows = [row for _, row in views.in_force(environment, policy.config_type)]
    shared = {row.scope_kind: layer_of(row) for row in rows if row.scope_kind in (PROCESS.kind, GLOBAL.kind)}
    base = tuple(shared[scope.kind] for scope in SHARED if scope.kind in shared)
    found: list[Fault] = []
    for scope, layers in _stacks(rows, base):
        this = value(definition, layers)
        if this is not None:
            broken = policy.checks.broken(this, old=None, context=context_of(environment, scope))
            found += [Finding(str(scope), policy.config_type, one).fault() for one in broken]
        if len(found) >= MOST_TOLD:
            break
    return found[:MOST_TOLD]


def _stacks(rows: Iterable[LayerRow], base: tuple[Layer, ...]) -> Iterator[tuple[Scope, tuple[Layer, ...]]]:
    yield GLOBAL, base
    for row in rows:
        scope = Scope(row.scope_kind, row.scope_id)
        if scope not in SHARED:
            yield scope, (*base, layer_of(row))


def value(definition: TypeDefinition, layers: Sequence[Layer]) -> Document | None:
    """What these layers make, as it is served: healed, and with placeholders for secrets."""
    found: Document | None = shown(resolve(definition, layers).value)
    return found


def context_of(environment: str, scope: Scope) -> Document:
    """What a rule is told of whom a value is for."""
    ids = {f"{kind}_id": scope.id if scope.kind == kind else None for kind in ("user", "collection")}
    return {"environment": environment, "scope": str(scope), **ids}
