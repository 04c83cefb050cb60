"""keys create, list, revoke; a server that asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from tests.api.cli.conftest import Varve
from tests.e2e.served import served
from tests.infrastructure.test_tokens import AUDIENCE, ISSUER, KeyServer, claims, signed

EFFECTIVE = "/api/runtime-configs/effective/u-1"


def test_a_key_is_printed_alone_so_that_a_script_can_take_it(varve: Varve):
    done = varve("keys", "create", "answering service", "-e", "production")
    assert (done.code, done.out.startswith("varve_"), len(done.out.split())) == (0, True, 1)
    assert "a reader in production" in done.err


def test_keys_are_listed_and_revoked(varve: Varve):
    key = varve("keys", "create", "notebook", "--role", "editor", "-u", "u-1", "--json").json
    assert "user:u-1" in varve("keys", "list").out
    assert varve("keys", "revoke", key["id"]).out.startswith("revoked: notebook")
    assert "revoked" in varve("keys", "list").out
    assert varve("keys", "list", "--live", "--json").json["items"] == []


def test_a_role_that_is_none_is_refused_with_those_that_are(varve: Varve):
    done = varve("keys", "create", "x", "--role", "boss")
    assert (done.code, "'maintainer'" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("VARVE_AUTH_MODE", "oidc", "set oidc_issuer, oidc_audience, oidc_jwks too"),
        ("VARVE_OIDC_ALGORITHMS", "HS256", "tokens are signed with a private key"),
        ("VARVE_AUTH_MODE", "closed", "'keys+oidc'"),
    ],
)
def test_a_setting_that_lets_nobody_or_anybody_in_stops_the_start(
    varve: Varve, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, told: str
):
    monkeypatch.setenv(setting, value)
    done = varve("serve", "--port", "0")
    assert (done.code, told in done.err, done.err.count("\n")) == (2, True, 1)


def test_an_open_server_does_not_leave_its_machine(varve: Varve):
    done = varve("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 -- refused
    assert (done.code, "set VARVE_AUTH_MODE=keys" in done.err) == (2, True)


def test_a_server_takes_keys_and_tokens_and_a_revoked_key_no_more(
    varve: Varve, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    admin = varve("keys", "create", "first", "--role", "admin").out.strip()
    keys = KeyServer()
    issuer = {"VARVE_OIDC_ISSUER": ISSUER, "VARVE_OIDC_AUDIENCE": AUDIENCE, "VARVE_OIDC_JWKS": keys.address}
    with served(folder, {**os.environ, "VARVE_AUTH_MODE": "keys+oidc", **issuer}) as address:
        done = varve("list", "--server", address)
        assert (done.code, "VARVE_API_KEY" in done.err) == (1, True)
        monkeypatch.setenv("VARVE_API_KEY", admin)
        reader = varve("keys", "create", "service", "--server", address, "--json").json
        shown = {"Authorization": f"Bearer {reader['api_key']}"}
        assert httpx.get(address + EFFECTIVE, headers=shown).status_code == 200
        assert varve("keys", "revoke", reader["id"], "--server", address).code == 0
        assert httpx.get(address + EFFECTIVE, headers=shown).status_code == 401
        token = {"Authorization": f"Bearer {signed(claims(roles=['varve:reader']))}"}
        assert httpx.get(address + EFFECTIVE, headers=token).status_code == 200
        assert httpx.get(address + EFFECTIVE.replace("u-1", "u-2"), headers=token).status_code == 404
        assert httpx.get(address + "/api/runtime-configs/", headers=token).status_code == 403
    keys.close()
