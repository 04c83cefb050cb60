"""Keys that programs and people show; of the secret only a digest is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from types import MappingProxyType
from uuid import UUID

from domain.access.principal import Principal
from domain.access.roles import EVERY_ENVIRONMENT, Role
from domain.aggregate import Aggregate, DomainEvent, stream_id
from domain.configs.scope import Scope
from domain.errors import Conflict, InvalidRequest
from domain.installation.environment import NAME
from domain.stamp import Stamp

KEY = re.compile(r"varve_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
LONGEST_LABEL = 255


def key_stream(key_id: str) -> UUID:
    return stream_id("api_key", key_id)


def digest_of(secret: str) -> str:
    """SHA-256 in hex: of 256 random bits, so that no salt and no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def written(key_id: str, secret: str) -> str:
    """The key as it is shown once, and sent with every request."""
    return f"varve_{key_id}_{secret}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key may do; `environments` may be ["*"], for all. At most one of user and collection is named."""

    role: Role
    environments: tuple[str, ...]
    user_id: str | None = None
    collection_id: str | None = None

    @classmethod
    def checked(
        cls, role: Role, environments: list[str], *, user_id: str | None = None, collection_id: str | None = None
    ) -> Grant:
        """Raises InvalidRequest for what cannot be granted."""
        every = environments == [EVERY_ENVIRONMENT]
        if not environments or not (every or all(NAME.fullmatch(name) for name in environments)):
            message = 'environments names at least one environment, or is ["*"] for every one'
            raise InvalidRequest.at("/environments", message, "environments")
        if user_id is not None and collection_id is not None:
            message = "a key is bound to a user or to a collection: name one of them"
            raise InvalidRequest.at("/collection_id", message, "one_binding")
        if user_id is not None:
            Scope.checked("user", user_id, at="/user_id")
        if collection_id is not None:
            Scope.checked("collection", collection_id, at="/collection_id")
        return cls(role, tuple(dict.fromkeys(environments)), user_id, collection_id)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as it is looked up. Times are microseconds since the epoch."""

    key_id: str
    label: str
    grant: Grant
    secret_sha256: str
    expires_us: int | None
    issued_us: int
    issued_by: str
    revoked_us: int | None = None

    def opens(self, secret: str, *, now_us: int) -> bool:
        """Whether this secret is the key's, and the key still good."""
        same = compare_digest(digest_of(secret), self.secret_sha256)
        return same and self.is_live(now_us=now_us)

    def is_live(self, *, now_us: int) -> bool:
        return self.revoked_us is None and (self.expires_us is None or now_us < self.expires_us)

    def principal(self) -> Principal:
        grant = self.grant
        return Principal(
            f"key:{self.key_id}",
            MappingProxyType(dict.fromkeys(grant.environments, grant.role)),
            grant.user_id,
            frozenset() if grant.collection_id is None else frozenset({grant.collection_id}),
            is_bound=grant.user_id is not None or grant.collection_id is not None,
            key_id=self.key_id,
        )


class ApiKey(Aggregate):
    """One key, from its issue to its revocation."""

    TOPIC = "api_key"

    class Issued(DomainEvent):
        TOPIC = "api_key.issued"
        key_id: str
        label: str
        secret_sha256: str
        role: str
        environments: list[str]
        user_id: str | None = None
        collection_id: str | None = None
        expires_us: int | None = None

        def apply(self, aggregate: ApiKey) -> None:
            aggregate.exists = True

    class Revoked(DomainEvent):
        TOPIC = "api_key.revoked"
        key_id: str

        def apply(self, aggregate: ApiKey) -> None:
            aggregate.is_revoked = True

    def start(self) -> None:
        self.exists = self.is_revoked = False

    def issue(
        self, key_id: str, grant: Grant, *, label: str, secret: str, expires_us: int | None, stamp: Stamp
    ) -> None:
        """Raises InvalidRequest for a label that cannot be shown."""
        if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
            message = f"a key's label is 1 to {LONGEST_LABEL} printable characters: say who uses it"
            raise InvalidRequest.at("/label", message, "label")
        if self.exists:
            raise Conflict("this key has been issued: take a new Idempotency-Key for another")
        self.record(
            ApiKey.Issued,
            stamp=stamp,
            key_id=key_id,
            label=label,
            secret_sha256=digest_of(secret),
            role=grant.role.value,
            environments=list(grant.environments),
            user_id=grant.user_id,
            collection_id=grant.collection_id,
            expires_us=expires_us,
        )

    def revoke(self, key_id: str, *, stamp: Stamp) -> None:
        """One that is revoked already records nothing."""
        if not self.is_revoked:
            self.record(ApiKey.Revoked, stamp=stamp, key_id=key_id)
