"""Tokens of an issuer whose key set is served on loopback; and the attacks on them that are known."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from application.authenticate import Authenticate
from domain.access.principal import Principal
from domain.access.roles import Role
from domain.errors import IssuerUnavailable, Unauthenticated
from infrastructure import tokens
from infrastructure.tokens import Issuer, IssuerTokens

ISSUER, AUDIENCE = "https://id.example.org", "varve"
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1", "alg": "ES256"})
OURS = KeySet([RSA, EC])
THEIRS = RSAKey.generate_key(2048, {"kid": "rsa-1"})


class KeyServer:
    """Serves a key set, and counts how often it was asked for."""

    def __init__(self) -> None:
        self.keys: Any = OURS.as_dict(private=False)
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = json.dumps(outer.keys).encode()
                self.send_response(200 if outer.keys else 500)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/keys"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def checker(key_server: KeyServer) -> IssuerTokens:
    return IssuerTokens(Issuer(ISSUER, AUDIENCE, key_server.address))


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u-1",
        "iat": now,
        "exp": now + 600,
        "roles": ["varve:viewer"],
        **more,
    }


def signed(said: dict[str, Any] | None = None, *, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    marks = {"alg": alg, "kid": key.kid, **header}
    marks = {name: value for name, value in marks.items() if value is not None}
    return jwt.encode(marks, claims() if said is None else said, key, algorithms=[alg])


def by_hand(header: dict[str, Any], said: Any, signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in (header, said))
    return ".".join((*parts, signature))


def principal(checker: IssuerTokens, token: str) -> Principal:
    return asyncio.run(checker.principal(token))


def refused(checker: IssuerTokens, token: str) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        principal(checker, token)
    return refusal.value.detail


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256")])
def test_a_token_of_the_issuer_names_a_user_and_roles(checker: IssuerTokens, key: Any, alg: str) -> None:
    roles = ["varve:viewer", "varve:staging:admin", "other:admin", "varve:staging:reader", "varve:production:owner"]
    found = principal(checker, signed(claims(roles=roles), key=key, alg=alg))
    assert (found.name, found.user_id, found.is_bound) == ("u-1", "u-1", False)
    assert dict(found.roles) == {"*": Role.VIEWER, "staging": Role.ADMIN}


def test_who_only_reads_and_edits_is_bound_to_what_is_their_own(checker: IssuerTokens) -> None:
    said = claims(roles="varve:production:editor varve:reader", varve_collections=["c-1"])
    found = principal(checker, signed(said))
    assert found.is_bound
    assert found.collection_ids == {"c-1"}


def test_roles_may_lie_deeper_in_the_token(key_server: KeyServer) -> None:
    checker = IssuerTokens(Issuer(ISSUER, AUDIENCE, key_server.address, roles_claim="realm_access.roles"))
    found = principal(checker, signed(claims(roles=None, realm_access={"roles": ["varve:admin"]})))
    assert dict(found.roles) == {"*": Role.ADMIN}


def test_the_key_set_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(OURS.as_dict(private=False)))
    assert principal(IssuerTokens(Issuer(ISSUER, AUDIENCE, str(file))), signed()).name == "u-1"


PUBLIC_PEM = RSA.as_pem(private=False)


def changed_body() -> str:
    header, _, signature = signed().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(roles=["varve:admin"])).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


def shared(secret: bytes) -> str:
    """Signed with HS256, as no library would do with such a secret."""
    unsigned = by_hand({"alg": "HS256", "kid": "rsa-1"}, claims()).rpartition(".")[0]
    mark = hmac.digest(secret, unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


ATTACKS = {
    "none": lambda: by_hand({"alg": "none"}, claims()),
    "none, in capitals": lambda: by_hand({"alg": "NONE", "kid": "rsa-1"}, claims()),
    "none, with our signature": lambda: by_hand({"alg": "none", "kid": "rsa-1"}, claims(), signed().rpartition(".")[2]),
    "the public key as a shared secret": lambda: shared(PUBLIC_PEM),
    "a shared secret of no bytes": lambda: shared(b""),
    "an algorithm that is not on the list": lambda: signed(alg="RS512"),
    "an algorithm of another kind of key": lambda: signed(key=EC, alg="ES256", kid="rsa-1"),
    "a key of somebody else": lambda: signed(key=THEIRS),
    "an unknown key": lambda: signed(key=THEIRS, kid="rsa-9"),
    "no key named": lambda: signed(key=THEIRS, kid=None),
    "a key id that is a path": lambda: signed(key=THEIRS, kid="../../dev/null"),
    "keys to be fetched elsewhere": lambda: signed(key=THEIRS, jku="https://evil.example/keys"),
    "a certificate to be fetched elsewhere": lambda: signed(key=THEIRS, x5u="https://evil.example/cert"),
    "a key in the token": lambda: signed(key=THEIRS, jwk=THEIRS.as_dict(private=False)),
    "a demand that is not understood": lambda: by_hand(
        {"alg": "RS256", "kid": "rsa-1", "crit": ["b64"]}, claims(), "x"
    ),
    "another audience": lambda: signed(claims(aud="billing")),
    "no audience": lambda: signed(claims(aud=None)),
    "another issuer": lambda: signed(claims(iss="https://evil.example")),
    "an issuer that only begins the same": lambda: signed(claims(iss=ISSUER + ".evil.example")),
    "no issuer": lambda: signed(claims(iss=None)),
    "expired": lambda: signed(claims(exp=int(time.time()) - 61)),
    "no expiry": lambda: signed(claims(exp=None)),
    "an expiry that is no number": lambda: signed(claims(exp="never")),
    "an expiry without end": lambda: by_hand({"alg": "RS256", "kid": "rsa-1"}, claims(exp=float("inf")), "x"),
    "issued in the future": lambda: signed(claims(iat=int(time.time()) + 120)),
    "not good yet": lambda: signed(claims(nbf=int(time.time()) + 120)),
    "a changed body": changed_body,
    "a cut signature": lambda: signed()[:-10],
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "nothing": lambda: "",
    "two parts": lambda: "a.b",
    "five parts": lambda: "a.b.c.d.e",
    "no text": lambda: "\x00\xff.\xff.\xff",
    "a body that is a list": lambda: by_hand({"alg": "RS256", "kid": "rsa-1"}, []),
    "a deep body": lambda: "e30." + base64.urlsafe_b64encode(b"[" * 8_000).decode() + ".x",
    "a long token": lambda: "x" * 20_000,
    "no user": lambda: signed(claims(sub=None)),
    "a user that is no text": lambda: signed(claims(sub=7)),
    "a user that cannot be named": lambda: signed(claims(sub="a\nb")),
    "the name of a key": lambda: signed(claims(sub="key:1f0c8a44b7be5a7f9f6d0d6f0f3a9b1c")),
    "the name of the service": lambda: signed(claims(sub="varve")),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(checker: IssuerTokens, attack: str) -> None:
    principal(checker, signed())  # what is good is taken, before and after
    assert refused(checker, ATTACKS[attack]()).startswith("this token is not accepted: ")
    assert principal(checker, signed()).name == "u-1"


def test_a_new_key_of_the_issuer_is_found_but_not_asked_for_by_every_forgery(
    checker: IssuerTokens, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal(checker, signed())
    fresh = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    key_server.keys = KeySet([RSA, fresh]).as_dict(private=False)
    for _ in range(20):
        refused(checker, signed(key=fresh))
    assert key_server.asked == 1
    monkeypatch.setattr(checker, "_asked_at", 0.0)
    assert principal(checker, signed(key=fresh)).name == "u-1"
    assert key_server.asked == 2


def test_a_withdrawn_key_no_longer_counts_once_the_keys_are_read_again(
    checker: IssuerTokens, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(key=EC, alg="ES256")
    principal(checker, token)
    key_server.keys = KeySet([RSA]).as_dict(private=False)
    monkeypatch.setattr(checker, "_fresh_until", 0.0)
    monkeypatch.setattr(checker, "_asked_at", 0.0)
    principal(checker, signed())
    refused(checker, token)


def test_an_issuer_that_is_away_is_not_needed_while_its_keys_are_known(
    checker: IssuerTokens, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal(checker, signed())
    key_server.keys = None
    monkeypatch.setattr(checker, "_fresh_until", 0.0)
    monkeypatch.setattr(checker, "_asked_at", 0.0)
    assert principal(checker, signed(claims(sub="u-2"))).name == "u-2"


def test_an_issuer_that_was_never_reached_is_a_fault_of_the_service_not_of_the_token(key_server: KeyServer) -> None:
    key_server.keys = None
    with pytest.raises(IssuerUnavailable):
        principal(IssuerTokens(Issuer(ISSUER, AUDIENCE, key_server.address)), signed())


def test_a_token_is_checked_again_after_a_while_and_ends_when_it_says(
    checker: IssuerTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(claims(exp=int(time.time()) + 2))
    principal(checker, token)
    monkeypatch.setattr(tokens.time, "time", lambda now=time.time: now() + 100)
    refused(checker, token)


@pytest.mark.parametrize(("ends", "is_known"), [(600, True), (-30, True), (-90, False)])  # a minute is given
def test_who_came_with_a_token_is_known_for_as_long_as_it_is_good(
    checker: IssuerTokens, ends: int, *, is_known: bool
) -> None:
    now = time.time()
    principal = asyncio.run(checker.principal(signed(claims(exp=int(now) + 600))))
    catalogs: Any = None
    doors = Authenticate(catalogs, lambda: int((now + 600 - ends) * 1_000_000), tokens=checker)
    assert doors.is_known_still(principal) == is_known


def test_what_is_kept_of_tokens_has_a_bound(checker: IssuerTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_CHECKED", 10)
    for number in range(25):
        principal(checker, signed(claims(sub=f"u-{number}"), key=EC, alg="ES256"))
    assert len(checker._checked) <= 10
