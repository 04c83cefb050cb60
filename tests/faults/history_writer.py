"""What writers of a random history do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID, uuid4

from application.assign_profiles import NewProfile
from application.change_sets import change_set_id
from application.commands import Outcome
from application.draft_changes import Wish
from application.edit_configs import Draft
from application.moments import Moment
from application.ports import BreakGlass, Command
from application.restore import Selection
from application.side_by_side import Part
from application.use_cases import UseCases
from application.views import ConfigFilter, ConfigView
from domain.config_types.spec import Rule, TypeSpec
from domain.configs.scope import Context, Scope
from domain.documents import Document
from domain.errors import NotFound, Refusal
from domain.experiments.known import KnownExperiment
from domain.installation.policy import Policy, PolicyRule
from domain.profiles.profile import KnownProfile
from domain.releases.ramp import Ramp
from tests.faults.load import NAMES, random_document
from tests.faults.lock_writer import LockWriter, done, laboratory

SCOPES = [
    Scope("global"),
    Scope("team", "t-1"),
    Scope("user", "u-1"),
    Scope("collection", "c-1"),
    Scope("collection", "c-2"),
]
TYPES = ("chunking", "question_generation", "level")  # one that replaces, one that overlays, one that changes
VARIABLES = ("MAX_CHUNK_SIZE", "CHUNK_OVERLAP", "MIN_CHUNK_SIZE")
PROFILES, USERS = ("warm", "cold"), ("u-1", "u-2")
EXPECTED = {
    "name_taken",
    "slot_taken",
    "conflict",
    "not_found",
    "stale_version",
    "invalid_config",
    "invalid_request",
    "behind",
    "frozen",
    "policy_refused",
    "locked",
    "index_not_ready",
}

Given = dict[tuple[int, Context], str]
"""The digest of an answer, by its position and whose it was."""


def contexts(environment: str) -> tuple[Context, ...]:
    return (
        Context(environment),
        Context(environment, "u-1", ("c-1",)),
        Context(environment, "u-2", ("c-2", "c-1"), (Scope("team", "t-1"),)),
    )


class Writer:
    """One caller that does at random what there is to do, until the history has enough commits."""

    def __init__(self, cases: UseCases, environment: str, *, seed: str, since: int) -> None:
        self._cases = cases
        self._environment = environment
        self._random = Random(seed)
        self._since = since
        self.given: Given = {}
        self.operations: Counter[str] = Counter()
        self.problems: list[str] = []
        self.accepted = 0  # commits that record something, at least
        self._change_sets: list[UUID] = []
        self._ramped: list[UUID] = []
        self._acts: list[tuple[float, Callable[[], Outcome | bool]]] = [
            *LockWriter(cases, environment, self._random, self._command).acts,
            (6, self._create),
            (6, self._update),
            (4, self._switch_default),
            (2, self._switch_active),
            (2, self._rename),
            (3, self._delete),
            (2, self._bring_back),
            (0.4, self._roll_back),
            (2, self._undo),
            (1, self._import),
            (0.5, self._redefine),
            (2, self._read_variables),
            (2, self._create_profile),
            (2, self._update_profile),
            (1, self._delete_profile),
            (3, self._assign),
            (2, self._unassign),
            (2, self._plan),
            (1, self._revise),
            (3, self._start),
            (2, self._pause),
            (1, self._conclude),
            (1, self._demand),
            (1, self._freeze),
            (2, self._set_policy),
            (1, self._delete_policy),
            (1, self._retire),
            (2, self._begin_change_set),
            (1, self._release),
            (2, self._draft),
            (1, self._remove_draft),
            (1, self._propose),
            (2, self._check),
            (1, self._approve),
            (2, self._publish),
            (0.5, self._discard),
            (2, self._roll_back_change_set),
            (2, self._begin_ramp),
            (3, self._step),
            (1, self._wait_and_halt),
        ]

    def write(self, is_enough: Callable[[], bool]) -> None:
        weights, acts = zip(*self._acts, strict=True)
        while not is_enough():
            likely = [n if self.operations[named(act)] else n + 6 for n, act in zip(weights, acts, strict=True)]
            (act,) = self._random.choices(acts, likely)  # above all what was never done yet
            try:
                outcome = act()
                records = outcome if isinstance(outcome, bool) else outcome.commit.first <= outcome.commit.last
                self.operations[named(act) if records else "nothing recorded"] += 1
                self.accepted += records
            except Refusal as refusal:
                self.operations[f"refused {refusal.code}"] += 1
                if refusal.code not in EXPECTED:
                    self.problems.append(f"{act.__name__} was refused: {refusal.code}: {refusal.detail}")
            except Exception as error:  # noqa: BLE001 -- whatever else there is to be told is a finding
                self.problems.append(f"{act.__name__} raised {error!r}")
            if self._random.random() < 0.4:
                self._ask()

    def _ask(self) -> None:
        context = self._random.choice(contexts(self._environment))
        answer = self._cases.resolve_config.effective(context, types=TYPES)
        self.given[answer.position, context] = answer.digest

    def _command(self, operation: str) -> Command:
        return Command("racer", uuid4().hex, operation, b"", reason=self._random.choice((None, "because")))

    def _there(self) -> ConfigView:
        wanted = ConfigFilter(self._environment)
        found = self._cases.views.configs(wanted, after=None, limit=200).items
        if not found:
            raise NotFound("nothing is there yet")
        return self._random.choice(found)

    def _document(self, config_type: str) -> Document:
        return (
            {"level": self._random.randint(0, 100)}
            if config_type == "level"
            else random_document(self._random, config_type)
        )

    def _create(self) -> Outcome:
        scope, config_type = self._random.choice(SCOPES), self._random.choice(TYPES)
        default = None if scope.kind == "collection" else self._random.random() < 0.7
        name, data = self._random.choice(NAMES), self._document(config_type)
        how: dict[str, Any] = {"mode": self._random.choice((None, "overlay", "replace")), "is_default": default}
        draft = Draft(self._environment, scope, config_type, name, data, **how)
        return self._cases.edit_configs.create(draft, command=self._command("create"))

    def _change(self, config_id: UUID, **changes: Any) -> Outcome:
        return self._cases.edit_configs.update(config_id, changes, command=self._command("update"))

    def _update(self) -> Outcome:
        one = self._there()
        return self._change(one.id, data=self._document(one.config_type))

    def _switch_default(self) -> Outcome:
        return self._change(self._there().id, is_default=self._random.random() < 0.8)

    def _switch_active(self) -> Outcome:
        return self._change(self._there().id, is_active=self._random.random() < 0.6)

    def _rename(self) -> Outcome:
        return self._change(self._there().id, name=self._random.choice(NAMES))

    def _delete(self) -> Outcome:
        return self._cases.edit_configs.delete(self._there().id, command=self._command("delete"))

    def _bring_back(self) -> Outcome:
        event = self._event_of_a_config()
        version = self._random.randint(1, event.version)
        return self._cases.edit_configs.restore(event.stream, version, command=self._command("restore"))

    def _roll_back(self) -> Outcome:
        boundary = self._cases.store.commit_at(position=self._some_position())
        assert boundary is not None
        types = frozenset(("chunking",)) if self._random.random() < 0.3 else None
        selection = Selection(self._environment, types=types)
        moment, asked = Moment(boundary.last), self._command("rollback")
        return self._cases.restore.rollback(selection, moment=moment, command=asked).outcome

    def _undo(self) -> Outcome:
        force = frozenset(("/config_data/level", "/is_default", "/config_data/max_chunk_size"))
        position = self._event_of_a_config().position
        return self._cases.undo.undo(position, force=force, command=self._command("undo"))

    def _import(self) -> bool:
        configs = [
            {
                "environment": self._environment,
                "scope": str(scope),
                "config_type": "question_generation",
                "name": "imported",
                "config_data": {"number_of_questions": self._random.randint(1, 50)},
                "is_default": True,
                "is_active": True,
            }
            for scope in SCOPES[2:4]
        ]
        bundle = {"varve_bundle": 1, "configs": configs}
        return self._cases.transfer.import_bundle(bundle, command=self._command("import")).commits > 0

    def _redefine(self) -> Outcome:
        return redefine(self._cases, self._random.randint(0, 99), self._command("define"))

    def _read_variables(self) -> Outcome:
        variables = {name: str(self._random.choice((20, 150, 400, 900))) for name in self._random.sample(VARIABLES, 2)}
        command = self._command("sync")
        return done(
            self._cases.read_environment.sync(variables, environment=self._environment, command=command).outcome
        )

    def _settings(self) -> dict[str, Document]:
        return {name: self._document(name) for name in self._random.sample(TYPES, self._random.randint(0, 2))}

    def _create_profile(self) -> Outcome:
        is_active = self._random.random() < 0.8
        new = NewProfile(self._environment, self._random.choice(PROFILES), self._settings(), is_active=is_active)
        return done(self._cases.assign_profiles.create(new, command=self._command("create_profile")))

    def _profile(self) -> KnownProfile:
        found = [
            one for one in self._cases.catalogs.current().profiles.values() if one.environment == self._environment
        ]
        if not found:
            raise NotFound("no profile is there yet")
        return self._random.choice(found)

    def _update_profile(self) -> Outcome:
        changes = self._random.choice(({"settings": self._settings()}, {"is_active": self._random.random() < 0.6}))
        command = self._command("update_profile")
        return done(self._cases.assign_profiles.update(self._profile(), changes, command=command))

    def _delete_profile(self) -> Outcome:
        return done(self._cases.assign_profiles.delete(self._profile(), command=self._command("delete_profile")))

    def _assign(self) -> Outcome:
        users = self._random.sample(USERS, self._random.randint(1, 2))
        return done(self._cases.assign_profiles.assign(self._profile(), users, command=self._command("assign")))

    def _unassign(self) -> Outcome:
        user, command = self._random.choice(USERS), self._command("unassign")
        return done(self._cases.assign_profiles.unassign(self._environment, user, command=command))

    def _plan(self) -> Outcome:
        variants = [
            {
                "name": name,
                "weight": self._random.randint(1, 5),
                "profile": self._random.choice((None, name)),
                "is_control": name == "warm",
            }
            for name in PROFILES
        ]
        rule = self._random.choice((None, 'context.user_id == "u-2"'))
        plan = {"variants": variants, "traffic_percent": self._random.choice((50, 100)), "eligibility": rule}
        plan |= {"layer": self._random.choice((None, "ranking")), "guardrails": []}
        rest = dict.fromkeys(("hypothesis", "primary_metric", "starts_at", "ends_at"))
        name, command = f"e-{self._random.randint(1, 9)}", self._command("create_experiment")
        return done(self._cases.run_experiments.create(self._environment, name, {**rest, **plan}, command=command))

    def _experiment(self) -> KnownExperiment:
        there = self._cases.catalogs.current().experiments.values()
        found = [one for one in there if one.environment == self._environment]
        if not found:
            raise NotFound("no experiment is there yet")
        return self._random.choice(found)

    def _revise(self) -> Outcome:
        changes = {"traffic_percent": self._random.randint(1, 100)}
        command = self._command("revise_experiment")
        return done(self._cases.run_experiments.revise(self._experiment(), changes, command=command))

    def _start(self) -> Outcome:
        return done(self._cases.run_experiments.start(self._experiment(), command=self._command("start")))

    def _pause(self) -> Outcome:
        return done(self._cases.run_experiments.pause(self._experiment(), command=self._command("pause")))

    def _conclude(self) -> Outcome:
        adopt, command = self._random.choice((None, *PROFILES)), self._command("conclude")
        return done(self._cases.run_experiments.conclude(self._experiment(), adopt=adopt, command=command))

    def _demand(self) -> Outcome:
        demands = {"require_if_match": False, "order": self._random.randint(0, 9)}
        command = self._command("revise_environment")
        return done(self._cases.govern_environments.revise(self._environment, demands, command=command))

    def _set_policy(self) -> Outcome:
        rule = PolicyRule("most", f"this.level <= {self._random.randint(60, 100)}", "level is too high")
        policy = Policy("low", "level", {}, (rule,))
        command = self._command("set_policy")
        return done(self._cases.govern_environments.set_policy(self._environment, policy, command=command))

    def _delete_policy(self) -> Outcome:
        command = self._command("delete_policy")
        return done(self._cases.govern_environments.delete_policy(self._environment, "low", command=command))

    def _freeze(self) -> Outcome:
        """For as long as it takes to thaw it: the others are refused meanwhile, but for one who breaks the glass."""
        govern = self._cases.govern_environments
        govern.freeze(self._environment, command=self._command("freeze"))
        admin = replace(self._command("revise_environment"), break_glass=BreakGlass("now", lambda _: True))
        govern.revise(self._environment, {"order": self._random.randint(10, 99)}, command=admin)
        return done(govern.thaw(self._environment, command=self._command("thaw")))

    def _retire(self) -> Outcome:
        govern, aside = self._cases.govern_environments, f"aside-{self._random.randint(1, 3)}"
        govern.add(aside, {}, command=self._command("add_environment"))
        return done(govern.retire(aside, command=self._command("retire_environment")))

    def _wish(self) -> Wish:
        if self._random.random() < 0.2:
            deletes = self._random.random() < 0.3
            fields = {} if deletes else {"settings": self._settings(), "is_active": self._random.random() < 0.6}
            return Wish("profile", fields, self._random.choice(PROFILES), deletes=deletes)
        scope, config_type = self._random.choice(SCOPES), self._random.choice(TYPES)
        fields = {"config_data": self._document(config_type), "is_default": True}
        return Wish("config", fields, self._random.choice(NAMES), scope, config_type)

    def _begin_change_set(self) -> Outcome:
        command = self._command("create_change_set")
        wishes = [self._wish()]
        outcome = self._cases.releases.change_sets.create(self._environment, title="t", wishes=wishes, command=command)
        self._change_sets.append(change_set_id(command))
        return done(outcome)

    def _release(self) -> Outcome:
        """Of what was tried in the laboratory."""
        source, command = laboratory(self._environment), self._command("create_release")
        wishes = self._cases.releases.side_by_side.wishes(source, self._environment, Part(), deletions=False)
        how: dict[str, Any] = {"origin": {"release_from": source}, "proposed": True, "command": command}
        outcome = self._cases.releases.change_sets.create(self._environment, title="r", wishes=wishes, **how)
        self._change_sets.append(change_set_id(command))
        return done(outcome)

    def _change_set(self) -> UUID:
        if not self._change_sets:
            raise NotFound("no change set is there yet")
        return self._random.choice(self._change_sets)

    def _draft(self) -> Outcome:
        command, wishes = self._command("draft"), [self._wish()]
        return done(self._cases.releases.change_sets.draft(self._change_set(), wishes, command=command))

    def _remove_draft(self) -> Outcome:
        id_ = self._change_set()
        subject = self._random.choice([*self._cases.releases.change_sets.find(id_).drafts, UUID(int=1)])
        return done(self._cases.releases.change_sets.remove_draft(id_, subject, command=self._command("remove_draft")))

    def _propose(self) -> Outcome:
        return done(self._cases.releases.change_sets.propose(self._change_set(), command=self._command("propose")))

    def _check(self) -> bool:
        return (
            self._cases.releases.publishing.check(self._change_set(), command=self._command("check")).outcome
            is not None
        )

    def _approve(self) -> Outcome:
        command = replace(self._command("approve"), principal="another")
        return done(self._cases.releases.publishing.approve(self._change_set(), command=command))

    def _publish(self) -> Outcome:
        return done(self._cases.releases.publishing.publish(self._change_set(), command=self._command("publish")))

    def _roll_back_change_set(self) -> Outcome:
        command = self._command("rollback_change_set")
        return done(self._cases.releases.publishing.roll_back(self._change_set(), command=command))

    def _begin_ramp(self) -> Outcome:
        """Of a change set that has but one global draft, so that it can be."""
        command = self._command("create_change_set")
        fields = {"config_data": self._document("chunking"), "is_default": True}
        wishes = [Wish("config", fields, self._random.choice(NAMES), SCOPES[0], "chunking")]
        self._cases.releases.change_sets.create(self._environment, title="r", wishes=wishes, command=command)
        id_, ramp = change_set_id(command), Ramp((20, 60, 100), 60)
        self._ramped.append(id_)
        self._change_sets.append(id_)
        return done(self._cases.releases.ramps.begin(id_, ramp, command=self._command("publish_change_set")))

    def _step(self) -> Outcome:
        if not self._ramped:
            raise NotFound("no ramp is there yet")
        id_ = self._random.choice(self._ramped[-3:])
        return done(self._cases.releases.ramps.step(id_, command=self._command("step_change_set")))

    def _wait_and_halt(self) -> Outcome:
        id_, ramps = self._change_set(), self._cases.releases.ramps
        ramps.schedule(id_, "2999-01-01T00:00:00Z", ramp=None, command=self._command("publish_change_set"))
        version = self._cases.releases.change_sets.find(id_).version
        return done(ramps.halt(id_, "held", command=self._command("halt"), expected_version=version))

    def _discard(self) -> Outcome:
        return done(self._cases.releases.change_sets.discard(self._change_set(), command=self._command("discard")))

    def _some_position(self) -> int:
        newest = self._cases.store.newest()
        assert newest is not None
        return self._random.randint(self._since, newest.last)

    def _event_of_a_config(self) -> Any:
        position = self._some_position()
        for event in self._cases.store.events(first=position, last=position + 30):
            if event.topic.startswith("config."):
                return event
        raise NotFound("no event of a config is near")


def named(act: Callable[[], Outcome | bool]) -> str:
    """What somebody does, as it is counted."""
    return act.__name__.removeprefix("_")


def redefine(cases: UseCases, number: int, command: Command) -> Outcome:
    """A type of our own, each time with other defaults and another rule."""
    schema = {"type": "integer", "minimum": 0, "maximum": 100, "default": number}
    rule = Rule("low", f"this.level <= {min(100, number + 30)}", "level is too high", ("/level",))
    spec = TypeSpec("level", "", "overlay", {"type": "object", "properties": {"level": schema}}, (rule,))
    return done(cases.register_types.define(spec, command=command, force=True).outcome)
