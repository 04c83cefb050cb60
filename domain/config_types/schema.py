"""What makes a definition acceptable: a schema that is quick to check for every document, and rules that can be run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

import jsonschema_rs
import orjson

from domain.canonical_json import canonical
from domain.config_types.definition import TypeDefinition, first_error
from domain.config_types.messages import violations_of
from domain.config_types.rule_checks import faults_of_rule_fields, faults_of_rules, faults_of_running
from domain.config_types.schema_walk import structural_faults
from domain.config_types.secrets import with_references
from domain.config_types.spec import Mode, Rule, TypeSpec
from domain.config_types.subschemas import positions
from domain.config_types.validators import META, pattern, validator, validators_within
from domain.documents import Document
from domain.errors import Fault, InvalidType
from domain.pointers import pointer_of

RESERVED_NAMES = frozenset(
    {
        *(
            "resolution_path",
            "environment",
            "user_id",
            "collection_id",
            "collection_ids",
            "scope",
            "scopes",
            "position",
        ),
        *(
            "epoch",
            "as_of",
            "final",
            "digest",
            "degraded",
            "provenance",
            "experiments",
            "exposed",
            "serving",
            "layers",
            "origins",
            "explain",
            "meta",
            "trace",
            "items",
        ),
        *("next", "unchanged", "etag", "problem", "receipt", "experiment", "profile", "change_set", "attributes"),
    }
)
"""The other keys of an effective answer: a type with such a name would hide one."""

MAX_SCHEMA_BYTES = 64 * 1024
MAX_SCHEMA_DEPTH = 32
TOLD_OF_BYTES = 8 * 1024  # of a larger schema only the first fault is told
MAX_PATTERNS = 200
MAX_PATTERN_LENGTH = 2_000
_TYPE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_FAULTS_IN_DETAIL = 10
_NO_PATTERN = "is not a regular expression that can be used: no look-around, no back references, not too large"


def checked(name: str, schema: Any, rules: Sequence[Rule], mode: str) -> TypeDefinition:
    """What was accepted, compiled; or InvalidType with every fault by pointer ("/schema/properties/x/pattern")."""
    faults = [*_of_name(name), *_of_mode(mode), *faults_of_rules(rules)]
    of_schema = _of_schema(schema)
    faults += of_schema or faults_of_rule_fields(rules, schema)
    definition = None
    if not faults:
        definition = TypeDefinition(TypeSpec(name, "", "overlay", schema, tuple(rules)), version=0)
        faults += [*_of_all_defaults(definition), *faults_of_running(definition)]
    if definition is None or faults:
        detail = "; ".join(fault.message for fault in faults[:_FAULTS_IN_DETAIL])
        raise InvalidType(f"{name} cannot be a config type: {detail}", faults=faults)
    return definition


def _of_name(name: str) -> Iterator[Fault]:
    if not _TYPE_NAME.fullmatch(name):
        yield Fault("/name", "a name has 1 to 63 of a-z, 0-9 and _, a letter first", "name")
    elif name in RESERVED_NAMES:
        yield Fault("/name", f"{name} is a key of every effective answer: choose another name", "reserved")


def _of_mode(mode: str) -> Iterator[Fault]:
    if mode not in get_args(Mode):
        yield Fault("/mode", "mode must be one of replace, overlay", "enum")


def _of_schema(schema: Any) -> list[Fault]:
    """The faults of the first check that finds any: the later ones rely on the earlier."""
    for check in (_of_size, _of_meaning, _of_top, _of_structure, _of_patterns, _of_compiling, _of_defaults):
        faults = [fault.under("/schema") for fault in check(schema)]
        if faults:
            return faults
    return []


def _of_size(schema: Any) -> Iterator[Fault]:
    if not isinstance(schema, dict):
        yield Fault("", "a schema is an object", "type")
    elif _longer_than(schema, 2 * MAX_SCHEMA_BYTES):  # quickly told; canonical, it is never half as long
        yield Fault("", f"a schema has at most {MAX_SCHEMA_BYTES} bytes", "size")
    elif _deeper_than(schema, MAX_SCHEMA_DEPTH):
        yield Fault("", f"a schema nests at most {MAX_SCHEMA_DEPTH} deep", "depth")
    else:
        try:
            if len(canonical(schema)) > MAX_SCHEMA_BYTES:
                yield Fault("", f"a schema has at most {MAX_SCHEMA_BYTES} bytes", "size")
        except (TypeError, ValueError):
            yield Fault("", "a schema holds only JSON, with whole numbers of at most 2^53 - 1", "json")


def _longer_than(schema: Document, limit: int) -> bool:
    try:
        return len(orjson.dumps(schema)) > limit
    except TypeError:
        return False  # nests too deep, or holds what is no JSON: told below


def _deeper_than(value: Any, limit: int) -> bool:
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, (dict, list)):
            if depth > limit:
                return True
            waiting.extend((inner, depth + 1) for inner in (one.values() if isinstance(one, dict) else one))
    return False


def _of_meaning(schema: Document) -> Iterator[Fault]:
    errors = first_error(META, schema) if _longer_than(schema, TOLD_OF_BYTES) else META.iter_errors(schema)
    violations = [violation for error in errors for violation in violations_of(error, "the schema")]
    yield from (violation.fault() for violation in dict.fromkeys(violations))


def _of_top(schema: Document) -> Iterator[Fault]:
    if schema.get("type") != "object":
        yield Fault("/type", 'a config is an object: write "type": "object"', "type")
    if "properties" not in schema:
        yield Fault("/properties", "properties is required: name the fields", "required")


def _of_structure(schema: Document) -> Iterable[Fault]:
    return structural_faults(schema)


def _of_patterns(schema: Document) -> Iterator[Fault]:
    found = list(_patterns(schema))
    if len({expression for _, expression in found}) > MAX_PATTERNS:
        yield Fault("", f"a schema has at most {MAX_PATTERNS} different regular expressions", "size")
        return
    for pointer, expression in found:
        if len(expression) > MAX_PATTERN_LENGTH:
            yield Fault(pointer, f"a regular expression has at most {MAX_PATTERN_LENGTH:,} characters", "pattern")
        elif not _is_pattern(expression):
            yield Fault(pointer, f"{expression[:80]} {_NO_PATTERN}", "pattern")


def _patterns(schema: Document) -> Iterator[tuple[str, str]]:
    for path, inner in positions(schema):
        if "pattern" in inner:
            yield pointer_of([*path, "pattern"]), inner["pattern"]
        for expression in inner.get("patternProperties", {}):
            yield pointer_of([*path, "patternProperties", expression]), expression


def _is_pattern(expression: str) -> bool:
    try:
        pattern(expression)
    except jsonschema_rs.ValidationError:
        return False
    return True


def _of_compiling(schema: Document) -> Iterator[Fault]:
    try:
        validator({key: value for key, value in schema.items() if key != "$schema"})
    except jsonschema_rs.ValidationError as error:
        yield Fault(pointer_of(error.instance_path), f"the schema cannot be used: {error.message}", "schema")
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        yield Fault("", f"the schema cannot be used: {error}", "schema")


def _of_defaults(schema: Document) -> Iterator[Fault]:
    """Each default must meet the schema of its own field."""
    bare = {key: value for key, value in schema.items() if key != "$schema"}
    compiled = validators_within(with_references(bare))
    for path, inner in positions(bare):
        if path and "default" in inner:
            for error in compiled[f"#{pointer_of(path)}"].iter_errors(inner["default"]):
                for violation in violations_of(error, "the default"):
                    yield Fault(pointer_of([*path, "default"]), violation.message, violation.rule)


def _of_all_defaults(definition: TypeDefinition) -> Iterator[Fault]:
    """The defaults together must be an allowed part of a config."""
    for violation in definition.partial_violations(definition.defaults):
        yield Fault("/schema", f"the defaults are not allowed: {violation.message}", violation.rule)
