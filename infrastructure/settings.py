"""What an operator may set: environment variables that begin with VARVE_, or a TOML file that VARVE_SETTINGS names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from domain.errors import Fault, InvalidRequest
from infrastructure.files import read_file

PREFIX = "VARVE_"
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
FILE_VARIABLE = "VARVE_SETTINGS"
DEFAULT_STORE = "sqlite:///varve.db"
STORES = ("sqlite:///", "postgresql://", "postgres://", "memory:")
RETRY_SECONDS = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
ADDRESSES = ("store_url", "server", "checkpoint_webhook")  # may hold a password


class Settings(BaseSettings):
    """Every setting; an option of the command line wins over a variable, a variable over the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    store_url: str = Field(
        DEFAULT_STORE, description="where the log is: sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    )
    server: str | None = Field(None, description="the address of a server, for commands that go to one")
    host: str = Field("127.0.0.1", description="the address that the server listens on")
    port: int = Field(8000, ge=0, le=65535, description="the port that the server listens on; 0 takes a free one")
    threads: int = Field(16, ge=1, le=256, description="how many commands and missed reads run at once")
    rate_limit: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="reads a second and principal, a command counting for ten; 0, and in the mode open: no limit",
    )
    rate_burst: int | None = Field(
        None, ge=10, le=10_000_000, description="how many may come at once; twice rate_limit if it is not set"
    )
    stream_clients: int = Field(
        10_000, ge=0, le=1_000_000, description="how many streams of changes may be open at once, in each process"
    )
    actor: str | None = Field(None, description="who acts, on the command line")
    api_key: SecretStr | None = Field(None, description="the API key that the command line shows to a server")
    default_environment: str = Field("production", description="the environment of a request that names none")
    environment_variables: bool = Field(True, description="read the process layer when the server starts")
    auth_mode: Literal["open", "keys", "oidc", "keys+oidc"] = Field(
        "open", description="how callers are known: not at all (on loopback only), by API keys, by tokens, or by both"
    )
    oidc_issuer: str | None = Field(None, description="the issuer (`iss`) whose tokens are taken")
    oidc_audience: str | None = Field(None, description="the audience (`aud`) that a token must name")
    oidc_jwks: str | None = Field(None, description="the issuer's key set: its address, or a file")
    oidc_algorithms: Annotated[tuple[str, ...], NoDecode] = Field(
        ("RS256", "ES256"), description="the algorithms that tokens may be signed with, with commas between"
    )
    oidc_client_id: str | None = Field(
        None, description="what the console is called at the issuer: then people sign in to it there"
    )
    oidc_client_secret_file: Path | None = Field(
        None, description="the file with the console's secret at the issuer; a public client has none"
    )
    oidc_scope: str = Field(
        "openid", description="the scopes that the console asks the issuer for, with blanks between"
    )
    oidc_user_claim: str = Field("sub", description="the claim that names the user")
    oidc_roles_claim: str = Field(
        "roles", description="the claim with varve:ROLE or varve:ENVIRONMENT:ROLE; dots lead deeper"
    )
    oidc_collections_claim: str = Field(
        "varve_collections", description="the claim with the ids of collections that are the user's own"
    )
    checkpoint_key: Path | None = Field(
        None, description="the private key (PEM) that the log's checkpoints are signed with"
    )
    checkpoint_file: Path | None = Field(None, description="the file that the newest checkpoint is written to")
    checkpoint_webhook: HttpUrl | None = Field(None, description="the address that each checkpoint is sent to")
    checkpoint_events: int = Field(1000, ge=1, description="a checkpoint is cut after so many events")
    checkpoint_seconds: float = Field(60.0, gt=0, le=86_400, description="or after so many seconds, if there are any")
    secret_keys: Path | None = Field(
        None, description="the file of master keys for secrets, which nobody else may read: a line is NAME BASE64"
    )
    tokenizers: Path | None = Field(
        None, description="the folder of installed tokenizers: a file is FOLDER/NAME/tokenizer.json"
    )
    index_urls: Annotated[dict[str, SecretStr], NoDecode] = Field(
        {}, description="where shadow tables are made, by environment: a JSON object of postgresql:// addresses"
    )
    model_urls: Annotated[dict[str, tuple[SecretStr, ...]], NoDecode] = Field(
        {},
        description="what answers a GET as long as models do, by environment: a JSON object of lists of addresses",
    )
    telemetry_days: int = Field(
        30, ge=1, le=3650, description="how long reports of failures and of use, and finished deliveries, are kept"
    )
    quarantine_failures: int = Field(
        20, ge=1, le=10_000, description="so many failures of one version of a config raise an alert"
    )
    quarantine_seconds: int = Field(300, ge=1, le=86_400, description="if they come in within so many seconds")
    auto_quarantine: bool = Field(False, description="take such a config out of force, if it is still at that version")
    webhook_allow_private: bool = Field(
        False,
        description="send events to addresses that are not public too: for development, never where tokens are taken",
    )
    webhook_ca_file: Path | None = Field(
        None,
        description="certificates (PEM) of further authorities that receivers of events and checkpoints are known by",
    )
    webhook_retry_seconds: Annotated[tuple[float, ...], NoDecode] = Field(
        RETRY_SECONDS, description="the seconds before each further attempt at a delivery, with commas between"
    )
    webhook_disable_days: float = Field(
        5.0, gt=0, le=365, description="a webhook to which nothing could be delivered for so long is switched off"
    )
    read_only: bool = Field(False, description="refuse every command; reads, dry runs and reports of use go on")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much the server says")

    @field_validator("store_url")
    @classmethod
    def _names_a_store(cls, url: str) -> str:
        if not url.startswith(STORES):
            raise ValueError(
                f"{without_password(url)} is not a store: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
            )
        return url

    @field_validator("index_urls", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        try:
            found = orjson.loads(given) if isinstance(given, str) else given
        except orjson.JSONDecodeError:
            found = None
        postgres = ("postgresql://", "postgres://")
        if not isinstance(found, dict) or not all(str(url).startswith(postgres) for url in found.values()):
            raise ValueError('write {"ENVIRONMENT": "postgresql://USER@HOST/DATABASE"}')  # without the passwords
        return found

    @field_validator("model_urls", mode="before")
    @classmethod
    def _asked(cls, given: Any) -> Any:
        try:
            found = orjson.loads(given) if isinstance(given, str) else given
        except orjson.JSONDecodeError:
            found = None
        web, lists = ("https://", "http://"), list(found.values()) if isinstance(found, dict) else [None]
        if not all(isinstance(urls, list) and all(str(url).startswith(web) for url in urls) for urls in lists):
            raise ValueError('write {"ENVIRONMENT": ["https://HOST/PATH"]}')  # without what may be passwords
        return found

    @model_validator(mode="after")
    def _signs_what_it_publishes(self) -> Settings:
        if self.checkpoint_key is None and (self.checkpoint_file or self.checkpoint_webhook):
            raise ValueError("checkpoints are published only if they are signed: set checkpoint_key too")
        return self

    @field_validator("oidc_algorithms", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("oidc_algorithms")
    @classmethod
    def _asymmetric(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        unfit = [name for name in algorithms if name not in ASYMMETRIC]
        if unfit or not algorithms:
            raise ValueError(f"tokens are signed with a private key: choose among {', '.join(ASYMMETRIC)}")
        return algorithms

    @model_validator(mode="after")
    def _knows_its_issuer(self) -> Settings:
        lacking = [name for name in ("oidc_issuer", "oidc_audience", "oidc_jwks") if getattr(self, name) is None]
        if "oidc" in self.auth_mode and lacking:
            raise ValueError(f"tokens are checked against a pinned issuer: set {', '.join(lacking)} too")
        return self

    @field_validator("oidc_scope")
    @classmethod
    def _asks_who_it_is(cls, scope: str) -> str:
        if "openid" not in scope.split():
            raise ValueError("it must hold openid: the issuer would not say who signs in")
        return scope

    @field_validator("webhook_retry_seconds", mode="before")
    @classmethod
    def _seconds(cls, given: Any) -> Any:
        return tuple(part for part in given.replace(" ", "").split(",") if part) if isinstance(given, str) else given

    @field_validator("webhook_retry_seconds")
    @classmethod
    def _of_some_attempts(cls, waits: tuple[float, ...]) -> tuple[float, ...]:
        if not 1 <= len(waits) <= 50 or not all(0 < one <= 7 * 86_400 for one in waits):
            raise ValueError("name 1 to 50 waits, each of more than 0 seconds and a week at most")
        return waits

    @model_validator(mode="after")
    def _sends_to_the_public_alone(self) -> Settings:
        if self.webhook_allow_private and "oidc" in self.auth_mode:
            raise ValueError("events go to public addresses alone where tokens are taken: unset webhook_allow_private")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, _file())


def read_settings(**options: Any) -> Settings:
    """The settings in force.

    An option that is None was not given. Raises InvalidRequest or InvalidFile, of one line.
    """
    try:
        return Settings(**_given(options))
    except ValidationError as error:
        faults = [_fault(one, options) for one in error.errors()]
        raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults) from None


def sources(**options: Any) -> dict[str, str]:
    """Where the value of each setting comes from."""
    given, file = _given(options), _file()
    return {name: _source(name, given, file) for name in Settings.model_fields}


def shown(settings: Settings) -> dict[str, Any]:
    """The values as they may be shown: without passwords."""
    values = settings.model_dump(mode="json")
    masked = {name: without_password(values[name]) for name in ADDRESSES if values[name]}
    return {**values, **masked}


def without_password(url: str) -> str:
    """The address as it may be shown; a password may stand before the host, or among the parameters."""
    head, at, rest = url.rpartition("@")
    user, colon, _ = head.removeprefix(head.partition("://")[0] + "://").partition(":")
    shown_head = f"{head.partition('://')[0]}://{user}:***" if at and colon else head
    return re.sub(r"(?i)([?&][^=&]*password=)[^&]*", r"\1***", f"{shown_head}{at}{rest}")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _file() -> dict[str, Any]:
    path = os.environ.get(FILE_VARIABLE)
    return read_file(Path(path)) if path else {}


def _source(name: str, given: dict[str, Any], file: dict[str, Any]) -> str:
    if name in given:
        return "option"
    if _variable(name):
        return f"environment variable {PREFIX}{name.upper()}"
    return f"file {os.environ[FILE_VARIABLE]}" if name in file else "default"


def _variable(name: str) -> str | None:
    """The value of the environment variable of a setting, in upper or lower case; an empty one is none."""
    folded = {key.upper(): value for key, value in os.environ.items()}
    return folded.get(PREFIX + name.upper()) or None


def _fault(error: Any, options: dict[str, Any]) -> Fault:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:  # about several of them
        return Fault("", message, str(error["type"]))
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return Fault(f"/{name}", f"{name} is not a setting: there are {known}", "unknown_setting")
    source = _source(name, _given(options), _file())
    told = f"the setting {name} ({source})" if name in Settings.model_fields else name
    return Fault(f"/{name}", f"{told}: {message[:1].lower()}{message[1:]}", str(error["type"]))
