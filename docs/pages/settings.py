"""settings.md: what an operator may set."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from docs.pages.markdown import code, table
from infrastructure.settings import FILE_VARIABLE, PREFIX, Settings

HEAD = f"""# Settings

Each is an environment variable, or a line of the TOML file that `{FILE_VARIABLE}` names. An option of the command line
wins over a variable, and a variable over the file. An unknown name, or a value that does not fit, is refused at the
start, in one line.
"""

NAMED = {
    "dict[str, pydantic.types.SecretStr]": "object",
    "dict[str, tuple[pydantic.types.SecretStr, ...]]": "object",
    "pathlib.Path": "file",
    "pydantic.networks.HttpUrl": "address",
}


def page() -> str:
    rows = (
        (
            f"`{PREFIX}{name.upper()}`",
            f"`{name}`",
            _kind(field.annotation),
            code(field.default),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "\n" + table(("variable", "in the file", "type", "default", "what it sets"), rows)


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{option}`" for option in get_args(annotation))
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    for kind, name in NAMED.items():
        text = text.replace(kind, name)
    return text.replace(" | None", " or null")
