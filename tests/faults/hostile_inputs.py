"""Requests made to cost a server much: what each is, and how it must be answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

CONFIGS = "/api/runtime-configs/"
TYPES = "/api/config-types/"
IMPORTS = "/api/imports"
MIB = 1 << 20
LONG = "x" * 60_000
JSON = {"Content-Type": "application/json"}
CHUNKED = {**JSON, "Transfer-Encoding": "chunked"}


class Hostile(NamedTuple):
    what: str
    status: int
    method: str
    path: str
    body: Callable[[], bytes] = lambda: b""
    headers: Mapping[str, str] = MappingProxyType(JSON)
    large: bool = False  # an import does as much as it holds: it may take longer


def text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def written(what: str, status: int, raw: str | bytes | Callable[[], str | bytes]) -> Hostile:
    """The text stands for the data of a config."""

    def body() -> bytes:
        data = raw() if callable(raw) else raw
        data = data.encode() if isinstance(data, str) else data
        return b'{"config_type":"open","name":"n","config_data":%b}' % data

    return Hostile(what, status, "POST", f"{CONFIGS}?dry_run=true", body)


def whole(what: str, status: int, raw: bytes, **headers: str) -> Hostile:
    return Hostile(what, status, "POST", CONFIGS, lambda: raw, {**JSON, **headers})


def sent(what: str, status: int, method: str, path: str, value: Callable[[], Any], *, large: bool = False) -> Hostile:
    return Hostile(what, status, method, path, lambda: text(value()), large=large)


def defined(what: str, status: int, schema: Callable[[], Any], *, name: str = "mine", **fields: Any) -> Hostile:
    def value() -> Any:
        return {"schema": {"type": "object", "properties": {}, **schema()}, **fields}

    return sent(what, status, "PUT", TYPES + name, value)


def field(what: str, status: int, schema: Any, *, name: str = "mine") -> Hostile:
    return defined(what, status, lambda: {"properties": {"a": schema}}, name=name)


def config(what: str, status: int, config_type: str, data: Callable[[], Any]) -> Hostile:
    def value() -> Any:
        return {"config_type": config_type, "name": "n", "config_data": data()}

    return sent(what, status, "POST", f"{CONFIGS}?dry_run=true", value)


def rule(what: str, status: int, expression: str, *, name: str = "mine", **properties: Any) -> Hostile:
    made = {"name": "r", "expression": expression, "message": "no", "fields": ["/a"]}
    return defined(what, status, lambda: {"properties": {"a": {}, **properties}}, rules=[made], name=name)


def get(what: str, status: int, path: str, **headers: str) -> Hostile:
    return Hostile(what, status, "GET", path, headers=headers)


def nested(depth: int, inside: str = "1") -> str:
    return '{"a":' * depth + inside + "}" * depth


def members(count: int, value: str = "1") -> str:
    return "{" + ",".join(f'"k{number}":{value}' for number in range(count)) + "}"


def tree(levels: int) -> Any:
    return {"left": tree(levels - 1), "right": tree(levels - 1)} if levels else {}


PARSING = [
    written("depth 100,000, objects", 400, lambda: '{"a":' * 100_000),
    written("depth 100,000, lists", 400, lambda: "[" * 100_000),
    written("depth 60, closed, and 1 MB of spaces", 400, lambda: nested(65) + " " * 900_000),
    written("depth 50", 200, lambda: nested(50)),
    written("1 MB of opening quotes", 400, lambda: '{"a":' + '"' * 1_000_000),
    written("1 MB of backslashes", 400, lambda: '{"a":"' + "\\" * 1_000_001),
    written("1 MB of escapes", 200, lambda: '{"a":"' + "\\n" * 500_000 + '"}'),
    written("1 MB of unicode escapes", 200, lambda: '{"a":"' + "\\u00e9" * 170_000 + '"}'),
    written("1 MB of surrogate pairs", 200, lambda: '{"a":"' + "\\ud83d\\ude00" * 85_000 + '"}'),
    written("1 MB of lone surrogates", 400, lambda: '{"a":"' + "\\ud800" * 170_000 + '"}'),
    written("20,000 texts with lone surrogates", 400, lambda: '{"a":[' + '"\\udfff",' * 20_000 + "1]}"),
    written("lone surrogate in a key", 400, '{"\\udc00":1}'),
    written("surrogates as UTF-8", 400, b'{"a":"\xed\xa0\x80"}'),
    written("overlong UTF-8", 400, b'{"a":"\xc0\xaf"}'),
    written("a stray continuation byte after 1 MB", 400, lambda: b'{"a":"' + b"x" * 1_000_000 + b'\xbf"}'),
    written("NUL, escaped", 400, '{"a":"\\u0000"}'),
    written("NUL, raw", 400, b'{"a":"\x00"}'),
    written("an escape that is none", 400, '{"a":"\\x41"}'),
    written("half an escape", 400, '{"a":"\\u12"}'),
    written("a number of 1,000,000 digits", 400, lambda: '{"a":' + "9" * 1_000_000 + "}"),
    written("20,000 numbers of 45 digits", 400, lambda: '{"a":[' + ("1" * 45 + ",") * 20_000 + "1]}"),
    written(
        "20,000 fractions that do not round-trip", 400, lambda: '{"a":[' + "0.1234567890123456789," * 20_000 + "1]}"
    ),
    written("40,000 fractions of 17 digits", 200, lambda: '{"a":[' + "0.12345678901234568," * 40_000 + "1]}"),
    written("an exponent of 20 digits", 400, '{"a":1e99999999999999999999}'),
    written("a tiny exponent of 100,000 digits", 400, lambda: '{"a":0e-' + "9" * 100_000 + "}"),
    written("40,000 exponents beyond floats", 400, lambda: '{"a":[' + "1e999," * 40_000 + "1]}"),
    written("40,000 times NaN", 400, lambda: '{"a":[' + "NaN," * 40_000 + "1]}"),
    written("49,000 keys", 200, lambda: members(49_000)),
    written("100,000 keys", 400, lambda: members(75_000)),
    written("49,000 times the same key", 400, lambda: "{" + '"a":1,' * 49_000 + '"a":1}'),
    written("16,000 objects with a key twice", 400, lambda: '{"a":[' + '{"a":1,"a":2},' * 16_000 + "1]}"),
    written("a key twice at depth 50", 400, lambda: nested(50, '{"b":1,"b":2}')),
    written("a key of 1 MB", 200, lambda: '{"' + "k" * 1_000_000 + '":1}'),
    written("a text of 1 MB", 200, lambda: '{"a":"' + "x" * 1_000_000 + '"}'),
    written("a text of 1 MB, not ASCII", 200, lambda: '{"a":"' + "é" * 500_000 + '"}'),
    written("49,000 empty lists", 200, lambda: '{"a":[' + "[]," * 49_000 + "1]}"),
    written("500,000 values", 400, lambda: '{"a":[' + "1," * 500_000 + "1]}"),
    written("2,000 texts full of brackets", 200, lambda: '{"a":[' + ('"' + "[{" * 200 + '",') * 2_000 + "1]}"),
    written("780 lists of depth 60", 200, lambda: '{"a":[' + ("[" * 60 + "]" * 60 + ",") * 780 + "1]}"),
    whole("a byte order mark", 400, b"\xef\xbb\xbf{}"),
    whole("UTF-16", 400, '{"a":1}'.encode("utf-16")),
    whole("UTF-32", 400, '{"a":1}'.encode("utf-32")),
    whole("1 MiB of spaces", 400, b" " * MIB),
    whole("1 MiB of UTF-16 noise", 400, "\ud7ff".encode("utf-16-le") * (MIB // 2)),
    whole("a byte over 1 MiB", 413, b" " * (MIB + 1)),
    whole("a list", 400, b"[" + b"1," * 40_000 + b"1]"),
    whole("40,000 unknown fields", 400, b"{" + b",".join(b'"k%d":1' % n for n in range(40_000)) + b"}"),
]
SENDING = [
    whole("packed with gzip", 415, gzip.compress(b" " * 10_000_000), **{"Content-Encoding": "gzip"}),
    whole("said to be packed twice", 415, b"{}", **{"Content-Encoding": "br, gzip"}),
    whole("YAML", 415, b"a: &a [1]\nb: [*a, *a]", **{"Content-Type": "application/yaml"}),
    whole("a form", 415, b"a=1&" * 100_000, **{"Content-Type": "application/x-www-form-urlencoded"}),
    whole("several parts", 415, b"--b\r\n" * 10_000, **{"Content-Type": "multipart/form-data; boundary=b"}),
    whole("Latin-1", 415, b"{}", **{"Content-Type": "application/json; charset=latin-1"}),
    whole("a content type of 60 kB", 415, b"{}", **{"Content-Type": "a;" * 30_000}),
    whole(
        "a content type of 30,000 charsets", 415, b"{}", **{"Content-Type": "application/json" + ";charset=x" * 5_000}
    ),
    whole("two lengths", 400, b"{}", **{"Content-Length": "2\r\nContent-Length: 3"}),
    whole("a length of 5,000 digits", 400, b"{}", **{"Content-Length": "9" * 5_000}),
    whole("a negative length", 400, b"{}", **{"Content-Length": "-2"}),
    whole(
        "a length and chunks", 400, b"2\r\n{}\r\n0\r\n\r\n", **{"Content-Length": "2", "Transfer-Encoding": "chunked"}
    ),
    Hostile(
        "chunks without end",
        413,
        "POST",
        CONFIGS,
        lambda: b"10000\r\n" + (b" " * 65_536 + b"\r\n10000\r\n") * 40,
        CHUNKED,
    ),
    Hostile("a chunk of 2^64 bytes", 400, "POST", CONFIGS, lambda: b"10000000000000000\r\n" + b" " * 1000, CHUNKED),
    Hostile("170,000 chunks of a byte", 400, "POST", CONFIGS, lambda: b"1\r\n \r\n" * 170_000 + b"0\r\n\r\n", CHUNKED),
    Hostile("chunk extensions of 1 MB", 431, "POST", CONFIGS, lambda: b"1;" + b"x" * MIB, CHUNKED),
    Hostile("trailers of 1 MB", 431, "POST", CONFIGS, lambda: b"0\r\n" + b"a: b\r\n" * 170_000, CHUNKED),
]
ADDRESSES = [
    get("an address of 60 kB", 400, f"{CONFIGS}effective/{LONG}"),
    get("an address of 100 kB", 431, f"{CONFIGS}effective/{LONG}{LONG}"),
    get("60 kB of percent signs", 400, f"{CONFIGS}effective/{'%' * 60_000}"),
    get("20,000 encoded slashes", 400, f"{CONFIGS}effective/{'%2F' * 20_000}"),
    get("20,000 encoded NULs", 400, f"{CONFIGS}effective/{'%00' * 20_000}"),
    get("UTF-8 that is none, encoded", 400, f"{CONFIGS}effective/%C3%28"),
    get("an encoded surrogate", 400, f"{CONFIGS}effective/%ED%A0%80"),
    get("dots that lead out", 404, "/api/../../../../etc/passwd"),
    get("6,000 parameters", 400, f"{CONFIGS}effective?{'a=1&' * 6_000}"),
    get("6,000 types", 400, f"{CONFIGS}effective?{'config_types=a&' * 4_000}"),
    get("4,000 collections", 400, f"{CONFIGS}effective?{'collection_id=c&' * 3_500}"),
    get("an environment of 60 kB", 404, f"{CONFIGS}effective?environment={LONG}"),
    get("a limit of 4,000 digits", 400, f"{CONFIGS}?limit={'9' * 4_000}"),
    get("a cursor of 60 kB", 400, f"{CONFIGS}?cursor={LONG}"),
    get("a time of 60 kB", 400, f"{CONFIGS}effective?as_of={LONG}"),
    get("a name to look for, full of wildcards", 400, f"{CONFIGS}?name={'%25' * 15_000}"),
    get("an actor of 60 kB", 400, f"{CONFIGS}effective", **{"Varve-Actor": LONG}),
    get("an actor that is no text", 400, f"{CONFIGS}effective", **{"Varve-Actor": "%00%ff"}),
    get("an ETag of 60 kB", 200, f"{CONFIGS}effective", **{"If-None-Match": '"a",' * 15_000}),
    get("a header of 100 kB", 431, f"{CONFIGS}effective", X=LONG + LONG),
    get("4,000 headers", 200, f"{CONFIGS}effective", **{f"x-{number}": "a" for number in range(4_000)}),
    Hostile("a key of 60 kB", 400, "POST", CONFIGS, lambda: b"{}", {**JSON, "Idempotency-Key": LONG}),
    Hostile(
        "a version of 5,000 digits",
        400,
        "DELETE",
        f"{CONFIGS}00000000-0000-0000-0000-000000000000",
        headers={"If-Match": f'"{"9" * 5_000}"'},
    ),
]
SCHEMAS = [
    field("a pattern that doubles", 200, {"type": "string", "pattern": "^(a+)+$"}, name="doubling"),
    field("patterns in each other", 400, {"type": "string", "pattern": "((((a{1,50}){1,50}){1,50}){1,50}){1,50}"}),
    field("a pattern with a huge count", 400, {"type": "string", "pattern": "(x{1000}){1000}"}),
    field("a pattern of 1,000 optional letters", 400, {"type": "string", "pattern": "a?" * 1_000}),
    field("a pattern of 60 kB", 400, {"type": "string", "pattern": "a?" * 30_000}),
    field("a pattern that looks around", 400, {"type": "string", "pattern": "(?=a)(?!b)a"}),
    field("a pattern that refers back", 400, {"type": "string", "pattern": r"(a+)\1+$"}),
    field("a pattern of large classes", 400, {"type": "string", "pattern": r"[\p{L}\p{N}]{500}"}),
    field("a pattern of 2,000 choices", 400, {"type": "string", "pattern": "|".join(f"w{n}" for n in range(2_000))}),
    defined(
        "200 patterns",
        200,
        lambda: {"patternProperties": {f"a.*b{n}c": {"type": "integer"} for n in range(200)}},
        name="patterned",
    ),
    defined("5,000 patterns", 400, lambda: {"patternProperties": {f"k{n}": {} for n in range(3_000)}}),
    field(
        "an enum of 10,000", 200, {"type": "array", "items": {"enum": [f"{n:04}" for n in range(8_000)]}}, name="chosen"
    ),
    field(
        "an enum of objects",
        200,
        {"type": "array", "items": {"enum": [{"a": n, "b": 1} for n in range(3_000)]}},
        name="chosen_objects",
    ),
    field("regular expressions in the document", 200, {"type": "string", "format": "regex"}, name="expressions"),
    field("addresses in the document", 200, {"type": "string", "format": "uri"}, name="addressed"),
    field("items without equals", 200, {"type": "array", "uniqueItems": True}, name="unlike"),
    field(
        "many forms for each item",
        200,
        {"type": "array", "items": {"anyOf": [{"const": f"c{n}"} for n in range(3_000)]}},
        name="formed",
    ),
    field(
        "one form for each item",
        200,
        {"type": "array", "items": {"oneOf": [{"minimum": n} for n in range(3_000)]}},
        name="one_formed",
    ),
    field(
        "1,500 forms of objects",
        200,
        {"type": "array", "items": {"oneOf": [{"properties": {f"k{n}": {}}, "required": ["a"]} for n in range(1_400)]}},
        name="object_formed",
    ),
    defined("a reference to itself", 400, lambda: {"$ref": "#"}),
    defined(
        "a reference in a circle",
        400,
        lambda: {
            "properties": {"a": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        },
    ),
    defined(
        "a reference twice in one place", 400, lambda: {"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}
    ),
    defined(
        "a tree",
        200,
        lambda: {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": False},
        name="tree",
    ),
    defined("a reference to elsewhere", 400, lambda: {"properties": {"a": {"$ref": "http://169.254.169.254/"}}}),
    defined("a reference to a file", 400, lambda: {"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
    defined(
        "references that double, 30 times",
        400,
        lambda: {
            "properties": {"a": {"$ref": "#/$defs/d30"}},
            "$defs": {
                "d0": {"type": "integer"},
                **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n - 1}"}] * 2} for n in range(1, 31)},
            },
        },
    ),
    defined("30 levels of oneOf", 400, lambda: {"properties": {"a": _one_of(14)}}),
    defined("a schema of depth 1,000", 400, lambda: {"properties": {"a": _not(60)}}),
    defined("a schema of 1 MB", 400, lambda: {"description": "x" * 1_000_000}),
    defined("20,000 fields", 400, lambda: {"properties": {f"k{n}": {} for n in range(20_000)}}),
    defined(
        "2,500 fields with defaults",
        200,
        lambda: {"properties": {f"k{n}": {"default": n} for n in range(2_500)}},
        name="defaulted",
    ),
    defined("2,000 unsound fields", 400, lambda: {"properties": {f"k{n}": {"type": "x"} for n in range(2_000)}}),
    defined(
        "1,000 fields that others need",
        200,
        lambda: {"dependentRequired": {f"k{n}": [f"k{m}" for m in range(8)] for n in range(1_000)}},
        name="needing",
    ),
    field(
        "unevaluated everywhere",
        200,
        {
            "type": "array",
            "items": {"anyOf": [{"properties": {f"k{n}": {}}} for n in range(500)], "unevaluatedProperties": False},
        },
        name="unevaluated",
    ),
    field(
        "contains in contains",
        200,
        {"type": "array", "items": {"type": "array", "contains": {"contains": {"const": 1}}}},
        name="containing",
    ),
    field("a multiple of a tiny number", 200, {"type": "array", "items": {"multipleOf": 1e-300}}, name="multiple"),
]
RULES = [
    rule("a rule of 60 kB", 400, "this.a == 1 && " * 4_000 + "true"),
    rule("a rule in 200 brackets", 400, "(" * 200 + "true" + ")" * 200),
    rule("a rule of all pairs of pairs", 400, "this.a.all(x, this.a.all(y, this.a.all(z, x + y + z > 0)))"),
    rule("a rule that doubles a text", 200, "(this.a + this.a + this.a).matches('(a+)+$')"),
    rule("a rule with a pattern from the document", 400, "this.a.matches(this.a)"),
    rule("a rule that splits", 400, "this.a.split('').size() > 0"),
    rule("a rule over all items", 200, "this.a.all(x, x != 0)", name="ruled"),
    rule("a rule over all pairs", 200, "this.a.all(x, this.a.all(y, x != y))", name="ruled_pairs"),
]
DOCUMENTS = [
    config("1 MB for a pattern that doubles", 400, "doubling", lambda: {"a": "a" * 1_000_000 + "!"}),
    config("40,000 keys for 200 patterns", 400, "patterned", lambda: {f"a{n}": 1 for n in range(40_000)}),
    config(
        "keys of 900 kB for 200 patterns", 400, "patterned", lambda: {"a" + "b" * 30_000 + str(n): 1 for n in range(30)}
    ),
    config("40,000 wrong choices", 400, "chosen", lambda: {"a": ["no"] * 40_000}),
    config("40,000 last choices", 400, "chosen", lambda: {"a": ["7999"] * 40_000}),
    config("10,000 objects that are no choice", 400, "chosen_objects", lambda: {"a": [{"a": 1, "b": 2}] * 10_000}),
    config("a regular expression of 1 MB", 200, "expressions", lambda: {"a": "(a?){9}" * 140_000}),
    config("an address of 1 MB", 400, "addressed", lambda: {"a": "http://" + "%" * 1_000_000}),
    config("40,000 items, none equal", 200, "unlike", lambda: {"a": list(range(40_000))}),
    config("10,000 objects, none equal", 200, "unlike", lambda: {"a": [{"a": n, "b": [n]} for n in range(10_000)]}),
    config("40,000 items of the last form", 400, "formed", lambda: {"a": ["c2999"] * 40_000}),
    config("40,000 items of no form", 400, "formed", lambda: {"a": ["no"] * 40_000}),
    config("40,000 items of every form", 400, "one_formed", lambda: {"a": [3_000] * 40_000}),
    config("10,000 objects of no form", 400, "object_formed", lambda: {"a": [{"b": 1}] * 10_000}),
    config("a tree of 15 levels", 200, "tree", lambda: tree(14)),
    config("40,000 fields that are none", 400, "tree", lambda: {f"k{n}": 1 for n in range(40_000)}),
    config("1,000 fields that need others", 200, "needing", lambda: {f"k{n}": 1 for n in range(8, 1_000)}),
    config("10,000 unevaluated objects", 400, "unevaluated", lambda: {"a": [{"x": 1}] * 10_000}),
    config("lists in lists", 400, "containing", lambda: {"a": [[[2] * 10] * 20] * 200}),
    config("40,000 numbers to divide", 400, "multiple", lambda: {"a": [1e300] * 40_000}),
    config("40,000 items for a rule", 200, "ruled", lambda: {"a": list(range(1, 40_001))}),
    config("40,000 items for a rule over all pairs", 400, "ruled_pairs", lambda: {"a": list(range(1, 40_001))}),
    config("a chunking with 40,000 fields", 400, "chunking", lambda: {f"k{n}": 1 for n in range(40_000)}),
    config("a template of 1 MB", 400, "template", lambda: {"template_format": "{a}" * 300_000}),
]
OTHERS = [
    sent("a changed config of 1 MB", 200, "PUT", CONFIGS + "{config}", lambda: {"config_data": {"a": "x" * 1_000_000}}),
    sent(
        "a changed config of 49,000 keys",
        200,
        "PUT",
        CONFIGS + "{config}",
        lambda: {"config_data": {f"k{n}": n for n in range(49_000)}},
    ),
    sent(
        "1,000 pointers to unset, 40,000 values given",
        400,
        "PUT",
        CONFIGS + "{config}",
        lambda: {
            "unset": [f"/no/k{n}" for n in range(1_000)] + ["/k1"],
            "config_data": {f"k{n}": n for n in range(40_000)},
        },
    ),
    sent("1,000 pointers to unset", 400, "PUT", CONFIGS + "{config}", lambda: {"unset": ["/a" * 400] * 1_000}),
    Hostile("a merge patch", 405, "PATCH", CONFIGS + "{config}", lambda: text({"a": 1})),
    sent(
        "40,000 environment variables",
        200,
        "POST",
        IMPORTS,
        lambda: {"kind": "env", "variables": {f"K{n}": "1" for n in range(40_000)}},
    ),
    sent(
        "variables that hold bombs",
        200,
        "POST",
        IMPORTS,
        lambda: {"kind": "env", "variables": {"MAX_CHUNK_SIZE": "9" * 500_000, "RERANK": "[" * 100_000}},
    ),
    sent(
        "a document of 24,000 sections",
        413,
        "POST",
        IMPORTS,
        lambda: {"kind": "document", "document": {f"k{n}": {"a": n} for n in range(24_000)}, "define": True},
    ),
    sent(
        "a document with one section of 40,000 values",
        400,
        "POST",
        IMPORTS,
        lambda: {
            "kind": "document",
            "document": {"rag": {f"k{n}": n for n in range(40_000)}},
            "map": ["rag=mine"],
            "define": True,
        },
    ),
    sent("a bundle of 3,000 configs", 200, "POST", f"{IMPORTS}?dry_run=true", lambda: _bundle(3_000), large=True),
    sent(
        "a bundle of 40,000 unsound configs",
        400,
        "POST",
        IMPORTS,
        lambda: {"kind": "bundle", "bundle": {"varve_bundle": 1, "configs": [{}] * 40_000}},
    ),
    sent(
        "a bundle with a config of 400,000 values",
        400,
        "POST",
        IMPORTS,
        lambda: _bundle(1, config_type="open", config_data={"a": [1] * 400_000}),
    ),
    sent(
        "an import of 32 MiB",
        200,
        "POST",
        IMPORTS,
        lambda: {"kind": "document", "document": {f"k{n}": "x" * 1000 for n in range(30_000)}},
        large=True,
    ),
    sent(
        "an import of 1,900,000 values",
        200,
        "POST",
        IMPORTS,
        lambda: {"kind": "document", "document": {"a": [1] * 1_900_000}},
        large=True,
    ),
    Hostile("an import of 32 MiB of brackets", 400, "POST", IMPORTS, lambda: b"[" * (32 * MIB), large=True),
    Hostile("an import of 32 MiB of quotes", 400, "POST", IMPORTS, lambda: b'"' * (32 * MIB), large=True),
    Hostile("an import over 32 MiB", 413, "POST", IMPORTS, lambda: b" " * (32 * MIB + 1), large=True),
    sent(
        "a preview of 1 MB",
        400,
        "POST",
        f"{CONFIGS}test",
        lambda: {"config_type": "chunking", "config_data": {}, "sample": {"text": "word " * 200_000}},
    ),
    sent(
        "a counterfactual of 40,000 contexts",
        400,
        "POST",
        "/api/counterfactuals",
        lambda: {"contexts": [{"user_id": "u"}] * 24_000, "without": 1},
    ),
    sent(
        "a bisect with a pointer of 1 MB",
        400,
        "POST",
        "/api/bisects",
        lambda: {
            "good": 1,
            "bad": 2,
            "context": {},
            "verdict": {"config_type": "chunking", "pointer": "/a" * 400_000, "at_most": 1},
        },
    ),
    sent(
        "a difference of 40,000 types",
        400,
        "POST",
        "/api/diff",
        lambda: {"left": {}, "right": {}, "config_types": ["a"] * 40_000},
    ),
    sent("40,000 kinds of scope", 400, "PUT", "/api/ladder", lambda: {"kinds": ["k"] * 40_000}),
    sent("a name of 1 MB", 400, "POST", "/api/environments", lambda: {"name": "x" * 1_000_000}),
    sent(
        "an id of 1 MB",
        400,
        "POST",
        CONFIGS,
        lambda: {"config_type": "open", "name": "n", "config_data": {}, "scope": "user:" + "x" * 1_000_000},
    ),
    sent("20,000 receipts", 400, "POST", "/api/audits/receipts", lambda: {"receipts": [{}] * 40_000}),
]


def _one_of(levels: int) -> Any:
    return {"oneOf": [_one_of(levels - 1)] * 2} if levels else {"type": "integer"}


def _not(levels: int) -> Any:
    return {"not": _not(levels - 1)} if levels else {}


def _bundle(configs: int, **fields: Any) -> Any:
    one = {
        "environment": "production",
        "config_type": "chunking",
        "description": None,
        "mode": "replace",
        "config_data": {"max_chunk_size": 900},
        "unset": [],
        "is_default": True,
        "is_active": True,
    }
    made = [{**one, **fields, "scope": f"user:u-{number}", "name": "n"} for number in range(configs)]
    return {
        "kind": "bundle",
        "bundle": {
            "varve_bundle": 1,
            "ladder": ["global", "user", "collection"],
            "types": [],
            "environment_variables": {},
            "configs": made,
        },
    }


def rows() -> Iterator[Hostile]:
    """All of them, in an order in which each finds the types that it needs."""
    for group in (PARSING, SENDING, ADDRESSES, SCHEMAS, RULES, DOCUMENTS, OTHERS):
        yield from group
