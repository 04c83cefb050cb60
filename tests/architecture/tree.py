"""The files of this repository, as the rules about them see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("domain", "application", "infrastructure", "api")
NOT_OURS = {
    ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".varve", ".venv",
    "__pycache__", "build", "dist", "node_modules",
}  # fmt: skip


def our_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or ".db" in path.suffix:
            continue
        if path.is_dir():
            yield from our_files(path)
        else:
            yield path


def modules(*folders: str) -> list[Path]:
    return [path for name in folders for path in our_files(ROOT / name) if path.suffix == ".py"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_by(module: Path) -> set[str]:
    statements = list(ast.walk(ast.parse(module.read_text())))
    from_there = {node.module for node in statements if isinstance(node, ast.ImportFrom) and node.module}
    return from_there | {alias.name for node in statements if isinstance(node, ast.Import) for alias in node.names}
