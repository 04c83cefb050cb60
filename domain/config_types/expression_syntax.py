"""The CEL that rules may use, read into a tree, so that its cost can be told before it runs.

Narrower than CEL on purpose: no messages, no bytes, no namespaces. What is not read here is refused, so the tree never
differs from what the engine runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import cast

from domain.config_types.expression_tree import Call, Constant, Macro, MacroName, Name, Node, Part, UnusableExpression

MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
FUNCTIONS = {
    "size": 1, "contains": 2, "startsWith": 2, "endsWith": 2, "matches": 2, "has": 1,
    "int": 1, "double": 1, "string": 1, "template_variables": 1,
}  # fmt: skip
"""What may be called, and with how many arguments; `a.f(b)` counts as f(a, b)."""
_METHODS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})

MAX_LENGTH = 1_000
MAX_DEPTH = 24
MAX_NESTED_MACROS = 2
MAX_PATTERNS = 5
MAX_LINKS = 120
"""How many operators and steps into a value; and and or, which only add up, are free."""

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\n]|//[^\n]*)+)
    |(?P<number>(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)u?)
    |(?P<text>[rR](?:"[^"\n]*"|'[^'\n]*')|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE | re.ASCII,
)
_OPERATORS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
"""The weakest first."""
_STRENGTH = {operator: at for at, row in enumerate(_OPERATORS, start=1) for operator in row}
_CONSTANTS = frozenset({"true", "false", "null"})


Fields = Mapping[str, Collection[str]]
"""By variable, which fields it has; one that is not named may have any."""


def parsed(expression: str, *, variables: tuple[str, ...], fields: Fields = MappingProxyType({})) -> Node:
    """The tree of an expression that knows these variables. Raises UnusableExpression."""
    if len(expression) > MAX_LENGTH:
        raise UnusableExpression(f"an expression has at most {MAX_LENGTH} characters")
    return _Parser(_tokens(expression), variables, fields).whole()


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(expression):
        token = _TOKEN.match(expression, at)
        if token is None or token.lastgroup is None:
            raise UnusableExpression(f"an expression cannot have {expression[at]!r} at character {at + 1}")
        if token.lastgroup != "space":
            found.append((token.lastgroup, token.group()))
        at = token.end()
    return [*found, ("end", "the end")]


class _Parser:
    """Recursive descent; binary operators by precedence."""

    def __init__(self, tokens: list[tuple[str, str]], variables: tuple[str, ...], fields: Fields) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._links = 0
        self._patterns = 0
        self._variables = variables
        self._fields = fields
        self._scope: list[str] = []

    def whole(self) -> Node:
        node = self._expression()
        if self._tokens[self._at][0] != "end":
            raise self._unexpected()
        return node

    def _unexpected(self) -> UnusableExpression:
        return UnusableExpression(f"an expression cannot go on with {self._tokens[self._at][1]}")

    def _taken(self, *texts: str) -> str | None:
        kind, text = self._tokens[self._at]
        if text in texts and kind in ("sign", "name"):
            self._at += 1
            return text
        return None

    def _expect(self, text: str) -> None:
        if self._taken(text) is None:
            raise self._unexpected()

    def _name(self) -> str:
        kind, text = self._tokens[self._at]
        if kind != "name" or text in _CONSTANTS or text == "in":
            raise self._unexpected()
        self._at += 1
        return text

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnusableExpression(f"an expression nests at most {MAX_DEPTH} deep")
        node = self._binary(1)
        if self._taken("?"):
            then = self._binary(1)
            self._expect(":")
            node = Call("?:", (node, then, self._expression()))
        self._depth -= 1
        return node

    def _binary(self, least: int) -> Node:
        node = self._unary()
        while (strength := _STRENGTH.get(self._tokens[self._at][1], 0)) >= least:
            operator = self._tokens[self._at][1]
            self._at += 1
            node = self._joined(operator, node, self._binary(strength + 1))
        return node

    def _joined(self, operator: str, left: Node, right: Node) -> Node:
        """One call for a whole row of `&&` or `||`: they are long in real rules, and the tree stays shallow."""
        if operator not in ("&&", "||"):
            self._link()
        elif isinstance(left, Call) and left.function == operator:
            return Call(operator, (*left.arguments, right))
        return Call(operator, (left, right))

    def _link(self) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise UnusableExpression(f"an expression has at most {MAX_LINKS} operators and steps: split the rule")

    def _unary(self) -> Node:
        signs = 0
        while self._taken("!", "-"):
            signs += 1
        node = self._member()
        return Call("!", (node,)) if signs else node

    def _member(self) -> Node:
        node = self._primary()
        while follows := self._taken(".", "["):
            self._link()
            if follows == "[":
                node = Part(node, self._expression())
                self._expect("]")
            else:
                node = self._after_dot(node)
        return node

    def _after_dot(self, of: Node) -> Node:
        name = self._name()
        if not self._taken("("):
            self._require_field(of, name)
            return Part(of, None, name)
        if name in MACROS:
            return self._macro(cast(MacroName, name), of)
        if name not in _METHODS:
            raise UnusableExpression(f"{name} cannot be called on a value; usable are {_listed(_METHODS | MACROS)}")
        return self._call(name, (of, *self._until(")")))

    def _require_field(self, of: Node, name: str) -> None:
        known = self._fields.get(of.name) if isinstance(of, Name) else None
        if known is not None and name not in known:
            raise UnusableExpression(f"there is no {name} in it; there are {_listed(known)}")

    def _macro(self, name: MacroName, over: Node) -> Node:
        if len(self._scope) == MAX_NESTED_MACROS:
            raise UnusableExpression(f"{_listed(MACROS)} nest at most {MAX_NESTED_MACROS} deep")
        variable = self._name()
        if variable in self._variables:
            raise UnusableExpression(f"{variable} cannot be the variable of {name}: choose another name")
        self._expect(",")
        self._scope.append(variable)
        body = self._expression()
        self._scope.pop()
        self._expect(")")
        return Macro(name, over, variable, body)

    def _primary(self) -> Node:
        kind, text = self._tokens[self._at]
        if kind in ("number", "text") or text in _CONSTANTS:
            self._at += 1
            return Constant(text)
        if self._taken("("):
            node = self._expression()
            self._expect(")")
            return node
        if self._taken("["):
            return Call("[]", self._until("]"))
        if self._taken("{"):
            return Call("[]", self._until("}", pairs=True))
        return self._named(self._name())

    def _named(self, name: str) -> Node:
        if self._taken("("):
            if name in _METHODS - {"size"}:
                raise UnusableExpression(f"{name} is called on a value: this.field.{name}(…)")
            return self._call(name, self._until(")"))
        if name not in (*self._variables, *self._scope):
            raise UnusableExpression(f"{name} is not known; an expression knows {_listed(self._variables)}")
        return Name(name)

    def _call(self, function: str, arguments: tuple[Node, ...]) -> Node:
        if function not in FUNCTIONS:
            raise UnusableExpression(f"{function} is not a function; usable are {_listed(FUNCTIONS)}")
        if (count := FUNCTIONS[function]) != len(arguments):
            raise UnusableExpression(
                f"{function} takes {count}, counting the value it is called on: {len(arguments)} given"
            )
        if function == "matches":
            self._pattern(arguments[1])
        if function == "has" and not isinstance(arguments[0], Part):
            raise UnusableExpression("has asks for a field: has(this.field)")
        return Call(function, arguments)

    def _pattern(self, argument: Node) -> None:
        self._patterns += 1
        if not isinstance(argument, Constant):
            raise UnusableExpression("the pattern of matches must be written out")
        if self._patterns > MAX_PATTERNS:
            raise UnusableExpression(f"an expression calls matches at most {MAX_PATTERNS} times: split the rule")

    def _until(self, close: str, *, pairs: bool = False) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while not self._taken(close):
            if nodes:
                self._expect(",")
            nodes.append(self._expression())
            if pairs:
                self._expect(":")
                nodes.append(self._expression())
        return tuple(nodes)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
