"""Requests that must be refused: what each is, how it is sent, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

CONFIGS = "/api/runtime-configs/"
EFFECTIVE = f"{CONFIGS}effective"
NOBODY = "00000000-0000-0000-0000-000000000000"
JSON = {"Content-Type": "application/json"}
CREATE: dict[str, Any] = {"config_type": "chunking", "name": "fine", "config_data": {}}
LONG = "x" * 256
CEL = {"name": "r", "expression": "true", "message": "m", "fields": ["/a"]}


class Row(NamedTuple):
    what: str
    method: str
    path: str
    status: int
    code: str
    pointer: str | None  # of the first fault that is named; None where the answer names none
    content: bytes | Iterable[bytes] | None = None
    headers: Mapping[str, str] = MappingProxyType({})


def body(content: Any) -> bytes:
    return json.dumps(content).encode()


def raw(what: str, text: str | bytes, pointer: str = "") -> Row:
    """A body that is not JSON as we take it; `text` stands for the config's data, or for all where it is bytes."""
    content = (
        text
        if isinstance(text, bytes)
        else b'{"config_type":"chunking","name":"fine","config_data":%b}' % text.encode()
    )
    return Row(what, "POST", CONFIGS, 400, "invalid_request", pointer, content, JSON)


def create(what: str, pointer: str | None, *, status: int = 400, code: str = "invalid_request", **fields: Any) -> Row:
    return Row(what, "POST", CONFIGS, status, code, pointer, body({**CREATE, **fields}), JSON)


def document(what: str, config_type: str, pointer: str, data: Any, **fields: Any) -> Row:
    return create(
        what, f"/config_data{pointer}", code="invalid_config", config_type=config_type, config_data=data, **fields
    )


def get(what: str, path: str, pointer: str | None, *, status: int = 400, code: str = "invalid_request") -> Row:
    return Row(what, "GET", path, status, code, pointer)


def put(
    what: str, path: str, content: Any, pointer: str | None, *, status: int = 400, code: str = "invalid_request"
) -> Row:
    return Row(what, "PUT", path, status, code, pointer, body(content), JSON)


def header(what: str, name: str, value: str, pointer: str) -> Row:
    return Row(what, "POST", CONFIGS, 400, "invalid_request", pointer, body(CREATE), {**JSON, name: value})


def defined(
    what: str, pointer: str | None, *, name: str = "mine", status: int = 400, code: str = "invalid_type", **fields: Any
) -> Row:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": ""}}}
    return put(what, f"/api/config-types/{name}", {"schema": schema, **fields}, pointer, status=status, code=code)


def schema(what: str, pointer: str, of_field: Any) -> Row:
    return defined(what, f"/schema/properties/a{pointer}", schema={"type": "object", "properties": {"a": of_field}})


UNANNOUNCED = [b" " * 65_536] * 17  # a body of which nobody says beforehand how long it is

BODIES = [
    raw("not JSON", "{"),
    raw("a comma too many", '{"a": 1,}'),
    raw("two values", "{} {}"),
    raw("single quotes", "{'a': 1}"),
    raw("a key twice", '{"a": 1, "a": 2}', "/config_data/a"),
    raw("a key twice, deep", '{"a": [{"b": 1, "b": 1}]}', "/config_data/a/0/b"),
    raw("NaN", '{"a": NaN}', "/config_data/a"),
    raw("Infinity", '{"a": -Infinity}', "/config_data/a"),
    raw("beyond every float", '{"a": 1e999}', "/config_data/a"),
    raw("an integer that floats round", '{"a": 9007199254740993}', "/config_data/a"),
    raw("a number of 5,000 digits", '{"a": %s}' % ("9" * 5000), "/config_data/a"),
    raw("more digits than a float keeps", '{"a": 0.1234567890123456789}', "/config_data/a"),
    raw("65 levels", "[" * 65 + "]" * 65),
    raw("100,000 levels", b"[" * 100_000),
    raw("50,001 values", "[" + "1," * 50_000 + "1]"),
    raw("half a surrogate pair", '{"a": "\\ud800"}', "/config_data/a"),
    raw("half a surrogate pair in a key", '{"\\udfff": 1}', "/config_data"),
    raw("NUL", '{"a": "\\u0000"}', "/config_data/a"),
    raw("a byte order mark", b"\xef\xbb\xbf{}"),
    raw("UTF-16", '{"a": 1}'.encode("utf-16")),
    raw("Latin-1", b'{"a": "\xe9"}'),
    raw("a control character in a string", b'{"name": "a\nb"}'),
    raw("a list", b"[]"),
    raw("a text", b'"chunking"'),
    raw("null", b"null"),
    Row("no body", "POST", CONFIGS, 400, "invalid_request", "", None),
    Row("an empty body", "PUT", CONFIGS + NOBODY, 400, "invalid_request", "", b"", JSON),
    Row(
        "a form",
        "POST",
        CONFIGS,
        415,
        "unsupported_media_type",
        None,
        b"a=1",
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    Row(
        "JSON called text",
        "POST",
        CONFIGS,
        415,
        "unsupported_media_type",
        None,
        body(CREATE),
        {"Content-Type": "text/plain"},
    ),
    Row("JSON called nothing", "POST", CONFIGS, 415, "unsupported_media_type", None, body(CREATE)),
    Row(
        "JSON in another charset",
        "POST",
        CONFIGS,
        415,
        "unsupported_media_type",
        None,
        body(CREATE),
        {"Content-Type": "application/json; charset=latin-1"},
    ),
    Row("over 1 MiB, and says so", "POST", CONFIGS, 413, "too_large", None, b" " * (1024 * 1024 + 1), JSON),
    Row("over 1 MiB, in chunks", "POST", CONFIGS, 413, "too_large", None, UNANNOUNCED, JSON),
    Row(
        "says 10 TB",
        "POST",
        CONFIGS,
        413,
        "too_large",
        None,
        body(CREATE),
        {**JSON, "Content-Length": "10000000000000"},
    ),
    Row(
        "over 32 MiB to an import", "POST", "/api/imports", 413, "too_large", None, b" " * (32 * 1024 * 1024 + 1), JSON
    ),
]

FIELDS = [
    create("an unknown field", "/colour", colour="red"),
    create("no name", "/name", name=None),
    create("a number as name", "/name", name=7),
    create("a blank name", "/name", name=" "),
    create("an empty name", "/name", name=""),
    create("a name with space around", "/name", name=" a "),
    create("a name of 256 characters", "/name", name=LONG),
    create("a name with a line break", "/name", name="a\nb"),
    create("a name with an escape", "/name", name="\x1b[31m"),
    create("a number as type", "/config_type", config_type=1),
    create("a list as data", "/config_data", config_data=[]),
    create("null as data", "/config_data", config_data=None),
    create("a text as data", "/config_data", config_data="{}"),
    create("an unknown mode", "/mode", mode="merge"),
    create("unset as a text", "/unset", unset="/a"),
    create("a number in unset", "/unset/0", unset=[1]),
    create("a text as flag", "/is_default", is_default="true"),
    create("a number as flag", "/is_active", is_active=1),
    create("a reason of 2,001 characters", "/reason", reason="x" * 2001),
    create("a description of 10,001 characters", "/description", description="x" * 10_001),
    create("an unknown kind of scope", "/scope", scope="tenant:acme"),
    create("a kind that is no word", "/scope", scope="User!"),
    create("the process layer", "/scope", scope="process"),
    create("a layer that is no scope", "/scope", scope="profile:fast"),
    create("a user without an id", "/scope", scope="user"),
    create("a colon without an id", "/scope", scope="user:"),
    create("an id for global", "/scope", scope="global:x"),
    create("a user's id for global", "/user_id", user_id="u"),
    create("a user's id for a collection", "/user_id", scope="collection:c", user_id="u"),
    create("two ids", "/scope_id", scope="user:a", user_id="b"),
    create("an empty id", "/scope", scope="user", user_id=""),
    create("an id of 256 characters", "/scope", scope="user", user_id=LONG),
    create("an id with a line break", "/scope", scope="user", user_id="a\nb"),
    create("an unknown environment", None, status=404, code="not_found", environment="nowhere"),
    create("an empty environment", None, status=404, code="not_found", environment=""),
    create("an unknown type", None, status=404, code="not_found", config_type="chunks"),
    create("a name that is taken", None, status=409, code="name_taken", name="taken"),
    create("a name that is taken in another case", None, status=409, code="name_taken", name="TAKEN"),
    create("a name that is taken in full width", None, status=409, code="name_taken", name="\uff54aken"),
    create("a second config of a collection", None, status=409, code="slot_taken", scope="collection:c-9"),
    create(
        "one of a collection that is no default",
        None,
        status=409,
        code="conflict",
        scope="collection:c-8",
        is_default=False,
    ),
    put(
        "unmaking the default of a collection",
        CONFIGS + "{collection}/default",
        {"is_default": False},
        None,
        status=409,
        code="conflict",
    ),
    put("a name that another has", CONFIGS + "{spare}", {"name": "Taken"}, None, status=409, code="name_taken"),
    put("null as name", CONFIGS + "{spare}", {"name": None}, "/name"),
    put("null as mode", CONFIGS + "{spare}", {"mode": None}, "/mode"),
    put("an empty mode", CONFIGS + "{spare}", {"mode": ""}, "/mode"),
    put("another scope", CONFIGS + "{spare}", {"scope": "user:u"}, "/scope"),
    put("no flag", CONFIGS + "{spare}/default", {}, "/is_default"),
    put("a flag too many", CONFIGS + "{spare}/active", {"is_active": True, "is_default": True}, "/is_default"),
    put("a config that never was", CONFIGS + NOBODY, {"name": "x"}, None, status=404, code="not_found"),
]

DOCUMENTS = [
    document("a field that the type has not", "chunking", "/colour", {"colour": "red"}),
    document("a text for a number", "chunking", "/max_chunk_size", {"max_chunk_size": "900"}),
    document("a flag for a number", "chunking", "/max_chunk_size", {"max_chunk_size": True}),
    document("half a character", "chunking", "/max_chunk_size", {"max_chunk_size": 900.5}),
    document("below the bound", "chunking", "/min_chunk_size", {"min_chunk_size": 49}),
    document("above the bound", "llm", "/temperature", {"provider_id": "p", "model_id": "m", "temperature": 2.01}),
    document("a choice there is not", "retrieval", "/retrieval_type", {"retrieval_type": "guess"}),
    document("a rule broken", "chunking", "/max_chunk_size", {"min_chunk_size": 400, "max_chunk_size": 400}),
    document("weights that do not add up", "retrieval", "/vector_weight", {"vector_weight": 0.9}),
    document("a required field left out", "llm", "/model_id", {"provider_id": "p"}),
    document("a stage twice", "pipeline", "/stages", {"stages": ["retrieval", "retrieval"]}),
    document("an unknown stage", "pipeline", "/stages/0", {"stages": ["guess"]}),
    document("no URL", "provider", "/base_url", {"base_url": "not a url"}),
    document("a secret in plain text", "provider", "/api_key", {"api_key": "sk-hunter2"}),
    document("a secret in an object", "provider", "/api_key", {"api_key": {"$ref": "env:KEY", "value": "sk-hunter2"}}),
    document("a reference that is none", "provider", "/api_key", {"api_key": {"$ref": "file:/etc/sk-hunter2"}}),
    document(
        "a variable that is not declared",
        "template",
        "/template_format",
        {"template_type": "t", "system_prompt": "s", "template_format": "{a} {b}", "input_variables": {"a": "x"}},
    ),
    create("unset in a replace", "/unset", code="invalid_config", unset=["/max_chunk_size"]),
    create("unset that is no pointer", "/unset/0", code="invalid_config", config_type="pipeline", unset=["timeout"]),
    create(
        "unset of what is given",
        "/unset/0",
        code="invalid_config",
        config_type="pipeline",
        config_data={"timeout": 5},
        unset=["/timeout"],
    ),
]

ADDRESSES = [
    get("an address that is not there", "/api/runtime-config", None, status=404, code="not_found"),
    get("an id that is no UUID", CONFIGS + "17", None, status=404, code="not_found"),
    get("an id with a slash", CONFIGS + "a%2Fb", None, status=404, code="not_found"),
    get("a config that never was", CONFIGS + NOBODY, None, status=404, code="not_found"),
    get("a user with a line break", f"{EFFECTIVE}?user_id=a%0Ab", "/user_id"),
    get("a user with an escape", f"{EFFECTIVE}/a%1Bb", "/user_id"),
    get("a user of 256 characters", f"{EFFECTIVE}/{LONG}", "/user_id"),
    get("a user without a name", f"{EFFECTIVE}/", "/user_id"),
    get("NUL in a user", f"{EFFECTIVE}/a%00b", ""),
    get("a user that is not UTF-8", f"{EFFECTIVE}/%ff", ""),
    get("half a surrogate pair in a user", f"{EFFECTIVE}/%ed%a0%80", ""),
    get("NUL in a query", f"{CONFIGS}?name=%00", ""),
    get("a query that is not UTF-8", f"{CONFIGS}?name=%c3%28", ""),
    get("a collection with a control character", f"{EFFECTIVE}?collection_id=%1b", "/collection_id"),
    get("an empty collection", f"{EFFECTIVE}?collection_id=", "/collection_id"),
    get("51 collections", f"{EFFECTIVE}?" + "&".join(f"collection_id={n}" for n in range(51)), "/collection_id"),
    get("a scope without an id", f"{EFFECTIVE}?scope=user:", "/scope"),
    get("a kind that is not on the ladder", f"{EFFECTIVE}?scope=tenant:acme", "/scope"),
    get("two users", f"{EFFECTIVE}/a?scope=user:b", "/scope"),
    get("an unknown parameter", f"{EFFECTIVE}?collection=c-9", "/collection"),
    get("a parameter of another route", f"{EFFECTIVE}?limit=1", "/limit"),
    get("a parameter twice", f"{EFFECTIVE}?environment=production&environment=staging", "/environment"),
    get("a flag that is none", f"{EFFECTIVE}?explain=perhaps", "/explain"),
    get("an unknown environment", f"{EFFECTIVE}?environment=nowhere", None, status=404, code="not_found"),
    get("an unknown type", f"{EFFECTIVE}?config_types=chunks", None, status=404, code="not_found"),
    get("a cursor that is none", f"{CONFIGS}?cursor=abc", "/cursor"),
    get("a limit of none", f"{CONFIGS}?limit=0", "/limit"),
    get("a negative limit", f"{CONFIGS}?limit=-1", "/limit"),
    get("a limit of 501", f"{CONFIGS}?limit=501", "/limit"),
    get("a limit of 5,000 digits", f"{CONFIGS}?limit={'9' * 5000}", "/limit"),
    get("a limit that is no number", f"{CONFIGS}?limit=ten", "/limit"),
    get("a list of an unknown environment", f"{CONFIGS}?environment=nowhere", None, status=404, code="not_found"),
    get("a list of an unknown type", f"{CONFIGS}?config_type=chunks", None, status=404, code="not_found"),
    get("a list of an unknown kind", f"{CONFIGS}?scope=tenant", "/scope"),
    get("a list of two scopes", f"{CONFIGS}?user_id=a&collection_id=b", "/scope"),
    get("a list of two users", f"{CONFIGS}?user_id=a&scope=user:b", "/scope"),
    get("a position before the first", "/api/events?after=-1", "/after"),
    get("a position beyond any", f"/api/events?after={2**63}", "/after"),
    get("events below the first", "/api/events?before=0", "/before"),
    get("events in no order", "/api/events?order=any", "/order"),
    get("events since an unknown tag", "/api/events?from=tag:never", None, status=404, code="not_found"),
    Row("a method that it does not take", "PATCH", CONFIGS, 405, "method_not_allowed", None, b"{}", JSON),
    Row("NUL in a reason", "DELETE", CONFIGS + "{spare}?reason=a%00b", 400, "invalid_request", ""),
    Row(
        "a reason of 2,001 characters",
        "DELETE",
        CONFIGS + "{spare}?reason=" + "x" * 2001,
        400,
        "invalid_request",
        "/reason",
    ),
]

HEADERS = [
    Row(
        "a version that is none",
        "PUT",
        CONFIGS + "{spare}",
        400,
        "invalid_request",
        "/if-match",
        body({"name": "x"}),
        {**JSON, "If-Match": "abc"},
    ),
    Row(
        "two versions",
        "DELETE",
        CONFIGS + "{spare}",
        400,
        "invalid_request",
        "/if-match",
        None,
        {"If-Match": '"1", "2"'},
    ),
    Row(
        "a version of 19 digits",
        "DELETE",
        CONFIGS + "{spare}",
        400,
        "invalid_request",
        "/if-match",
        None,
        {"If-Match": f'"{10**18}"'},
    ),
    Row("a version to come", "DELETE", CONFIGS + "{spare}", 412, "stale_version", None, None, {"If-Match": '"9"'}),
    header("an empty key", "Idempotency-Key", "", "/idempotency-key"),
    header("a key of 256 characters", "Idempotency-Key", LONG, "/idempotency-key"),
    header("a tab in a key", "Idempotency-Key", "a\tb", "/idempotency-key"),
    header("an empty actor", "Varve-Actor", "", "/varve-actor"),
    header("a line break in an actor", "Varve-Actor", "a%0Ab", "/varve-actor"),
    header("NUL in an actor", "Varve-Actor", "%00", "/varve-actor"),
    header("an actor that is not UTF-8", "Varve-Actor", "%ff", "/varve-actor"),
    header("an actor of 256 characters", "Varve-Actor", LONG, "/varve-actor"),
    header("an escape in a correlation id", "Varve-Correlation-Id", "a\x1bb", "/varve-correlation-id"),
    header("a time without offset", "Varve-Caller-Time", "2026-11-20T10:00:00", "/varve-caller-time"),
    header("a time that is none", "Varve-Caller-Time", "noon", "/varve-caller-time"),
    Row(
        "a position that is none",
        "GET",
        CONFIGS,
        400,
        "invalid_request",
        "/varve-min-position",
        None,
        {"Varve-Min-Position": "x"},
    ),
    Row(
        "a negative position",
        "GET",
        CONFIGS,
        400,
        "invalid_request",
        "/varve-min-position",
        None,
        {"Varve-Min-Position": "-1"},
    ),
]

TYPES = [
    defined("a name that every answer has", "/name", name="digest"),
    defined("a name with a capital", "/name", name="Mine"),
    defined("a name of 64 characters", "/name", name="x" * 64, code="invalid_request"),
    defined("a built-in type", None, name="chunking", status=409, code="conflict"),
    defined("a schema that is a list", "/schema", code="invalid_request", schema=[]),
    defined("a schema of a number", "/schema/type", schema={"type": "number", "properties": {}}),
    defined("no properties", "/schema/properties", schema={"type": "object"}),
    defined("more than 64 KiB", "/schema", schema={"type": "object", "properties": {}, "description": "x" * 70_000}),
    schema("a keyword that is wrong", "/minimum", {"type": "integer", "minimum": "one"}),
    schema("a schema of elsewhere", "/$ref", {"$ref": "https://example.org/schema.json"}),
    schema("a file", "/$ref", {"$ref": "file:///etc/passwd"}),
    schema("a definition that is not there", "/$ref", {"$ref": "#/$defs/none"}),
    schema("a pattern that looks ahead", "/pattern", {"type": "string", "pattern": "(?=a)b", "default": "b"}),
    schema("a pattern that refers back", "/pattern", {"type": "string", "pattern": r"(a)\1", "default": "aa"}),
    schema("a pattern that grows", "/pattern", {"type": "string", "pattern": "((a{999}){999}){999}", "default": ""}),
    schema("a pattern that is none", "/pattern", {"type": "string", "pattern": "(", "default": ""}),
    schema("a default that it does not allow", "/default", {"type": "integer", "minimum": 1, "default": 0}),
    defined("an unknown mode", "/mode", code="invalid_request", mode="merge"),
    defined("a rule that is no expression", "/rules/0/expression", rules=[{**CEL, "expression": "this.a ="}]),
    defined("a rule of unknown words", "/rules/0/expression", rules=[{**CEL, "expression": "that.a == 1"}]),
    defined("a rule without fields", "/rules/0/fields", code="invalid_request", rules=[{**CEL, "fields": []}]),
    defined("a rule without a message", "/rules/0/message", rules=[{**CEL, "message": ""}]),
    defined("two rules of one name", "/rules/0/name", rules=[CEL, CEL]),
    defined(
        "a rule that costs too much",
        "/rules/0/expression",
        rules=[{**CEL, "expression": "this.a.matches('((a{999}){999}){999}')"}],
    ),
    put("a ladder without global", "/api/ladder", {"kinds": ["user", "collection"]}, "/kinds"),
    put("a ladder without users", "/api/ladder", {"kinds": ["global", "collection"]}, "/kinds"),
    put("a kind twice", "/api/ladder", {"kinds": ["global", "user", "user", "collection"]}, "/kinds/2"),
    put("a kind that is no word", "/api/ladder", {"kinds": ["global", "Ten ant", "user", "collection"]}, "/kinds/1"),
    put(
        "33 kinds", "/api/ladder", {"kinds": ["global", "user", "collection", *(f"k{n}" for n in range(30))]}, "/kinds"
    ),
    Row(
        "an environment that is no word",
        "POST",
        "/api/environments",
        400,
        "invalid_request",
        "/name",
        body({"name": "Pro duction"}),
        JSON,
    ),
    Row(
        "an environment of 64 characters",
        "POST",
        "/api/environments",
        400,
        "invalid_request",
        "/name",
        body({"name": "x" * 64}),
        JSON,
    ),
    Row(
        "a sync of an unknown environment",
        "POST",
        f"{CONFIGS}sync-defaults",
        404,
        "not_found",
        None,
        body({"environment": "nowhere"}),
        JSON,
    ),
    Row("an import of no kind", "POST", "/api/imports", 400, "invalid_request", "", body({}), JSON),
    Row(
        "an import of an unknown kind", "POST", "/api/imports", 400, "invalid_request", "", body({"kind": "csv"}), JSON
    ),
    Row(
        "an import with a wrong field",
        "POST",
        "/api/imports",
        400,
        "invalid_request",
        "/variables",
        body({"kind": "env", "variables": 7}),
        JSON,
    ),
]

HEAVY = [row for row in BODIES if isinstance(row.content, bytes) and 50_000 < len(row.content) <= 2_000_000]
ROWS = [*BODIES, *FIELDS, *DOCUMENTS, *ADDRESSES, *HEADERS, *TYPES]
