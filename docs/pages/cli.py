"""cli.md: each command of `varve`, its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from api.cli.app import app
from docs.pages.markdown import one_line, table

HEAD = """# Command line

`varve COMMAND --help` tells the same. A command goes to the server that `--server` names, or opens the store that
`--store` names.
"""


def page() -> str:
    root = typer.main.get_command(app)
    return "\n".join([HEAD, *(_section(path, command) for path, command in _commands(("varve",), root))])


def _commands(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    finer = getattr(command, "commands", None)
    if not finer:
        yield path, command
        return
    for name, one in finer.items():  # those too that the help leaves out to fit a screen
        yield from _commands((*path, name), one)


def _section(path: tuple[str, ...], command: Any) -> str:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    usage = " ".join([*path, *(_argument(one) for one in arguments)])
    parts = [f"## `{' '.join(path)}`", one_line(command.help), f"```\n{usage}\n```"]
    if shown:
        parts.append(table(("argument or option", "meaning"), map(_row, [*arguments, *_options(shown)])))
    return "\n\n".join(parts) + "\n"


def _options(shown: list[Any]) -> list[Any]:
    return [one for one in shown if one.param_type_name == "option"]


def _argument(one: Any) -> str:
    name = str(one.name).upper() + ("..." if one.nargs == -1 else "")
    return name if one.required else f"[{name}]"


def _row(one: Any) -> tuple[str, str]:
    if one.param_type_name == "argument":
        return f"`{_argument(one)}`", one_line(one.help)
    names = ", ".join(f"`{name}`" for name in [*one.opts, *one.secondary_opts])
    default = one.default
    told = default is not None and not callable(default) and not isinstance(default, bool | list | tuple)
    return names, one_line(one.help) + (f" Default: `{default}`." if told and default != "" else "")
