"""What of a document an expression looks at."""

from __future__ import annotations

from collections.abc import Iterator

from domain.config_types.expression_tree import Call, Macro, Name, Node, Part
from domain.pointers import pointer_of


def pointers_read(node: Node, variable: str) -> Iterator[str]:
    """The pointer of each thing in the variable that is looked at; of what is looked up by a value, what holds it."""
    path = _path(node, variable)
    if path is not None:
        yield pointer_of(path)
        return
    for inner in _inside(node):
        yield from pointers_read(inner, variable)


def _path(node: Node, variable: str) -> tuple[str, ...] | None:
    """The fields from the variable down to what the node is; None for everything else."""
    if isinstance(node, Name):
        return () if node.name == variable else None
    if isinstance(node, Part) and node.field is not None:
        above = _path(node.of, variable)
        return None if above is None else (*above, node.field)
    return None


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case Part(of, key):
            return (of,) if key is None else (of, key)
        case Call(_, arguments):
            return arguments
        case Macro(_, over, _, body):
            return over, body
    return ()
