"""An upper bound of what a rule costs, from its tree and the size of the document: told in advance, never timed.

The engine copies a value whenever it is looked at, and copies the result so far at each step of `map` and `filter`; the
numbers were measured on one slow core and rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cel
import jsonschema_rs

from domain.config_types.expression_tree import Call, Constant, Macro, Name, Node, Part, UnusableExpression
from domain.config_types.template_variables import MAX_VARIABLES

_STEP_NS = 300.0
_COPIED_NODE_NS = 30.0
_COPIED_BYTE_NS = 0.2
_COMPARED_BYTE_NS = 0.3
_SEARCHED_BYTE_NS = 2.0
_TEMPLATE_BYTE_NS = 100.0
_COMPARING = frozenset({"startsWith", "endsWith", "==", "!=", "in", "<", "<=", ">", ">="})
_SEARCHING = frozenset({"contains", "int", "double"})
_OF_ONE_VALUE = _COMPARING | _SEARCHING | {"size", "has", "matches", "&&", "||", "!"}
_MEASURED_LIMITS = (1_000, 3_000, 10_000, 30_000, 100_000)
"""Sizes of a compiled pattern, in bytes, that are told apart."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a value is at most: the values in it, itself included, and the bytes of its JSON."""

    nodes: float
    bytes: float

    def __add__(self, other: Size) -> Size:
        return Size(self.nodes + other.nodes, self.bytes + other.bytes)

    def times(self, count: float) -> Size:
        return Size(self.nodes * count, self.bytes * count)

    @property
    def copied_ns(self) -> float:
        return self.nodes * _COPIED_NODE_NS + self.bytes * _COPIED_BYTE_NS


_ONE = Size(1, 32)
_NOTHING = Size(0, 0)


@dataclass(frozen=True, slots=True)
class Estimate:
    nanoseconds: float
    size: Size


def estimate(node: Node, sizes: Mapping[str, Size]) -> Estimate:
    """What evaluating `node` costs, and how large its value is, when each variable has at most this size."""
    match node:
        case Constant(text):
            return Estimate(_STEP_NS, Size(1, len(text) * 4))
        case Name(name):
            return Estimate(_STEP_NS + sizes[name].copied_ns, sizes[name])
        case Part(of, key):
            return _part(of, key, sizes)
        case Call(function, arguments):
            return _call(function, arguments, sizes)
        case Macro():
            return _macro(node, sizes)


def _part(of: Node, key: Node | None, sizes: Mapping[str, Size]) -> Estimate:
    whole = estimate(of, sizes)
    index = estimate(key, sizes).nanoseconds if key else 0.0
    return Estimate(whole.nanoseconds + index + _STEP_NS + whole.size.copied_ns, whole.size)


def _call(function: str, arguments: tuple[Node, ...], sizes: Mapping[str, Size]) -> Estimate:
    found = [estimate(argument, sizes) for argument in arguments]
    whole = sum((one.size for one in found), _NOTHING)
    spent = sum(one.nanoseconds for one in found) + _STEP_NS + whole.copied_ns
    return Estimate(spent + _reading_ns(function, arguments, whole), _result(function, whole))


def _reading_ns(function: str, arguments: tuple[Node, ...], whole: Size) -> float:
    if function in _COMPARING:
        return whole.bytes * _COMPARED_BYTE_NS
    if function in _SEARCHING:
        return whole.bytes * _SEARCHED_BYTE_NS
    if function == "matches":
        return _matching_ns(arguments[1], whole.bytes)
    return 5_000 + whole.bytes * _TEMPLATE_BYTE_NS if function == "template_variables" else 0.0


def _result(function: str, arguments: Size) -> Size:
    if function in _OF_ONE_VALUE:
        return _ONE
    if function == "template_variables":
        return Size(MAX_VARIABLES, arguments.bytes)
    return arguments + _ONE


def _macro(macro: Macro, sizes: Mapping[str, Size]) -> Estimate:
    """The body once for each element.

    The elements together are no larger than the whole, and costs grow at least in proportion: so all of them cost at
    most what as many empty ones do, and once what one as large as the whole does.
    """
    over = estimate(macro.over, sizes)
    empty = estimate(macro.body, {**sizes, macro.variable: _NOTHING})
    full = estimate(macro.body, {**sizes, macro.variable: over.size})
    count = over.size.nodes
    results = empty.size.times(count) + full.size if macro.name == "map" else over.size
    spent = over.nanoseconds + count * (empty.nanoseconds + _STEP_NS) + full.nanoseconds + 4 * over.size.copied_ns
    if macro.name in ("map", "filter"):
        return Estimate(spent + count * results.copied_ns, results)
    return Estimate(spent, _ONE)


def _matching_ns(literal: Node, text_bytes: float) -> float:
    assert isinstance(literal, Constant)
    limit = compiled_bytes(literal.text)
    return 10_000 + limit * 5 + text_bytes * (2 + limit / 1_000)


@lru_cache(maxsize=1024)
def compiled_bytes(literal: str) -> int:
    """How large the pattern of `matches` is when compiled, rounded up. The engine compiles it again at each call.

    Raises UnusableExpression for one that is no linear-time pattern, or is too large.
    """
    pattern = cel.evaluate(literal)
    if not isinstance(pattern, str):
        raise UnusableExpression("the pattern of matches must be a text")
    for limit in _MEASURED_LIMITS:
        if _compiles(_as_the_engine_reads(pattern), limit):
            return limit
    raise UnusableExpression("the pattern of matches is not a regular expression that can be used, or is too large")


def _as_the_engine_reads(pattern: str) -> str:
    """With classes spelled out: in rules they mean all of Unicode, in JSON Schema only ASCII."""
    for short, spelled in (("w", r"\pL\pM\p{Nd}\p{Pc}"), ("d", r"\p{Nd}"), ("s", r"\p{White_Space}")):
        pattern = pattern.replace(f"\\{short}", f"[{spelled}]").replace(f"\\{short.upper()}", f"[^{spelled}]")
    return pattern


def _compiles(pattern: str, limit: int) -> bool:
    options = jsonschema_rs.RegexOptions(size_limit=limit)
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options, offline=True)
    except jsonschema_rs.ValidationError:
        return False
    return True
