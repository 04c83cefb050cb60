"""Every refusal, as one tree. A leaf has a stable `code`; the status it is served with stands in api/errors.py.

Refusal
├── Invalid                  the input is at fault, each fault named by JSON pointer
│   ├── InvalidRequest       invalid_request    a parameter, header or body that does not fit the operation
│   ├── InvalidConfig        invalid_config     a document that its type does not allow
│   ├── InvalidType          invalid_type       a definition of a config type that cannot be used
│   └── InvalidFile          invalid_file       a file that cannot be read, with line and column
├── Unauthenticated          unauthenticated    nobody is known by what the caller shows
├── Forbidden                forbidden          the caller is known, and may not
├── ReadOnly                 read_only          nobody may: changes are switched off here
├── NotFound                 not_found          nothing there, or nothing that the caller may see
├── Conflicting              the input fits, but not what is there
│   ├── NameTaken            name_taken
│   ├── SlotTaken            slot_taken         a collection has at most one config of a type
│   ├── KeysMissing          keys_missing       a secret, and no key for it here
│   ├── SecretUnreadable     secret_unreadable  an envelope that does not open where it stands
│   └── Conflict             conflict           anything else that stands in the way
├── Gated                    an environment does not let the change through
│   ├── Frozen               frozen             it is frozen: nothing changes there
│   ├── Locked               locked             what is in force in the slot is locked
│   ├── LockRequired         lock_required      only promoting a lock changes what is in force
│   ├── IndexNotReady        index_not_ready    no index is ready for what would be in force
│   ├── ApprovalMissing      approval_missing   others must have approved the change
│   ├── PolicyRefused        policy_refused     a policy does not allow what would be in force
│   └── IfMatchRequired      if_match_required  the change must say which version it is about
├── StaleVersion             stale_version      If-Match named another version
├── IdempotencyKeyReused     idempotency_key_reused
├── TooLarge                 too_large
├── TimedOut                 timeout            the body did not arrive in time
├── RateLimited              rate_limited       the caller asks too often
├── Behind                   behind             the views have not reached the position asked for
└── Unavailable
    ├── Overloaded           overloaded
    ├── StoreUnavailable     store_unavailable
    └── IssuerUnavailable    issuer_unavailable   tokens cannot be checked now
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (JSON pointer, "" for the whole), what, and by which rule.

    `sides` are the values of those who want different things: base, theirs, ours.
    """

    pointer: str
    message: str
    rule: str
    sides: Mapping[str, Any] | None = None

    def under(self, prefix: str) -> Fault:
        """The same fault, seen from a document that holds this one at `prefix`."""
        return replace(self, pointer=prefix + self.pointer)


class Refusal(Exception):
    """A request that is not carried out. `detail` is a sentence that says what to do."""

    code = "refused"
    title = "Refused"

    def __init__(self, detail: str, *, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class Invalid(Refusal):
    """The input is at fault."""


class InvalidRequest(Invalid):
    code = "invalid_request"
    title = "Invalid request"

    @classmethod
    def at(cls, pointer: str, message: str, rule: str) -> InvalidRequest:
        """The common case: one fault, which is the detail too."""
        return cls(message, faults=[Fault(pointer, message, rule)])


class InvalidConfig(Invalid):
    code = "invalid_config"
    title = "Invalid configuration"

    @classmethod
    def of(cls, config_type: str, faults: Iterable[Fault]) -> InvalidConfig:
        """A document of `config_type` with all of its faults."""
        found = tuple(faults)
        return cls(f"{config_type} is not valid: " + "; ".join(f.message for f in found), faults=found)


class InvalidType(Invalid):
    code = "invalid_type"
    title = "Invalid config type"


class InvalidFile(Invalid):
    code = "invalid_file"
    title = "Invalid file"


class Unauthenticated(Refusal):
    code = "unauthenticated"
    title = "Not authenticated"


class Forbidden(Refusal):
    code = "forbidden"
    title = "Forbidden"


class ReadOnly(Refusal):
    code = "read_only"
    title = "Read only"


class NotFound(Refusal):
    code = "not_found"
    title = "Not found"


class Conflicting(Refusal):
    """The input fits, but not what is there."""


class NameTaken(Conflicting):
    code = "name_taken"
    title = "Name taken"


class SlotTaken(Conflicting):
    code = "slot_taken"
    title = "Slot taken"


class KeysMissing(Conflicting):
    code = "keys_missing"
    title = "Keys missing"


class SecretUnreadable(Conflicting):
    code = "secret_unreadable"
    title = "Secret unreadable"


class Conflict(Conflicting):
    code = "conflict"
    title = "Conflict"


class Gated(Refusal):
    """An environment does not let the change through."""


class Frozen(Gated):
    code = "frozen"
    title = "Frozen"


class Locked(Gated):
    code = "locked"
    title = "Locked"


class LockRequired(Gated):
    code = "lock_required"
    title = "Lock required"


class IndexNotReady(Gated):
    code = "index_not_ready"
    title = "Index not ready"


class ApprovalMissing(Gated):
    code = "approval_missing"
    title = "Approval missing"


class PolicyRefused(Gated):
    code = "policy_refused"
    title = "Refused by policy"


class IfMatchRequired(Gated):
    code = "if_match_required"
    title = "If-Match required"


class StaleVersion(Refusal):
    code = "stale_version"
    title = "Stale version"


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"
    title = "Idempotency key reused"


class TooLarge(Refusal):
    code = "too_large"
    title = "Too large"


class TimedOut(Refusal):
    code = "timeout"
    title = "Timeout"


class RateLimited(Refusal):
    code = "rate_limited"
    title = "Rate limited"


class Behind(Refusal):
    code = "behind"
    title = "Views behind"


class Unavailable(Refusal):
    """Nothing wrong with the request: the service cannot carry it out now."""


class Overloaded(Unavailable):
    code = "overloaded"
    title = "Overloaded"


class StoreUnavailable(Unavailable):
    code = "store_unavailable"
    title = "Store unavailable"


class IssuerUnavailable(Unavailable):
    code = "issuer_unavailable"
    title = "Issuer unavailable"
