"""The variables of a prompt template. The one function that rules have beyond CEL's own."""

from __future__ import annotations

import re

_BRACES = re.compile(r"\{\{|\}\}|\{([^\W\d]\w*)(?:[.!:\[][^{}]*)?\}")


MAX_VARIABLES = 200


def template_variables(text: object) -> list[str] | None:
    """The names in `{name}`, each once, in order; also of `{name.part}`, `{name[0]}`, `{name!r}` and `{name:>8}`.

    `{{` and `}}` are literal braces, and so are braces around anything but a name. Linear in the text.
    None for what is no text, and for more than MAX_VARIABLES names: a rule over them would cost too much. A rule that
    looks into null does not hold; an exception would do the same, but the engine logs each.
    """
    if not isinstance(text, str):
        return None
    names = list(dict.fromkeys(found[1] for found in _BRACES.finditer(text) if found[1]))
    return names if len(names) <= MAX_VARIABLES else None
