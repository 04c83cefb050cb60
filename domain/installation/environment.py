"""A stage that configs live in, such as production, and what it demands of changes."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

import jsonschema_rs

from domain.aggregate import Aggregate, DomainEvent, PlacedEvent, stream_id
from domain.config_types.validators import pattern
from domain.documents import Document
from domain.errors import Conflict, Fault, InvalidRequest, NotFound, StaleVersion
from domain.installation.policy import Policy
from domain.stamp import Stamp

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
MOST_APPROVALS = 20
LONGEST_PATTERN = 500
MOST_POLICIES = 100
EVERYWHERE = "global"  # where events stand that concern a whole environment


def environment_id(name: str) -> UUID:
    return stream_id("environment", name)


@dataclass(frozen=True, slots=True)
class Demands:
    """What an environment demands of each change, and where it stands among the others; listings go by `order`."""

    promoted_from: str | None = None
    approvals: int = 0
    require_reason: bool = False
    reason_pattern: str | None = None
    require_if_match: bool = False
    require_lock: bool = False
    order: int = 0

    @classmethod
    def of(cls, facts: Any) -> Demands:
        """Those that an event, or its payload, carries."""
        return cls(**{field.name: facts[field.name] for field in fields(cls)})

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    def faults(self) -> list[Fault]:
        """What is wrong with them by themselves."""
        found = []
        if not 0 <= self.approvals <= MOST_APPROVALS:
            found.append(Fault("/approvals", f"approvals is 0 to {MOST_APPROVALS}", "approvals"))
        if self.reason_pattern is not None and not is_pattern(self.reason_pattern):
            message = "reason_pattern is not a regular expression that can be used: no look-around, no back references"
            found.append(Fault("/reason_pattern", f"{message}, at most {LONGEST_PATTERN} characters", "pattern"))
        return found

    def takes_reason(self, reason: str | None) -> bool:
        """Whether a change may be made for this reason; the pattern may be found anywhere in it."""
        if self.reason_pattern is not None:
            return reason is not None and pattern(self.reason_pattern).is_valid(reason)
        return not self.require_reason or bool(reason and reason.strip())


def is_pattern(expression: str) -> bool:
    """Whether it can be matched in linear time."""
    if len(expression) > LONGEST_PATTERN:
        return False
    try:
        pattern(expression)
    except jsonschema_rs.ValidationError:
        return False
    return True


class Environment(Aggregate):
    TOPIC = "environment"

    class Created(DomainEvent):
        """It is there; one that was retired comes back with its configs, and demands nothing."""

        TOPIC = "environment.created"
        name: str

        def apply(self, aggregate: Environment) -> None:
            aggregate.name = self.name
            aggregate.exists = True
            aggregate.demands, aggregate.is_frozen, aggregate.policies = Demands(), False, {}

    class Revised(PlacedEvent):
        TOPIC = "environment.revised"
        promoted_from: str | None
        approvals: int
        require_reason: bool
        reason_pattern: str | None
        require_if_match: bool
        require_lock: bool
        order: int

        def apply(self, aggregate: Environment) -> None:
            aggregate.demands = Demands.of(vars(self))

    class Retired(PlacedEvent):
        TOPIC = "environment.retired"

        def apply(self, aggregate: Environment) -> None:
            aggregate.exists = False

    class Frozen(PlacedEvent):
        TOPIC = "environment.frozen"

        def apply(self, aggregate: Environment) -> None:
            aggregate.is_frozen = True

    class Thawed(PlacedEvent):
        TOPIC = "environment.thawed"

        def apply(self, aggregate: Environment) -> None:
            aggregate.is_frozen = False

    class GlassBroken(PlacedEvent):
        """An admin passed these gates all the same, in this commit; `reason` says why."""

        TOPIC = "environment.glass_broken"
        gates: list[str]

        def apply(self, aggregate: Environment) -> None:
            """Nothing: the next change meets the same gates."""

    class PolicySet(PlacedEvent):
        TOPIC = "policy.set"
        policy: str
        config_type: str
        json_schema: Document
        rules: list[dict[str, str]]

        def apply(self, aggregate: Environment) -> None:
            aggregate.policies = {**aggregate.policies, self.policy: Policy.of(vars(self))}

    class PolicyDeleted(PlacedEvent):
        TOPIC = "policy.deleted"
        policy: str

        def apply(self, aggregate: Environment) -> None:
            aggregate.policies = {name: one for name, one in aggregate.policies.items() if name != self.policy}

    name: str

    def start(self) -> None:
        self.exists = False
        self.is_frozen = False
        self.demands = Demands()
        self.policies: dict[str, Policy] = {}

    @property
    def place(self) -> dict[str, str]:
        """What its events say of where they stand."""
        return {"environment": self.name, "scope": EVERYWHERE}

    def require(self, *, version: int | None = None) -> None:
        """Raises NotFound for one that is not there, StaleVersion where it is at another version."""
        if not self.exists:
            raise NotFound("there is no such environment: GET /api/environments lists what there is")
        if version is not None and version != self.version:
            message = f"{self.name} is at version {self.version}, and If-Match names {version}: read it again"
            raise StaleVersion(message)

    def create(self, name: str, *, stamp: Stamp) -> None:
        """Raises InvalidRequest for a name that cannot stand in an address; one that exists records nothing."""
        if not NAME.fullmatch(name):
            message = "an environment's name is lower-case letters, digits, '-' and '_', and begins with a letter"
            raise InvalidRequest.at("/name", message, "environment_name")
        if not self.exists:
            self.record(Environment.Created, stamp=stamp, name=name)

    def revise(self, demands: Demands, *, stamp: Stamp) -> None:
        """Demand this from now on; the same again records nothing. Raises InvalidRequest with every fault."""
        if faults := demands.faults():
            raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
        if demands != self.demands:
            self.record(Environment.Revised, stamp=stamp, **self.place, **demands.to_data())

    def set_policy(self, policy: Policy, *, stamp: Stamp) -> None:
        """Hold changes to this policy from now on; an equal one records nothing. Raises InvalidRequest, Conflict."""
        policy.require_sound()
        if policy.name not in self.policies and len(self.policies) >= MOST_POLICIES:
            raise Conflict(f"{self.name} has {MOST_POLICIES} policies already: join some, or delete one")
        if policy != self.policies.get(policy.name):
            self.record(Environment.PolicySet, stamp=stamp, **self.place, **policy.facts())

    def delete_policy(self, policy: str, *, stamp: Stamp) -> None:
        """Raises NotFound."""
        if policy not in self.policies:
            raise NotFound(f"{self.name} has no policy {policy[:64]}: there are {', '.join(self.policies) or 'none'}")
        self.record(Environment.PolicyDeleted, stamp=stamp, **self.place, policy=policy)

    def freeze(self, *, stamp: Stamp) -> None:
        """Let no change through until it is thawed; a frozen one stays so, and records nothing."""
        if not self.is_frozen:
            self.record(Environment.Frozen, stamp=stamp, **self.place)

    def thaw(self, *, stamp: Stamp) -> None:
        if self.is_frozen:
            self.record(Environment.Thawed, stamp=stamp, **self.place)

    def break_glass(self, gates: list[str], *, stamp: Stamp) -> None:
        self.record(Environment.GlassBroken, stamp=stamp, **self.place, gates=gates)

    def retire(self, *, stamp: Stamp) -> None:
        self.record(Environment.Retired, stamp=stamp, **self.place)
