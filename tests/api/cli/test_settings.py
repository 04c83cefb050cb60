"""Every setting, and where its value comes from."""

from __future__ import annotations

import pytest


def test_a_value_names_its_source(varve, folder, monkeypatch):
    (folder / "varve.toml").write_text('port = 9000\nlog_level = "debug"\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("VARVE_SETTINGS", "varve.toml")
    monkeypatch.setenv("VARVE_PORT", "9001")
    found = varve("settings", "--store", "sqlite:///a.db", "--json").json
    assert found["store_url"] == {"value": "sqlite:///a.db", "source": "option"}
    assert found["port"] == {"value": 9001, "source": "environment variable VARVE_PORT"}
    assert found["log_level"] == {"value": "debug", "source": "file varve.toml"}
    assert found["default_environment"] == {"value": "production", "source": "default"}
    assert "file varve.toml" in varve("settings").out


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h/d",
        "postgresql://u:hunter2@with:at@h/d",
        "postgresql://u@h/d?password=hunter2",
        "postgresql://u@h/d?sslmode=require&sslpassword=hunter2&a=b",
    ],
)
def test_a_password_is_never_shown(varve, monkeypatch, url):
    monkeypatch.setenv("VARVE_STORE_URL", url)
    shown = varve("settings", "--json")
    assert "***" in shown.json["store_url"]["value"]
    assert "hunter2" not in shown.out + varve("settings").out


def test_an_address_without_a_password_is_shown_whole(varve, monkeypatch):
    monkeypatch.setenv("VARVE_STORE_URL", "postgresql://u@h:5432/d?sslmode=require")
    assert varve("settings", "--json").json["store_url"]["value"] == "postgresql://u@h:5432/d?sslmode=require"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("VARVE_PORT", "many", "port (environment variable VARVE_PORT)"),
        ("VARVE_PORT", "70000", "port (environment variable VARVE_PORT)"),
        ("VARVE_LOG_LEVEL", "loud", "log_level"),
        ("VARVE_STORE_URL", "mysql://u:hunter2@h/d", "is not a store"),
        ("VARVE_SETTINGS", "nowhere.toml", "there is no such file"),
        ("VARVE_WEBHOOK_RETRY_SECONDS", ",", "1 to 50 waits"),
        ("VARVE_WEBHOOK_RETRY_SECONDS", "5,soon", "webhook_retry_seconds"),
        ("VARVE_WEBHOOK_RETRY_SECONDS", "5,-1", "more than 0 seconds"),
        ("VARVE_WEBHOOK_CA_FILE", "nowhere.pem", "name a file with certificates"),
    ],
)
def test_a_wrong_setting_is_one_line(varve, monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)
    done = varve("get")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert told in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize(("text", "told"), [("prot = 1", "prot is not a setting"), ("port =", "line 1")])
def test_a_wrong_settings_file_is_one_line(varve, folder, monkeypatch, text, told):
    (folder / "varve.toml").write_text(text)
    monkeypatch.setenv("VARVE_SETTINGS", "varve.toml")
    done = varve("settings")
    assert (done.code, told in done.err, done.err.count("\n")) == (2, True, 1)


def test_the_actor_of_the_settings_acts(varve, monkeypatch):
    monkeypatch.setenv("VARVE_ACTOR", "ann")
    assert varve("set", "global", "chunking", "max_chunk_size=800", "--json").json["created_by"] == "ann"
    changed = varve("set", "global", "chunking", "max_chunk_size=900", "--actor", "bob", "--json")
    assert changed.json["updated_by"] == "bob"


def test_events_are_sent_to_public_addresses_alone_where_tokens_are_taken(varve, monkeypatch):
    for name, value in (("ISSUER", "https://issuer.example"), ("AUDIENCE", "varve"), ("JWKS", "keys.json")):
        monkeypatch.setenv(f"VARVE_OIDC_{name}", value)
    monkeypatch.setenv("VARVE_WEBHOOK_ALLOW_PRIVATE", "true")
    assert varve("settings").code == 0
    monkeypatch.setenv("VARVE_AUTH_MODE", "keys+oidc")
    done = varve("serve")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "unset webhook_allow_private" in done.err
